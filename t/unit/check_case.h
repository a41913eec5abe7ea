/* check_case - a test of the room check: one run of it, and what it is expected to have found. */
#ifndef VMAPD_CHECK_CASE_H
#define VMAPD_CHECK_CASE_H

#include <stdarg.h>
#include <stdio.h>

#include "checks.h"
#include "config.h"
#include "unit.h"

static struct check check;
static struct config *config;

static inline void start(void)
{
    memset(&check, 0, sizeof(check));
}

static inline void stop(void)
{
    config_unref(config);
    config = NULL;
    buffer_free(&check.text);
}

static inline void configure(const char *format, ...) __attribute__((format(printf, 1, 2)));

static inline void configure(const char *format, ...)
{
    struct buffer error = BUFFER_EMPTY;
    char text[4000];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    config = config_parse("vmapd.conf", slice_of(text), &error);
    ck_assert_msg(config != NULL, "%s", buffer_text(&error));
}

static inline void expect(unsigned problems, const char *text)
{
    ck_assert_msg(check.problems == problems, "%u problems:\n%s", check.problems,
                  buffer_text(&check.text));
    ck_assert_str_eq(buffer_text(&check.text), text);
}

static inline void expect_part(unsigned problems, const char *part)
{
    ck_assert_msg(check.problems == problems, "%u problems:\n%s", check.problems,
                  buffer_text(&check.text));
    ck_assert_msg(strstr(buffer_text(&check.text), part) != NULL, "\"%s\" is not in:\n%s", part,
                  buffer_text(&check.text));
}

#endif

/*
 * config_case - configurations as files in a directory of the test's own, and what is logged about
 * them. For a checked fixture: make_directory(), remove_directory().
 */
#ifndef VMAPD_CONFIG_CASE_H
#define VMAPD_CONFIG_CASE_H

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "unit.h"

/* The smallest map: three lines. */
#define MAP "[map m]\ndbname = d\nquery = SELECT '%s'\n"

static char directory[] = "/tmp/test_config.XXXXXX";

static inline void make_directory(void)
{
    strcpy(directory, "/tmp/test_config.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    ck_assert_int_eq(chdir(directory), 0);
}

static inline void remove_directory(void)
{
    char command[100];

    snprintf(command, sizeof(command), "rm -rf %s", directory);
    ck_assert_int_eq(system(command), 0);
}

static inline void write_file(const char *name, const char *text)
{
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0640);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

/* The text with the test's directory for each '@'. */
static inline const char *with_directory(const char *pattern)
{
    static char text[2000];
    size_t len = 0;

    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '@')
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%s", directory);
        else
            text[len++] = *pattern;
        ck_assert_uint_lt(len, sizeof(text) - 1);
    }
    text[len] = '\0';
    return text;
}

/* What is logged goes to the file "log". */
static inline void catch_log(void)
{
    ck_assert_ptr_nonnull(freopen("log", "w", stderr));
}

static inline const char *logged(void)
{
    static char text[4000];
    int fd = open("log", O_RDONLY);
    ssize_t len = read(fd, text, sizeof(text) - 1);

    ck_assert_int_ge(len, 0);
    text[len] = '\0';
    close(fd);
    return text;
}

static inline struct config *load(const char *text)
{
    struct buffer error = BUFFER_EMPTY;
    struct config *config;

    write_file("c", text);
    config = config_load("c", &error);
    ck_assert_msg(config != NULL, "%s", buffer_text(&error));
    ck_assert_uint_eq(error.len, 0);
    return config;
}

#endif

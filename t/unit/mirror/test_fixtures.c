/*
 * What becomes of the queries of real layouts: all of t/system/shapes and conf/. The list that is made
 * of them is kept in fixtures.txt, for people to read and for this test to hold.
 */
#include "turn.h"

#include <glob.h>
#include <stdio.h>
#include <unistd.h>

#include "config.h"
#include "log.h"
#include "unit.h"
#include "xmalloc.h"

#define EXPECTED "t/unit/mirror/fixtures.txt"

static struct buffer read_file(const char *path)
{
    struct buffer text = BUFFER_EMPTY;
    FILE *file = fopen(path, "r");
    size_t got;

    ck_assert_msg(file != NULL, "%s", path);
    do {
        got = fread(buffer_reserve(&text, 4096), 1, 4096, file);
        text.len += got;
    } while (got != 0);
    fclose(file);
    *buffer_reserve(&text, 1) = '\0';
    return text;
}

/* Expansions in the line show whether "%%" was made "%". */
static void list_table(const char *path, const struct table_def *def, struct buffer *out)
{
    struct buffer reason = BUFFER_EMPTY;
    struct turned turned;

    buffer_printf(out, "%s\n    ", path);
    if (turn_query(def->query, &turned, &reason))
        buffer_printf(out, "mirrored: %s%s\n", turned.rows_sql,
                      turned.tells_time ? " (read each interval)" : "");
    else
        buffer_printf(out, "not mirrored: %s\n", buffer_text(&reason));
    turned_free(&turned);
    buffer_free(&reason);
}

/* A .cf file for a directory that is not known yet says @DIRECTORY@. */
static char *settle(const char *path)
{
    struct buffer text = read_file(path);
    char *copy = xstrdup("/tmp/test_fixtures.XXXXXX");
    int fd = mkstemp(copy);
    const char *at = strstr(buffer_text(&text), "@DIRECTORY@");

    ck_assert_int_ge(fd, 0);
    if (at != NULL)
        memset(text.data + (at - text.data), 'x', strlen("@DIRECTORY@"));
    ck_assert_int_eq(write(fd, text.data, text.len), (ssize_t)text.len);
    close(fd);
    buffer_free(&text);
    return copy;
}

static void list_file(const char *path, struct buffer *out)
{
    char *copy = settle(path);
    char *text = xasprintf("[map m]\ntables = %s\n", copy);
    struct buffer error = BUFFER_EMPTY;
    struct config *config = config_parse("test", slice_of(text), &error);

    ck_assert_msg(config != NULL, "%s: %s", path, buffer_text(&error));
    list_table(path, config->tables[0], out);
    config_unref(config);
    unlink(copy);
    free(text);
    free(copy);
}

static void list_shapes(struct buffer *out)
{
    glob_t found;

    ck_assert_int_eq(glob("t/system/shapes/*/*.cf", 0, NULL, &found), 0);
    ck_assert_uint_gt(found.gl_pathc, 60);
    for (size_t i = 0; i < found.gl_pathc; i++)
        if (strstr(found.gl_pathv[i], "domain_file.cf") ==
            NULL) /* names a file of no content here */
            list_file(found.gl_pathv[i], out);
    globfree(&found);
}

static void list_sample(struct buffer *out)
{
    struct buffer error = BUFFER_EMPTY;
    struct config *config = config_load("conf/vmapd.conf", &error);

    ck_assert_msg(config != NULL, "%s", buffer_text(&error));
    for (size_t i = 0; i < config->table_count; i++) {
        char *name = xasprintf("conf/vmapd.conf: %s", config->tables[i]->name);

        list_table(name, config->tables[i], out);
        free(name);
    }
    config_unref(config);
}

START_TEST(says_of_each_fixture_what_is_read_or_why_not)
{
    struct buffer list = BUFFER_EMPTY;
    struct buffer expected = read_file(EXPECTED);

    log_open("test", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    list_sample(&list);
    list_shapes(&list);
    fputs(buffer_text(&list), stdout);
    fflush(stdout);
    ck_assert_msg(slice_equal(buffer_slice(&list), buffer_slice(&expected)),
                  "the list above is not that of " EXPECTED);
    buffer_free(&list);
    buffer_free(&expected);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fixtures");
    TCase *tc = tcase_create("fixtures");

    tcase_add_test(tc, says_of_each_fixture_what_is_read_or_why_not);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)

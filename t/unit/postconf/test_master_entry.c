/* An entry of master.cf as postconf(1) prints it: what an option sets, and the entry with another value. */
#include "master_entry.h"

#include <stdlib.h>

#include "unit.h"
#include "xmalloc.h"

#define FIELDS "smtp       inet  n       -       y       -       -       smtpd"

static const struct {
    const char *options, *parameter, *value, *other, *changed;
    size_t count;
} rows[] = {
    {"", "a", "", "1", " -o a=1", 0},
    {" -o a=1", "a", "1", "2", " -o a=2", 1},
    {" -o a=1", "a", "1", NULL, "", 1},
    {" -o a=1", "b", "", NULL, " -o a=1", 0},
    {" -o a=1 -v", "a", "1", "x  y", " -o {a=x  y} -v", 1},
    {" -o {a=x  {y z}, \"w\"} -o b=1", "a", "x  {y z}, \"w\"", "2", " -o a=2 -o b=1", 1},
    {" -o { a = x, y }", "a", "x, y", "", " -o a=", 1},
    {" -o a= -o aa=1", "a", "", "2", " -o a=2 -o aa=1", 1},
    /* The last one counts. */
    {" -o a=1 -o b=2 -o a=3", "a", "3", "4", " -o a=1 -o b=2 -o a=4", 2},
    {" -o a=1 -o b=2 -o a=3", "a", "3", NULL, " -o b=2", 2},
    {" -o a={b=2}", "b", "", "1", " -o a={b=2} -o b=1", 0},
    {" -o {a=${b?{c d}:{e}}}", "a", "${b?{c d}:{e}}", "=", " -o a==", 1},
    /* Behind the options nothing is one. */
    {" -v flags=DR a=1 -o a=2", "a", "", "3", " -v -o a=3 flags=DR a=1 -o a=2", 0},
    {" -- -o a=2", "a", "", "3", " -o a=3 -- -o a=2", 0},
    {" -o", "a", "", "3", " -o -o a=3", 0},
    {" -o {a=1", "a", "", "3", " -o {a=1 -o a=3", 0},
};

START_TEST(finds_and_sets)
{
    char *entry = xasprintf(FIELDS "%s", rows[_i].options);
    char *changed = xasprintf(FIELDS "%s", rows[_i].changed);
    struct buffer out = BUFFER_EMPTY;

    ck_assert_uint_eq(master_entry_find(slice_of(entry), rows[_i].parameter, &out), rows[_i].count);
    ck_assert_str_eq(buffer_text(&out), rows[_i].value);
    buffer_clear(&out);
    master_entry_set(slice_of(entry), rows[_i].parameter, rows[_i].other, &out);
    ck_assert_str_eq(buffer_text(&out), changed);
    buffer_free(&out);
    free(entry);
    free(changed);
}
END_TEST

/* What is cut short is no reason to read on. */
START_TEST(few_fields_are_fine)
{
    static const char *const shorter[] = {"", " ", "smtp inet", "smtp inet n - y - - smtpd "};
    struct buffer out = BUFFER_EMPTY;

    for (size_t i = 0; i < sizeof(shorter) / sizeof(shorter[0]); i++)
        ck_assert_uint_eq(master_entry_find(slice_of(shorter[i]), "a", &out), 0);
    buffer_free(&out);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("master_entry");
    TCase *t = tcase_create("master_entry");

    tcase_add_loop_test(t, finds_and_sets, 0, (int)(sizeof(rows) / sizeof(rows[0])));
    tcase_add_test(t, few_fields_are_fine);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

/* A name with a slip of the pen is recognised, another name is not. */
#include "similar.h"

#include <stddef.h>

#include "unit.h"

static const char *meant(const char *written, const char *const *known)
{
    struct similar similar = {NULL, 0};

    for (; *known != NULL; known++)
        similar_consider(&similar, written, *known);
    return similar.name;
}

START_TEST(finds_the_closest)
{
    static const char *const known[] = {"lookup", "flush", "flash", "stats", "top", NULL};

    ck_assert_str_eq(meant("lookpu", known), "lookup");
    ck_assert_str_eq(meant("stat", known), "stats");
    ck_assert_str_eq(meant("statss", known), "stats");
    ck_assert_str_eq(meant("flosh", known), "flush");
    ck_assert_str_eq(meant("flsh", known), "flush");
    ck_assert_ptr_null(meant("tpo", known));
    ck_assert_ptr_null(meant("", known));
    ck_assert_ptr_null(meant("reload", known));
    ck_assert_ptr_null(meant("statistics", known));
    ck_assert_ptr_null(meant("lookuplookuplookuplookuplookuplookup", known));
    ck_assert_ptr_null(meant("x", (const char *const[]){NULL}));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("similar");
    TCase *t = tcase_create("similar");

    tcase_add_test(t, finds_the_closest);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

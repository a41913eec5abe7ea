/* Counters outlive their maps. */
#include "stats.h"

#include "unit.h"

START_TEST(maps_are_found_again)
{
    struct map_stats *aliases = stats_map("aliases");
    char name[] = "aliases";

    ck_assert_ptr_ne(stats_map("domains"), aliases);
    aliases->lookups = 7;
    ck_assert_ptr_eq(stats_map(name), aliases);
    ck_assert_str_eq(aliases->name, "aliases");
    ck_assert_uint_eq(stats_map("domains")->lookups, 0);
    ck_assert_ptr_eq(stats.maps, aliases);
    stats_free();
    ck_assert_ptr_null(stats.maps);
    ck_assert_uint_eq(stats_map("aliases")->lookups, 0);
    stats_free();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("stats");
    TCase *t = tcase_create("stats");

    tcase_add_test(t, maps_are_found_again);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

/* Places in a log: which of two files comes later, and when a server has come to a place. */
#include "binlog_place.h"

#include "unit.h"

static const struct {
    const char *a, *b;
    bool comparable;
    int order;
} orders[] = {
    {"mariadb-bin.000001", "mariadb-bin.000001", true, 0},
    {"mariadb-bin.000001", "mariadb-bin.000002", true, -1},
    {"mariadb-bin.000010", "mariadb-bin.000009", true, 1},
    {"mariadb-bin.1000000", "mariadb-bin.999999", true, 1},
    {"mariadb-bin.999999", "mariadb-bin.1000000", true, -1},
    {"log.1", "log.000001", true, 0},
    {"log.0", "log.000", true, 0},
    {"log.99999999999999999999999998", "log.99999999999999999999999999", true, -1},
    {".1", ".2", true, -1},
    {"mariadb-bin.000001", "mysql-bin.000001", false, 0},
    {"a.b.000001", "a.c.000001", false, 0},
    {"log", "log", false, 0},
    {"log.", "log.", false, 0},
    {"000001", "000002", false, 0},
    {"log.1a", "log.1a", false, 0},
    {"", "log.1", false, 0},
};

START_TEST(files_of_one_log_have_an_order)
{
    int order = 0;
    bool comparable = binlog_file_order(slice_of(orders[_i].a), slice_of(orders[_i].b), &order);

    ck_assert(comparable == orders[_i].comparable);
    if (comparable)
        ck_assert_int_eq((order > 0) - (order < 0), orders[_i].order);
}
END_TEST

START_TEST(a_server_comes_to_a_place)
{
    struct binlog_place place = {"bin.000002", 500};

    ck_assert_int_eq(binlog_reached(&place, slice_of("bin.000002"), 499), BINLOG_NOT_YET);
    ck_assert_int_eq(binlog_reached(&place, slice_of("bin.000002"), 500), BINLOG_REACHED);
    ck_assert_int_eq(binlog_reached(&place, slice_of("bin.000002"), 1ull << 33), BINLOG_REACHED);
    ck_assert_int_eq(binlog_reached(&place, slice_of("bin.000001"), 9999), BINLOG_NOT_YET);
    ck_assert_int_eq(binlog_reached(&place, slice_of("bin.000003"), 4), BINLOG_REACHED);
    ck_assert_int_eq(binlog_reached(&place, slice_of("other.000003"), 4), BINLOG_ELSEWHERE);
    ck_assert_int_eq(binlog_reached(&place, slice_of(""), 0), BINLOG_ELSEWHERE);
}
END_TEST

START_TEST(a_place_without_a_name_is_never_reached)
{
    ck_assert_int_eq(binlog_reached(&(struct binlog_place){"", 0}, slice_of("bin.000003"), 4),
                     BINLOG_ELSEWHERE);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog_place");
    TCase *tc = tcase_create("binlog_place");

    tcase_add_loop_test(tc, files_of_one_log_have_an_order, 0,
                        (int)(sizeof(orders) / sizeof(orders[0])));
    tcase_add_test(tc, a_server_comes_to_a_place);
    tcase_add_test(tc, a_place_without_a_name_is_never_reached);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)

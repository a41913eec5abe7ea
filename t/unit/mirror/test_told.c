/* How far a stream has told and a server is, in one measure for both vendors. */
#include "told.h"

#include <stdio.h>

#include "unit.h"

#define UUID "00010203-0405-0607-0809-0a0b0c0d0e0f"

static struct told told;
static struct epoch epoch;
/* The decoder's word; it is not asked for more. */
static struct binlog_place behind;

struct binlog_place binlog_place(const struct binlog *binlog)
{
    (void)binlog;
    return behind;
}

/* The version of a look, of MySQL if it has executed something. */
static void look(const char *executed, const char *file, const char *position)
{
    epoch_clear(&epoch);
    epoch.place = (struct binlog_place){.position = 0};
    if (executed != NULL) {
        epoch_take(&epoch, slice_of("gtid_mode"), slice_of("ON"));
        epoch_take(&epoch, slice_of("gtid_executed"), slice_of(executed));
    } else {
        epoch_take(&epoch, slice_of("Binlog_snapshot_file"), slice_of(file));
        epoch_take(&epoch, slice_of("Binlog_snapshot_position"), slice_of(position));
        epoch_take(&epoch, slice_of("log_bin"), slice_of("1"));
        epoch_take(&epoch, slice_of("gtid_slave_pos"), slice_of(""));
    }
    ck_assert(epoch_is_sound(&epoch));
}

static bool take(const char *name, uint64_t position, bool is_commit)
{
    behind.position = position;
    snprintf(behind.name, sizeof(behind.name), "%s", name);
    return told_take(&told, NULL, is_commit);
}

static void stop(void)
{
    told_clear(&told);
    epoch_clear(&epoch);
}

static void expect(bool is_told, enum binlog_reached reached)
{
    bool told_all;

    ck_assert(told_look(&told, &epoch, &told_all));
    ck_assert(told_all == is_told);
    ck_assert_int_eq(binlog_reached(&told.at, slice_of(epoch.place.name), epoch.place.position),
                     reached);
}

START_TEST(mysql_counts_what_was_told)
{
    look(UUID ":1-5,\n3e11fa47-71ca-11e1-9e33-c80aa9429562:1", NULL, NULL);
    ck_assert(told_begin(&told, &epoch, 3));
    ck_assert(take("", 0, false));
    expect(true, BINLOG_REACHED);
    ck_assert(take(UUID ":6", 0, false));
    expect(true, BINLOG_REACHED);
    ck_assert(take(UUID ":6", 0, true));
    expect(true, BINLOG_NOT_YET);
    look(UUID ":1-6,\n3e11fa47-71ca-11e1-9e33-c80aa9429562:1", NULL, NULL);
    expect(true, BINLOG_REACHED);
    look(UUID ":1-7,\n3e11fa47-71ca-11e1-9e33-c80aa9429562:1", NULL, NULL);
    expect(false, BINLOG_REACHED);
    told_await(&told, &epoch);
    look(UUID ":1-8,\n3e11fa47-71ca-11e1-9e33-c80aa9429562:1", NULL, NULL);
    expect(false, BINLOG_REACHED);
    ck_assert(!told_has_come(&told));
    ck_assert(take(UUID ":7", 0, true));
    ck_assert(told_has_come(&told));
}
END_TEST

START_TEST(what_mysql_tells_twice_is_no_log)
{
    bool is_told;

    look(UUID ":1-5", NULL, NULL);
    ck_assert(told_begin(&told, &epoch, 3));
    ck_assert(take(UUID ":5", 0, false));
    ck_assert(!take(UUID ":5", 0, true));
    look(UUID ":1-4", NULL, NULL);
    ck_assert(!told_look(&told, &epoch, &is_told));
    look("rubbish", NULL, NULL);
    ck_assert(!told_begin(&told, &epoch, 4));
}
END_TEST

/* Places of one stream say nothing of another. */
START_TEST(each_stream_counts_for_itself)
{
    struct binlog_place before;

    look(UUID ":1-5", NULL, NULL);
    ck_assert(told_begin(&told, &epoch, 3));
    before = told.at;
    ck_assert(told_begin(&told, &epoch, 4));
    ck_assert_str_ne(before.name, told.at.name);
}
END_TEST

/* RESET MASTER: the server goes on sending the old file, in which nothing happens any more. */
START_TEST(a_version_that_goes_back_is_of_another_log)
{
    bool is_told;

    look(NULL, "bin.000007", "500");
    ck_assert(told_begin(&told, &epoch, 3));
    expect(true, BINLOG_REACHED);
    look(NULL, "bin.000007", "499");
    ck_assert(!told_look(&told, &epoch, &is_told));
    look(NULL, "bin.000007", "500");
    ck_assert(told_begin(&told, &epoch, 4));
    look(NULL, "bin.000008", "4");
    expect(false, BINLOG_REACHED);
    look(NULL, "bin.000007", "600");
    ck_assert(!told_look(&told, &epoch, &is_told));
}
END_TEST

START_TEST(mariadb_says_where_it_is)
{
    bool is_told;

    look(NULL, "bin.000007", "4");
    ck_assert(told_begin(&told, &epoch, 3));
    expect(true, BINLOG_REACHED);
    ck_assert(take("bin.000007", 256, false));
    ck_assert_uint_eq(told.at.position, 256);
    expect(true, BINLOG_NOT_YET);
    look(NULL, "bin.000007", "100000");
    expect(false, BINLOG_REACHED);
    told_await(&told, &epoch);
    ck_assert(!told_has_come(&told));
    ck_assert(take("bin.000007", 100000, false));
    ck_assert(told_has_come(&told));
    look(NULL, "other.000007", "4");
    ck_assert(!told_look(&told, &epoch, &is_told));
    look(NULL, "", "0");
    ck_assert(!told_begin(&told, &epoch, 4));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("told");
    TCase *tc = tcase_create("told");

    tcase_add_checked_fixture(tc, NULL, stop);
    tcase_add_test(tc, mysql_counts_what_was_told);
    tcase_add_test(tc, what_mysql_tells_twice_is_no_log);
    tcase_add_test(tc, each_stream_counts_for_itself);
    tcase_add_test(tc, a_version_that_goes_back_is_of_another_log);
    tcase_add_test(tc, mariadb_says_where_it_is);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)

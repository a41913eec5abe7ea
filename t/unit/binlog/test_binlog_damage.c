/*
 * Good events that were cut, or of which one bit is another. With checksums each is found out; without them a
 * transaction still never ends as if nothing had been changed in it.
 */
#include "binlog.h"

#include "binlog_case.h"
#include "unit.h"

/* A step of a dump, and what has to be said of it when all is well. */
struct step {
    struct slice (*make)(void);
    enum binlog_said said;
};

static struct slice first(void)
{
    return first_event("bin.000007", 4);
}

static struct slice maria_rows(void)
{
    return mariadb_gtid_event(0x0c);
}

static struct slice maria_ddl(void)
{
    return mariadb_gtid_event(0x29);
}

static struct slice gtid(void)
{
    return mysql_gtid_event(17);
}

static struct slice tagged(void)
{
    return event_of(LOG_EVENT_GTID_TAGGED, 0,
                    "\2\74\0\0\2\2\0\2\4\6\10\12\14\16\20\22\24\26\30\32\34\36\4\151\42\6\6tag");
}

static struct slice table(void)
{
    return table_event(18, "mail", "users");
}

static struct slice rows(void)
{
    return rows_event(LOG_EVENT_WRITE_ROWS, 18, 1);
}

static struct slice query_begin(void)
{
    return query_event("BEGIN");
}

static struct slice commit(void)
{
    return query_event("COMMIT");
}

static struct slice insert(void)
{
    return query_event("INSERT INTO users VALUES (1)");
}

static struct slice truncate_table(void)
{
    return query_event("TRUNCATE users");
}

static struct slice payload(void)
{
    return event_of(LOG_EVENT_TRANSACTION_PAYLOAD, 0, "\2\1\0\3\3\374\45\1\1\1\304\0(\265/\375");
}

static struct slice prepare(void)
{
    return event_of(LOG_EVENT_XA_PREPARE, 0, "\0\1\0\0\0\1\0\0\0\0\0\0\0x");
}

static struct slice turn(void)
{
    return rotate_event(0, "bin.000008", 4);
}

static struct slice turned(void)
{
    return first_event("bin.000008", 4);
}

#define STEPS_MAX 24
static const struct {
    enum binlog_vendor vendor;
    struct step steps[STEPS_MAX];
} dumps[] = {
    {BINLOG_MARIADB,
     {{first, BINLOG_NOTHING},
      {format_event, BINLOG_NOTHING},
      {maria_rows, BINLOG_NOTHING},
      {table, BINLOG_TABLE},
      {rows, BINLOG_NOTHING},
      {xid_event, BINLOG_COMMIT},
      {maria_rows, BINLOG_NOTHING},
      {insert, BINLOG_EVERYTHING},
      {commit, BINLOG_COMMIT},
      {maria_ddl, BINLOG_NOTHING},
      {truncate_table, BINLOG_EVERYTHING},
      {maria_rows, BINLOG_NOTHING},
      {table, BINLOG_TABLE},
      {rows, BINLOG_NOTHING},
      {prepare, BINLOG_COMMIT},
      {turn, BINLOG_NOTHING},
      {turned, BINLOG_NOTHING},
      {format_event, BINLOG_NOTHING}}},
    {BINLOG_MYSQL,
     {{first, BINLOG_NOTHING},
      {format_event, BINLOG_NOTHING},
      {gtid, BINLOG_NOTHING},
      {query_begin, BINLOG_NOTHING},
      {table, BINLOG_TABLE},
      {rows, BINLOG_NOTHING},
      {xid_event, BINLOG_COMMIT},
      {tagged, BINLOG_NOTHING},
      {query_begin, BINLOG_NOTHING},
      {insert, BINLOG_EVERYTHING},
      {commit, BINLOG_COMMIT},
      {gtid, BINLOG_NOTHING},
      {truncate_table, BINLOG_EVERYTHING},
      {gtid, BINLOG_NOTHING},
      {payload, BINLOG_EVERYTHING},
      {turn, BINLOG_NOTHING},
      {turned, BINLOG_NOTHING},
      {format_event, BINLOG_NOTHING}}},
};

#define DUMPS (int)(sizeof(dumps) / sizeof(dumps[0]))

static struct binlog *binlog;

static void begin(int dump)
{
    binlog_free(binlog);
    binlog = binlog_new(dumps[dump].vendor);
    the_log.position = 0;
}

/* Take all before this step as it is. */
static void go_to(int dump, int step)
{
    begin(dump);
    for (int i = 0; i < step; i++)
        ck_assert_int_eq(binlog_take(binlog, dumps[dump].steps[i].make()).said,
                         dumps[dump].steps[i].said);
}

static int steps_of(int dump)
{
    int steps = 0;

    while (dumps[dump].steps[steps].make != NULL)
        steps++;
    return steps;
}

static void flip(size_t bit)
{
    the_event.data[bit / 8] ^= (char)(1 << bit % 8);
}

static void stop(void)
{
    binlog_free(binlog);
    binlog = NULL;
    buffer_free(&the_event);
}

START_TEST(undamaged_all_is_told)
{
    for (int dump = 0; dump < DUMPS; dump++)
        go_to(dump, steps_of(dump));
}
END_TEST

START_TEST(a_cut_event_is_broken)
{
    for (int dump = 0; dump < DUMPS; dump++)
        for (int step = 0; step < steps_of(dump); step++) {
            size_t whole = dumps[dump].steps[step].make().len;

            for (size_t len = 0; len < whole; len++) {
                struct slice event;

                go_to(dump, step);
                event = dumps[dump].steps[step].make();
                event.len = len;
                ck_assert_int_eq(binlog_take(binlog, event).said, BINLOG_BROKEN);
            }
        }
}
END_TEST

/* Its header and its sum say that it is whole. */
START_TEST(a_short_event_is_never_less_than_the_whole)
{
    for (int dump = 0; dump < DUMPS; dump++)
        for (int step = 1; step < steps_of(dump); step++) {
            size_t whole = dumps[dump].steps[step].make().len;
            enum binlog_said right = dumps[dump].steps[step].said;

            for (size_t len = LOG_EVENT_HEADER + LOG_EVENT_CHECKSUM; len < whole; len++) {
                enum binlog_said said;

                go_to(dump, step);
                dumps[dump].steps[step].make();
                the_event.len = len;
                set_number(9, len, 4);
                if (the_log.has_sums || the_event.data[4] == LOG_EVENT_FORMAT)
                    sum_event();
                said = binlog_take(binlog, buffer_slice(&the_event)).said;
                ck_assert_msg(said == right || said == BINLOG_BROKEN || said == BINLOG_EVERYTHING,
                              "step %d of %d: %d", step, (int)len, said);
            }
        }
}
END_TEST

START_TEST(with_checksums_each_bit_counts)
{
    for (int dump = 0; dump < DUMPS; dump++)
        for (int step = 0; step < steps_of(dump); step++) {
            size_t bits = 8 * dumps[dump].steps[step].make().len;

            for (size_t bit = 0; bit < bits; bit++) {
                bool is_flag; /* which no sum is about */

                go_to(dump, step);
                dumps[dump].steps[step].make();
                is_flag = the_event.data[4] == LOG_EVENT_FORMAT && bit == 8 * 17;
                flip(bit);
                ck_assert_msg(is_flag || binlog_take(binlog, buffer_slice(&the_event)).said ==
                                             BINLOG_BROKEN,
                              "step %d, bit %d", step, (int)bit);
            }
        }
}
END_TEST

/* Whether a change is told in each transaction up to its last event, with one bit of a step flipped. */
static bool tells_changes(int dump, int damaged, size_t bit)
{
    bool is_told = false;

    begin(dump);
    for (int step = 0; step < steps_of(dump); step++) {
        enum binlog_said right = dumps[dump].steps[step].said;
        struct binlog_event event;

        dumps[dump].steps[step].make();
        if (step == damaged)
            flip(bit);
        event = binlog_take(binlog, buffer_slice(&the_event));
        if (event.said == BINLOG_BROKEN)
            return true;
        is_told |= event.said == BINLOG_TABLE || event.said == BINLOG_EVERYTHING;
        if ((right == BINLOG_COMMIT || right == BINLOG_EVERYTHING || event.is_commit) && !is_told)
            return false;
        if (right == BINLOG_COMMIT)
            is_told = false;
    }
    return true;
}

START_TEST(without_checksums_changes_are_told)
{
    for (int dump = 0; dump < DUMPS; dump++)
        for (int step = 0; step < steps_of(dump); step++) {
            size_t bits = 8 * dumps[dump].steps[step].make().len;

            for (size_t bit = 0; bit < bits; bit++)
                ck_assert_msg(tells_changes(dump, step, bit), "step %d, bit %d", step, (int)bit);
        }
}
END_TEST

static void with_sums(void)
{
    the_log.has_sums = true;
}

static void without_sums(void)
{
    the_log.has_sums = false;
}

static Suite *suite(void)
{
    Suite *s = suite_create("binlog_damage");
    TCase *sums = tcase_create("with checksums");
    TCase *none = tcase_create("without checksums");

    tcase_add_checked_fixture(sums, with_sums, stop);
    tcase_add_test(sums, undamaged_all_is_told);
    tcase_add_test(sums, a_cut_event_is_broken);
    tcase_add_test(sums, a_short_event_is_never_less_than_the_whole);
    tcase_add_test(sums, with_checksums_each_bit_counts);
    suite_add_tcase(s, sums);
    tcase_add_checked_fixture(none, without_sums, stop);
    tcase_add_test(none, undamaged_all_is_told);
    tcase_add_test(none, a_cut_event_is_broken);
    tcase_add_test(none, a_short_event_is_never_less_than_the_whole);
    tcase_add_test(none, without_checksums_changes_are_told);
    suite_add_tcase(s, none);
    return s;
}

UNIT_MAIN(suite)

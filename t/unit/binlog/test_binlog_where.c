/* Which file is sent, from where and how: what goes on as it should, and what breaks the dump. */
#include "binlog.h"

#include "binlog_case.h"
#include "unit.h"

static struct binlog *binlog;

static void stop(void)
{
    binlog_free(binlog);
    binlog = NULL;
    buffer_free(&the_event);
}

static void begin(enum binlog_vendor vendor)
{
    binlog_free(binlog);
    binlog = binlog_new(vendor);
    the_log.has_sums = true;
}

#define expect_nothing(event) ck_assert_int_eq(binlog_take(binlog, event).said, BINLOG_NOTHING)

static void begin_at(uint64_t position)
{
    begin(BINLOG_MARIADB);
    expect_nothing(first_event("bin.000007", position));
    expect_nothing(format_event());
}

static void expect_place(const char *name, uint64_t position)
{
    struct binlog_place place = binlog_place(binlog);

    ck_assert_str_eq(place.name, name);
    ck_assert_uint_eq(place.position, position);
}

/* For good: whatever comes then. */
static void expect_broken(struct slice event, const char *reason)
{
    struct binlog_event said = binlog_take(binlog, event);

    ck_assert_int_eq(said.said, BINLOG_BROKEN);
    ck_assert_str_eq(said.reason, reason);
    ck_assert_int_eq(binlog_take(binlog, xid_event()).said, BINLOG_BROKEN);
    ck_assert_int_eq(binlog_take_long(binlog, xid_event(), the_event.len).said, BINLOG_BROKEN);
}

START_TEST(a_dump_may_begin_in_the_middle_of_a_file)
{
    struct slice event;

    begin(BINLOG_MARIADB);
    expect_nothing(first_event("bin.000007", 5000));
    expect_place("bin.000007", 5000);
    event = format_event(); /* as it stands at the beginning of the file */
    set_number(13, 0, 4);
    sum_event();
    expect_nothing(event);
    expect_place("bin.000007", 5000);
    the_log.position = 5000;
    expect_nothing(mariadb_gtid_event(0));
    expect_place("bin.000007", 5000 + the_event.len);
}
END_TEST

/* Where checksums are off, such a format has a wrong one, of when it was written. */
START_TEST(a_changed_format_without_checksums_is_taken)
{
    struct slice event;

    begin(BINLOG_MARIADB);
    the_log.has_sums = false;
    expect_nothing(first_event("bin.000007", 5000));
    event = format_event();
    set_number(13, 0, 4);
    expect_nothing(event);
    /* So does one that was written before the server was told to have checksums. */
    begin(BINLOG_MARIADB);
    expect_nothing(first_event("bin.000007", 5000));
    the_log.has_sums = false;
    event = format_event();
    set_number(13, 0, 4);
    expect_nothing(event);
    the_log.position = 5000;
    expect_nothing(mariadb_gtid_event(0));
    /* As it stands in the file its checksum is right. */
    begin(BINLOG_MARIADB);
    expect_nothing(first_event("bin.000007", 4));
    the_log.has_sums = false;
    format_event();
    the_event.data[the_event.len - 1]++;
    expect_broken(buffer_slice(&the_event), "a checksum is wrong");
}
END_TEST

START_TEST(a_file_is_followed_by_the_next)
{
    begin_at(4);
    expect_nothing(mariadb_gtid_event(0));
    ck_assert_int_eq(binlog_take(binlog, xid_event()).said, BINLOG_COMMIT);
    expect_nothing(rotate_event(0, "bin.000008", 4));
    expect_place("bin.000008", 4);
    expect_nothing(first_event("bin.000008", 4));
    expect_nothing(format_event());
    expect_place("bin.000008", the_log.position);
    /* A server that was killed writes nothing at the end of the file. */
    expect_nothing(first_event("bin.000012", 4));
    expect_place("bin.000012", 4);
}
END_TEST

START_TEST(checksums_may_change_with_the_file)
{
    begin_at(4);
    expect_nothing(rotate_event(0, "bin.000008", 4));
    expect_nothing(first_event("bin.000008", 4));
    the_log.has_sums = false;
    expect_nothing(format_event());
    expect_nothing(mariadb_gtid_event(0x29));
    expect_nothing(rotate_event(0, "bin.000009", 4));
    expect_nothing(first_event("bin.000009", 4));
    the_log.has_sums = true;
    expect_nothing(format_event());
    expect_nothing(mariadb_gtid_event(0x29));
}
END_TEST

START_TEST(a_file_may_be_larger_than_its_numbers)
{
    begin_at((1ull << 32) - 1000);
    expect_place("bin.000007", the_log.position);
    while (the_log.position < 1ull << 32)
        expect_nothing(mariadb_gtid_event(0x29));
    expect_place("bin.000007", the_log.position);
}
END_TEST

static struct slice heartbeat(const char *file, uint64_t position)
{
    begin_event(LOG_EVENT_HEARTBEAT);
    if (position > UINT32_MAX)
        add_number(&the_event, position, 8);
    buffer_add_text(&the_event, file);
    end_event(LOG_EVENT_IS_ARTIFICIAL);
    set_number(13, position > UINT32_MAX ? 0 : position, 4);
    set_number(17, 0, 2);
    sum_event();
    return buffer_slice(&the_event);
}

static struct slice heartbeat_v2(const char *file, uint64_t position)
{
    begin_event(LOG_EVENT_HEARTBEAT_V2);
    add_number(&the_event, 1, 1);
    add_number(&the_event, strlen(file), 1);
    buffer_add_text(&the_event, file);
    buffer_add(&the_event, "\2\3\374", 3);
    add_number(&the_event, position, 2);
    buffer_add_char(&the_event, '\0');
    return end_event(LOG_EVENT_IS_ARTIFICIAL);
}

START_TEST(heartbeats_say_nothing)
{
    begin_at(4);
    expect_nothing(heartbeat("bin.000007", the_log.position));
    expect_nothing(heartbeat("bin.000007", the_log.position + 100));
    expect_nothing(heartbeat_v2("bin.000007", the_log.position));
    expect_nothing(event_of(LOG_EVENT_HEARTBEAT_V2, LOG_EVENT_IS_ARTIFICIAL,
                            "\1\12bin.000007\2\3\374\0\20\11\1x"));
    expect_place("bin.000007", the_log.position);
    expect_nothing(heartbeat("bin.000007", 1ull << 33));
}
END_TEST

START_TEST(a_heartbeat_of_another_place_is_broken)
{
    static const char reason[] = "a heartbeat comes from another place in the log";

    begin_at(4);
    expect_broken(heartbeat("bin.000008", the_log.position), reason);
    begin_at(4);
    expect_broken(heartbeat("bin.000007", the_log.position - 1), reason);
    begin_at(4);
    expect_broken(heartbeat_v2("bin.000008", the_log.position), reason);
    begin_at(4);
    expect_broken(heartbeat_v2("bin.000007", 4), reason);
    begin_at(4);
    expect_broken(event_of(LOG_EVENT_HEARTBEAT_V2, LOG_EVENT_IS_ARTIFICIAL, "\1\377x"),
                  "an event has a length that does not fit");
}
END_TEST

START_TEST(a_log_that_goes_backwards_is_broken)
{
    static const char reason[] = "the log goes backwards";

    begin_at(4);
    expect_broken(rotate_event(0, "bin.000006", 4), reason);
    begin_at(4);
    expect_broken(first_event("bin.000007", 4), reason);
    begin_at(4);
    expect_broken(first_event("other.000008", 4), reason);
    begin_at(4);
    the_log.position = 0;
    expect_broken(xid_event(), reason);
}
END_TEST

START_TEST(a_name_that_is_none_is_broken)
{
    static const char reason[] = "the name of a file of the log can't be one";
    static const char *const names[] = {"", "bin", "bin.", "bin.x", "000001"};
    char longer[300];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        begin(BINLOG_MARIADB);
        expect_broken(first_event(names[i], 4), reason);
    }
    memset(longer, '0', sizeof(longer));
    longer[0] = '.';
    longer[BINLOG_NAME_MAX] = '\0';
    begin(BINLOG_MARIADB);
    expect_nothing(first_event(longer, 4));
    expect_place(longer, 4);
    longer[BINLOG_NAME_MAX] = '0';
    longer[BINLOG_NAME_MAX + 1] = '\0';
    begin(BINLOG_MARIADB);
    expect_broken(first_event(longer, 4), reason);
    begin(BINLOG_MARIADB);
    expect_broken(event_of(LOG_EVENT_ROTATE, LOG_EVENT_IS_ARTIFICIAL, "\4\0\0\0\0\0\0\0a\0b.1"),
                  reason);
    begin(BINLOG_MARIADB);
    expect_broken(event_of(LOG_EVENT_ROTATE, LOG_EVENT_IS_ARTIFICIAL, "\4"), reason);
}
END_TEST

START_TEST(a_dump_without_a_beginning_is_broken)
{
    begin(BINLOG_MARIADB);
    expect_broken(format_event(), "a dump begins without the name of a file");
    begin(BINLOG_MARIADB);
    expect_broken(xid_event(), "a dump begins without the name of a file");
    begin(BINLOG_MARIADB);
    expect_nothing(first_event("bin.000007", 4));
    expect_nothing(heartbeat("bin.000007", 4));
    expect_broken(xid_event(), "a dump begins without its format");
}
END_TEST

START_TEST(another_format_is_broken)
{
    static const char reason[] = "the log is of a format that is not known";
    static const size_t changes[] = {
        LOG_EVENT_HEADER,                            /* version */
        LOG_EVENT_HEADER + 2 + 54,                   /* length of the header */
        LOG_EVENT_HEADER + 57 + LOG_EVENT_QUERY - 1, /* lengths of what stands behind it */
        LOG_EVENT_HEADER + 57 + LOG_EVENT_TABLE_MAP - 1,
        LOG_EVENT_HEADER + 57 + LOG_EVENT_WRITE_ROWS - 1,
        LOG_EVENT_HEADER + 57 + LOG_EVENT_MARIADB_GTID - 1,
        LOG_EVENT_HEADER + 57 + 171, /* the kind of the checksums */
    };

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        begin(BINLOG_MARIADB);
        expect_nothing(first_event("bin.000007", 4));
        format_event();
        the_event.data[changes[i]]++;
        sum_event();
        expect_broken(buffer_slice(&the_event), reason);
    }
    begin(BINLOG_MARIADB);
    expect_nothing(first_event("bin.000007", 4));
    expect_broken(format_event_of(18), reason);
    begin(BINLOG_MYSQL);
    expect_nothing(first_event("bin.000007", 4));
    expect_nothing(format_event_of(42));
}
END_TEST

static void begin_mysql(void)
{
    begin(BINLOG_MYSQL);
    expect_nothing(first_event("bin.000007", 4));
    expect_nothing(format_event());
}

START_TEST(mysql_without_gtids_is_broken)
{
    static const char reason[] = "a transaction has no GTID";

    begin_mysql();
    expect_broken(event_of(LOG_EVENT_ANONYMOUS_GTID, 0, "\0"), reason);
    begin_mysql();
    expect_broken(query_event("BEGIN"), reason);
    begin_mysql();
    expect_broken(table_event(18, "mail", "users"), reason);
    begin_mysql();
    expect_broken(mysql_gtid_event(0), "a GTID is not one");
    begin_mysql();
    expect_broken(mysql_gtid_event(INT64_MAX), "a GTID is not one");
}
END_TEST

/* Good, and with one thing in it that can't be. */
static const char tagged[] =
    "\2\74\0\0\2\2\0\2\4\6\10\12\14\16\20\22\24\26\30\32\34\36\4\151\42\6\6tag";

START_TEST(a_tagged_gtid_that_can_not_be_is_broken)
{
    static const struct {
        size_t at;
        unsigned char byte;
    } changes[] = {
        {0, 4},                                   /* another format */
        {1, 0},                                   /* another length */
        {3, 2},                                   /* the fields in another order */
        {5, 4},     {22, 6}, {25, 4}, {21, 0x3f}, /* a byte that is a large number */
        {23, 0x6d},                               /* below 0 */
        {27, 'T'},  {26, 8},                      /* a longer tag than there is */
    };

    begin_mysql();
    expect_nothing(event_of_bytes(LOG_EVENT_GTID_TAGGED, 0, tagged, sizeof(tagged) - 1));
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        char body[sizeof(tagged)];

        memcpy(body, tagged, sizeof(body));
        body[changes[i].at] = (char)changes[i].byte;
        begin_mysql();
        expect_broken(event_of_bytes(LOG_EVENT_GTID_TAGGED, 0, body, sizeof(tagged) - 1),
                      "a GTID is not one");
    }
}
END_TEST

START_TEST(what_can_not_be_long_is_broken)
{
    static const enum log_event_type types[] = {LOG_EVENT_FORMAT, LOG_EVENT_ROTATE,
                                                LOG_EVENT_HEARTBEAT, LOG_EVENT_HEARTBEAT_V2};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        begin_at(4);
        begin_event(types[i]);
        end_event(0);
        set_number(9, 1 << 30, 4);
        ck_assert_int_eq(binlog_take_long(binlog, buffer_slice(&the_event), 1 << 30).said,
                         BINLOG_BROKEN);
    }
    begin_at(4);
    ck_assert_int_eq(binlog_take_long(binlog, xid_event(), 1 << 30).said, BINLOG_BROKEN);
    begin_at(4);
    ck_assert_int_eq(binlog_take_long(binlog, (struct slice){xid_event().data, 18}, 18).said,
                     BINLOG_BROKEN);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog_where");
    TCase *tc = tcase_create("binlog_where");

    tcase_add_checked_fixture(tc, NULL, stop);
    tcase_add_test(tc, a_dump_may_begin_in_the_middle_of_a_file);
    tcase_add_test(tc, a_changed_format_without_checksums_is_taken);
    tcase_add_test(tc, a_file_is_followed_by_the_next);
    tcase_add_test(tc, checksums_may_change_with_the_file);
    tcase_add_test(tc, a_file_may_be_larger_than_its_numbers);
    tcase_add_test(tc, heartbeats_say_nothing);
    tcase_add_test(tc, a_heartbeat_of_another_place_is_broken);
    tcase_add_test(tc, a_log_that_goes_backwards_is_broken);
    tcase_add_test(tc, a_name_that_is_none_is_broken);
    tcase_add_test(tc, a_dump_without_a_beginning_is_broken);
    tcase_add_test(tc, another_format_is_broken);
    tcase_add_test(tc, mysql_without_gtids_is_broken);
    tcase_add_test(tc, a_tagged_gtid_that_can_not_be_is_broken);
    tcase_add_test(tc, what_can_not_be_long_is_broken);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)

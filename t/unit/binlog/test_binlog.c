/* What each kind of event says, one after the other as servers send them. */
#include "binlog.h"

#include "binlog_case.h"
#include "unit.h"

static struct binlog *binlog;

static struct binlog_event take(struct slice event)
{
    return binlog_take(binlog, event);
}

#define expect(word, event) ck_assert_int_eq(take(event).said, word)

/* The end of a transaction by itself, or not. */
static void expect_everything(struct slice event, bool is_commit)
{
    struct binlog_event said = take(event);

    ck_assert_int_eq(said.said, BINLOG_EVERYTHING);
    ck_assert(said.is_commit == is_commit);
}

static void expect_commit(struct slice event)
{
    struct binlog_event said = take(event);

    ck_assert_int_eq(said.said, BINLOG_COMMIT);
    ck_assert(said.is_commit);
}

static void expect_table(struct slice event, const char *database, const char *table)
{
    struct binlog_event said = take(event);

    ck_assert_int_eq(said.said, BINLOG_TABLE);
    ck_assert(!said.is_commit);
    ck_assert(slice_equal(said.database, slice_of(database)));
    ck_assert(slice_equal(said.table, slice_of(table)));
}

static void expect_place(const char *name, uint64_t position)
{
    struct binlog_place place = binlog_place(binlog);

    ck_assert_str_eq(place.name, name);
    ck_assert_uint_eq(place.position, position);
}

/* A dump up to its format. */
static void begin(enum binlog_vendor vendor)
{
    binlog_free(binlog);
    binlog = binlog_new(vendor);
    expect(BINLOG_NOTHING, first_event("bin.000007", 4));
    expect(BINLOG_NOTHING, format_event());
}

/* Loop tests run without checksums, and with them. */
static void begin_mariadb(int has_sums)
{
    the_log.has_sums = has_sums != 0;
    begin(BINLOG_MARIADB);
}

static void begin_mysql(int has_sums)
{
    the_log.has_sums = has_sums != 0;
    begin(BINLOG_MYSQL);
}

static void stop(void)
{
    binlog_free(binlog);
    binlog = NULL;
    buffer_free(&the_event);
}

START_TEST(rows_of_mariadb)
{
    begin_mariadb(_i);
    expect(BINLOG_NOTHING, event_of(LOG_EVENT_MARIADB_GTID_LIST, 0, "\0\0\0\0"));
    expect(BINLOG_NOTHING, event_of(LOG_EVENT_MARIADB_CHECKPOINT, 0, "\12\0\0\0bin.000007"));
    expect(BINLOG_NOTHING, mariadb_gtid_event(0x0c));
    expect_table(table_event(18, "mail", "users"), "mail", "users");
    expect(BINLOG_NOTHING, rows_event(LOG_EVENT_WRITE_ROWS_V1, 18, 1));
    expect_commit(xid_event());
    expect_place("bin.000007", the_log.position);
}
END_TEST

START_TEST(rows_of_mysql)
{
    begin_mysql(_i);
    expect(BINLOG_NOTHING, event_of(LOG_EVENT_PREVIOUS_GTIDS, 0x80, "\0\0\0\0\0\0\0\0"));
    expect_place("", 0);
    expect(BINLOG_NOTHING, mysql_gtid_event(17));
    expect(BINLOG_NOTHING, query_event("BEGIN"));
    expect(BINLOG_NOTHING, event_of(LOG_EVENT_ROWS_QUERY, 0x80, "\1INSERT ..."));
    expect_table(table_event(18, "mail", "users"), "mail", "users");
    expect(BINLOG_NOTHING, rows_event(LOG_EVENT_WRITE_ROWS, 18, 1));
    expect_commit(xid_event());
    expect_place("00010203-0405-0607-0809-0a0b0c0d0e0f:17", 0);
}
END_TEST

START_TEST(a_gtid_may_have_a_tag)
{
    begin_mysql(_i);
    expect(
        BINLOG_NOTHING,
        event_of(LOG_EVENT_GTID_TAGGED, 0,
                 "\2\76\0\0\2\2\0\2\4\6\10\12\14\16\20\22\24\26\30\32\34\371\3\4\151\42\6\6tag"));
    expect(BINLOG_NOTHING, query_event("BEGIN"));
    expect_table(table_event(18, "mail", "users"), "mail", "users");
    expect_commit(xid_event());
    expect_place("00010203-0405-0607-0809-0a0b0c0d0efe:tag:1101", 0);
}
END_TEST

/* Each kind of row event, of a table that was named, and of one that was not. */
static const enum log_event_type row_types[] = {
    LOG_EVENT_WRITE_ROWS_V1,
    LOG_EVENT_UPDATE_ROWS_V1,
    LOG_EVENT_DELETE_ROWS_V1,
    LOG_EVENT_WRITE_ROWS,
    LOG_EVENT_UPDATE_ROWS,
    LOG_EVENT_DELETE_ROWS,
    LOG_EVENT_PARTIAL_UPDATE_ROWS,
    LOG_EVENT_MARIADB_WRITE_ROWS_COMPRESSED_V1,
    LOG_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED_V1,
    LOG_EVENT_MARIADB_DELETE_ROWS_COMPRESSED_V1,
    LOG_EVENT_MARIADB_WRITE_ROWS_COMPRESSED,
    LOG_EVENT_MARIADB_UPDATE_ROWS_COMPRESSED,
    LOG_EVENT_MARIADB_DELETE_ROWS_COMPRESSED,
};

START_TEST(rows_are_of_a_table_that_was_named)
{
    enum log_event_type type = row_types[_i];

    begin_mariadb(true);
    expect(BINLOG_NOTHING, mariadb_gtid_event(0));
    expect_everything(rows_event(type, 18, 0), false);
    expect_table(table_event(18, "mail", "users"), "mail", "users");
    expect_table(table_event(19, "mail", "domains"), "mail", "domains");
    expect(BINLOG_NOTHING, rows_event(type, 19, 0));
    expect(BINLOG_NOTHING, rows_event(type, 18, 0));
    expect_everything(rows_event(type, 20, 0), false);
    expect(BINLOG_NOTHING, rows_event(type, 18, 1));
    expect_everything(rows_event(type, 18, 0), false);
    expect_commit(xid_event());
    expect_everything(rows_event(type, 18, 0), true);
}
END_TEST

START_TEST(rows_of_more_tables_than_are_remembered_are_everything)
{
    begin_mariadb(true);
    expect(BINLOG_NOTHING, mariadb_gtid_event(0));
    for (uint64_t number = 1; number <= 100; number++)
        expect_table(table_event(number, "mail", "users"), "mail", "users");
    expect(BINLOG_NOTHING, rows_event(LOG_EVENT_WRITE_ROWS, 64, 0));
    expect_everything(rows_event(LOG_EVENT_WRITE_ROWS, 65, 0), false);
}
END_TEST

START_TEST(statements_are_everything)
{
    begin_mariadb(_i);
    expect(BINLOG_NOTHING, mariadb_gtid_event(0));
    expect_everything(event_of(5, 0, "\1\5\0\0\0\0\0\0\0"), false); /* INTVAR */
    expect_everything(query_event("INSERT INTO users VALUES (1)"), false);
    expect_commit(xid_event());
    expect(BINLOG_NOTHING, mariadb_gtid_event(0));
    expect_everything(query_event("INSERT INTO aria VALUES (1)"), false);
    expect_commit(query_event("COMMIT"));
    expect(BINLOG_NOTHING, mariadb_gtid_event(0));
    expect_everything(event_of(LOG_EVENT_MARIADB_QUERY_COMPRESSED, 0, "..."), false);
    expect_commit(query_event("ROLLBACK"));
}
END_TEST

START_TEST(ddl_is_everything_and_an_end)
{
    begin_mariadb(_i);
    expect(BINLOG_NOTHING, mariadb_gtid_event(0x29));
    expect_everything(query_event("TRUNCATE users"), true);
    expect_place("bin.000007", the_log.position);
    expect(BINLOG_NOTHING, mariadb_gtid_event(0x29));
    expect_everything(event_of(LOG_EVENT_MARIADB_QUERY_COMPRESSED, 0, "..."), true);
    expect(BINLOG_NOTHING, mariadb_gtid_event(0x28)); /* CREATE TABLE ... SELECT */
    expect_everything(query_event("CREATE TABLE users (name TEXT)"), false);
    expect_table(table_event(18, "mail", "users"), "mail", "users");
    expect_commit(xid_event());
    begin_mysql(_i);
    expect(BINLOG_NOTHING, mysql_gtid_event(1));
    expect_everything(query_event("TRUNCATE users"), true);
    expect_place("00010203-0405-0607-0809-0a0b0c0d0e0f:1", 0);
}
END_TEST

START_TEST(what_the_server_writes_between_rows_is_nothing)
{
    begin_mariadb(_i);
    expect(BINLOG_NOTHING, mariadb_gtid_event(0));
    expect(BINLOG_NOTHING, event_of(LOG_EVENT_MARIADB_ANNOTATE_ROWS, 0x80, "INSERT ..."));
    expect(BINLOG_NOTHING, query_event("SAVEPOINT `a`"));
    expect(BINLOG_NOTHING, query_event("ROLLBACK TO `a`"));
    expect_commit(xid_event());
    expect_everything(query_event("SAVEPOINT `a`"), true);
    expect_everything(query_event("ROLLBACK TO `a`"), true);
    expect_everything(query_event("COMMIT"), true);
    expect_everything(xid_event(), true);
}
END_TEST

START_TEST(xa_names_tables_when_it_is_prepared_only)
{
    begin_mysql(_i);
    expect(BINLOG_NOTHING, mysql_gtid_event(1));
    expect(BINLOG_NOTHING, query_event("XA START X'78',X'',1"));
    expect_table(table_event(18, "mail", "users"), "mail", "users");
    expect(BINLOG_NOTHING, rows_event(LOG_EVENT_WRITE_ROWS, 18, 1));
    expect(BINLOG_NOTHING, query_event("XA END X'78',X'',1"));
    expect_commit(event_of(LOG_EVENT_XA_PREPARE, 0, "\0\1\0\0\0\1\0\0\0\0\0\0\0x"));
    expect(BINLOG_NOTHING, mysql_gtid_event(2));
    expect_everything(query_event("XA COMMIT X'78',X'',1"), true);
    begin_mariadb(_i);
    expect(BINLOG_NOTHING, mariadb_gtid_event(0x8c));
    expect_everything(query_event("XA ROLLBACK X'78',X'',1"), true);
    expect_everything(event_of(LOG_EVENT_XA_PREPARE, 0, "\0\1\0\0\0\1\0\0\0\0\0\0\0x"), true);
}
END_TEST

START_TEST(a_compressed_transaction_is_everything)
{
    begin_mysql(_i);
    expect(BINLOG_NOTHING, mysql_gtid_event(1));
    expect_everything(event_of(LOG_EVENT_TRANSACTION_PAYLOAD, 0, "\2\1\0..."), true);
    expect_place("00010203-0405-0607-0809-0a0b0c0d0e0f:1", 0);
}
END_TEST

START_TEST(an_incident_is_everything)
{
    begin_mariadb(_i);
    expect(BINLOG_NOTHING, mariadb_gtid_event(0));
    expect_everything(event_of(LOG_EVENT_INCIDENT, 0, "\1\0\4lost"), true);
}
END_TEST

/* All kinds that no row of this test is about. */
START_TEST(what_is_not_known_is_everything)
{
    static const unsigned char unknown[] = {0,  1,  5,  6,  7,  8,  9,  10, 11,  12,  13,  14,
                                            17, 18, 20, 21, 22, 36, 37, 43, 100, 159, 172, 255};

    begin_mariadb(true);
    expect_everything(event_of(unknown[_i], 0, "some bytes"), true);
    expect(BINLOG_NOTHING, mariadb_gtid_event(0));
    expect_everything(event_of(unknown[_i], 0, "some bytes"), false);
    expect(BINLOG_NOTHING, event_of(unknown[_i], LOG_EVENT_IS_IGNORABLE, "some bytes"));
}
END_TEST

START_TEST(what_is_known_is_never_ignorable)
{
    begin_mariadb(true);
    begin_event(LOG_EVENT_QUERY);
    buffer_add(&the_event, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0DROP TABLE users", 30);
    expect_everything(end_event(LOG_EVENT_IS_IGNORABLE), true);
}
END_TEST

START_TEST(a_transaction_without_an_end_is_everything)
{
    begin_mariadb(_i);
    expect(BINLOG_NOTHING, mariadb_gtid_event(0));
    expect_everything(mariadb_gtid_event(0), false);
    expect_table(table_event(18, "mail", "users"), "mail", "users");
    expect_everything(rotate_event(0, "bin.000008", 4), true);
    expect_place("bin.000008", 4);
    expect(BINLOG_NOTHING, format_event());
    expect(BINLOG_NOTHING, mariadb_gtid_event(0));
    expect_everything(format_event(), true);
    expect(BINLOG_NOTHING, mariadb_gtid_event(0));
    expect_everything(event_of(LOG_EVENT_STOP, 0, ""), true);
    begin_mysql(_i);
    expect(BINLOG_NOTHING, mysql_gtid_event(1));
    expect(BINLOG_NOTHING, query_event("BEGIN"));
    expect_everything(mysql_gtid_event(2), false);
    expect_everything(query_event("TRUNCATE users"), true);
}
END_TEST

/* The event that was made last, as the beginning of one of 1 GiB more. */
static struct binlog_event take_long(void)
{
    uint64_t length = (1 << 30) + the_event.len;

    the_log.position += 1 << 30;
    set_number(9, length, 4);
    set_number(13, the_log.position, 4);
    return binlog_take_long(binlog, (struct slice){the_event.data, BINLOG_BEGINNING}, length);
}

START_TEST(what_is_too_long_to_hold_is_everything)
{
    struct binlog_event said;

    begin_mariadb(true);
    expect(BINLOG_NOTHING, mariadb_gtid_event(0));
    query_event("INSERT INTO users VALUES (1), (2), ...");
    said = take_long();
    ck_assert_int_eq(said.said, BINLOG_EVERYTHING);
    ck_assert(said.is_commit);
    expect_place("bin.000007", the_log.position);
    expect_commit(xid_event());
}
END_TEST

START_TEST(rows_that_are_too_long_to_hold_are_of_their_table)
{
    begin_mariadb(true);
    expect(BINLOG_NOTHING, mariadb_gtid_event(0));
    rows_event(LOG_EVENT_WRITE_ROWS, 18, 0);
    ck_assert_int_eq(take_long().said, BINLOG_EVERYTHING);
    expect_table(table_event(18, "mail", "users"), "mail", "users");
    rows_event(LOG_EVENT_WRITE_ROWS, 18, 1);
    ck_assert_int_eq(take_long().said, BINLOG_NOTHING);
    rows_event(LOG_EVENT_WRITE_ROWS, 18, 0);
    ck_assert_int_eq(take_long().said, BINLOG_EVERYTHING);
    expect_commit(xid_event());
    expect_place("bin.000007", the_log.position);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog");
    TCase *tc = tcase_create("binlog");

    tcase_add_checked_fixture(tc, NULL, stop);
    tcase_add_loop_test(tc, rows_of_mariadb, 0, 2);
    tcase_add_loop_test(tc, rows_of_mysql, 0, 2);
    tcase_add_loop_test(tc, a_gtid_may_have_a_tag, 0, 2);
    tcase_add_loop_test(tc, rows_are_of_a_table_that_was_named, 0,
                        (int)(sizeof(row_types) / sizeof(row_types[0])));
    tcase_add_test(tc, rows_of_more_tables_than_are_remembered_are_everything);
    tcase_add_loop_test(tc, statements_are_everything, 0, 2);
    tcase_add_loop_test(tc, ddl_is_everything_and_an_end, 0, 2);
    tcase_add_loop_test(tc, what_the_server_writes_between_rows_is_nothing, 0, 2);
    tcase_add_loop_test(tc, xa_names_tables_when_it_is_prepared_only, 0, 2);
    tcase_add_loop_test(tc, a_compressed_transaction_is_everything, 0, 2);
    tcase_add_loop_test(tc, an_incident_is_everything, 0, 2);
    tcase_add_loop_test(tc, what_is_not_known_is_everything, 0, 24);
    tcase_add_test(tc, what_is_known_is_never_ignorable);
    tcase_add_loop_test(tc, a_transaction_without_an_end_is_everything, 0, 2);
    tcase_add_test(tc, what_is_too_long_to_hold_is_everything);
    tcase_add_test(tc, rows_that_are_too_long_to_hold_are_of_their_table);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)

/* What is sent to be sent the log. */
#include "binlog_dump.h"

#include "unit.h"

#define UUID       "00010203-0405-0607-0809-0a0b0c0d0e0f"
#define UUID_BYTES "\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17"
#define N(digit)   digit "\0\0\0\0\0\0\0"
#define BYTES(text)                                                                                \
    {                                                                                              \
        "" text, sizeof(text) - 1                                                                  \
    }

START_TEST(our_number_is_no_administrators)
{
    ck_assert_uint_eq(binlog_dump_server_id(0), 1u << 31);
    ck_assert_uint_eq(binlog_dump_server_id(UINT32_MAX), UINT32_MAX);
    ck_assert_uint_eq(binlog_dump_server_id(5), (1u << 31) + 5);
}
END_TEST

START_TEST(mariadb_is_asked_from_a_place_on)
{
    static const char expected[] = "\x12\x39\x30\0\0\0\0\7\0\0\x80mariadb-bin.000042";
    struct buffer payload = BUFFER_EMPTY;
    struct binlog_place place = {"mariadb-bin.000042", 12345};

    ck_assert(binlog_dump_from_place(&payload, (1u << 31) + 7, &place));
    ck_assert(slice_equal(buffer_slice(&payload), (struct slice){expected, sizeof(expected) - 1}));
    buffer_free(&payload);
}
END_TEST

START_TEST(what_can_not_be_asked_for_is_not)
{
    struct buffer payload = BUFFER_EMPTY;
    struct binlog_place place = {"mariadb-bin.000042", 1ull << 32};

    ck_assert(!binlog_dump_from_place(&payload, 1, &place));
    place.position--;
    place.name[0] = '\0';
    ck_assert(!binlog_dump_from_place(&payload, 1, &place));
    ck_assert(!binlog_dump_after_gtids(&payload, 1, slice_of("x")));
    ck_assert_uint_eq(payload.len, 0);
}
END_TEST

static const struct {
    const char *text;
    struct slice encoded;
} sets[] = {
    {"", BYTES(N("\0"))},
    {" \n", BYTES(N("\0"))},
    {UUID ":1", BYTES(N("\1") UUID_BYTES N("\1") N("\1") N("\2"))},
    {UUID ":1-5", BYTES(N("\1") UUID_BYTES N("\1") N("\1") N("\6"))},
    {UUID ":1-5:7:9-9",
     BYTES(N("\1") UUID_BYTES N("\3") N("\1") N("\6") N("\7") N("\10") N("\11") N("\12"))},
    {UUID ":1-5,\n" UUID ":2",
     BYTES(N("\2") UUID_BYTES N("\1") N("\1") N("\6") UUID_BYTES N("\1") N("\2") N("\3"))},
    {"000102030405060708090A0B0C0D0E0F:3", BYTES(N("\1") UUID_BYTES N("\1") N("\3") N("\4"))},
    {UUID ":9223372036854775806",
     BYTES(N("\1") UUID_BYTES N("\1") "\376\377\377\377\377\377\377\177\377\377\377\377\377\377\377"
                                      "\177")},
    {UUID ":_x1:4", BYTES("\1\1\0\0\0\0\0\1" UUID_BYTES "\6_x1" N("\1") N("\4") N("\5"))},
    {UUID ":1-2:tag:4:6,\n" UUID ":3",
     BYTES("\1\3\0\0\0\0\0\1" UUID_BYTES "\0" N("\1") N("\1") N("\3") UUID_BYTES "\6tag" N("\2")
               N("\4") N("\5") N("\6") N("\7") UUID_BYTES "\0" N("\1") N("\3") N("\4"))},
};

START_TEST(mysql_is_asked_after_a_set)
{
    static const char before[] = "\x1e\4\0\7\0\0\x80\0\0\0\0\4\0\0\0\0\0\0\0";
    struct buffer expected = BUFFER_EMPTY, payload = BUFFER_EMPTY;
    struct slice encoded = sets[_i].encoded;

    buffer_add(&expected, before, sizeof(before) - 1);
    buffer_add_char(&expected, (char)encoded.len);
    buffer_add(&expected, "\0\0\0", 3);
    buffer_add(&expected, encoded.data, encoded.len);
    ck_assert(binlog_dump_after_gtids(&payload, (1u << 31) + 7, slice_of(sets[_i].text)));
    ck_assert(slice_equal(buffer_slice(&payload), buffer_slice(&expected)));
    buffer_free(&expected);
    buffer_free(&payload);
}
END_TEST

static const char *const no_sets[] = {
    "x",
    UUID,
    UUID ":",
    UUID ":0",
    UUID ":x",
    UUID ":1-",
    UUID ":5-4",
    UUID ":1-5:6", /* which is 1-6 */
    UUID ":1-5:3",
    UUID ":1,",
    UUID ":1;",
    UUID ":tag",
    UUID ":tag:",
    UUID ":tag:tag:1",
    UUID ":taG:1",
    UUID ":a23456789012345678901234567890123:1",
    UUID ":9223372036854775807",
    UUID ":99999999999999999999",
    "00010203-0405-0607-0809-0a0b0c0d0e0:1",
    "0001020-30405-0607-0809-0a0b0c0d0e0f:1",
    "," UUID ":1",
    "3E11FA47-71CA-11E1-9E33-C80AA9429562:1 2",
};

START_TEST(what_is_no_set_is_refused)
{
    struct buffer payload = BUFFER_EMPTY;

    ck_assert_msg(!binlog_dump_after_gtids(&payload, 1, slice_of(no_sets[_i])), "%s", no_sets[_i]);
    ck_assert_uint_eq(payload.len, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog_dump");
    TCase *tc = tcase_create("binlog_dump");

    tcase_add_test(tc, our_number_is_no_administrators);
    tcase_add_test(tc, mariadb_is_asked_from_a_place_on);
    tcase_add_test(tc, what_can_not_be_asked_for_is_not);
    tcase_add_loop_test(tc, mysql_is_asked_after_a_set, 0, (int)(sizeof(sets) / sizeof(sets[0])));
    tcase_add_loop_test(tc, what_is_no_set_is_refused, 0,
                        (int)(sizeof(no_sets) / sizeof(no_sets[0])));
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)

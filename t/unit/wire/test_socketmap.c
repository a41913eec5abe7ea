/* What Postfix would read: never a value cut, never a failure that looks like an answer. */
#include "socketmap.h"

#include <stdlib.h>

#include "netstring.h"
#include "unit.h"

static struct buffer out;

static void start(void)
{
    out = (struct buffer)BUFFER_EMPTY;
}

static void stop(void)
{
    buffer_free(&out);
}

/* The payload of the one frame that out must hold. */
static struct slice sent(void)
{
    struct slice payload = {NULL, 0};
    size_t consumed = 0;

    ck_assert_int_eq(netstring_parse(buffer_slice(&out), SOCKETMAP_REPLY_MAX, &payload, &consumed),
                     NETSTRING_COMPLETE);
    ck_assert_uint_eq(consumed, out.len);
    return payload;
}

static void assert_sent(const char *expected)
{
    ck_assert_msg(slice_equal(sent(), slice_of(expected)), "%s instead of %s", buffer_text(&out),
                  expected);
    buffer_clear(&out);
}

static void assert_begins(const char *expected)
{
    struct slice payload = sent();

    ck_assert_uint_ge(payload.len, strlen(expected));
    ck_assert_mem_eq(payload.data, expected, strlen(expected));
}

START_TEST(requests)
{
    static const struct {
        const char *payload;
        const char *map; /* NULL = refused */
        const char *key;
    } cases[] = {
        {"domains example.com", "domains", "example.com"},
        {"m ", "m", ""},
        {"m  ", "m", " "},
        {"m a b", "m", "a b"},
        {"m \"a b\"@c", "m", "\"a b\"@c"},
        {"", NULL, NULL},
        {" ", NULL, NULL},
        {" key", NULL, NULL},
        {"domains", NULL, NULL},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slice map;
        struct slice key;
        bool good = socketmap_parse(slice_of(cases[i].payload), &map, &key);

        ck_assert_int_eq(good, cases[i].map != NULL);
        if (good) {
            ck_assert(slice_equal(map, slice_of(cases[i].map)));
            ck_assert(slice_equal(key, slice_of(cases[i].key)));
        }
    }
}
END_TEST

START_TEST(replies)
{
    ck_assert_int_eq(socketmap_add_reply(&out, OUTCOME_OK, slice_of("a b, c")), OUTCOME_OK);
    assert_sent("OK a b, c");
    ck_assert_int_eq(socketmap_add_reply(&out, OUTCOME_NOTFOUND, slice_of("ignored")),
                     OUTCOME_NOTFOUND);
    assert_sent("NOTFOUND ");
    ck_assert_int_eq(socketmap_add_reply(&out, OUTCOME_TEMP, slice_of("down")), OUTCOME_TEMP);
    assert_sent("TEMP down");
    ck_assert_int_eq(socketmap_add_reply(&out, OUTCOME_TIMEOUT, slice_of("slow")), OUTCOME_TIMEOUT);
    assert_sent("TIMEOUT slow");
    ck_assert_int_eq(socketmap_add_reply(&out, OUTCOME_PERM, slice_of("")), OUTCOME_PERM);
    assert_sent("PERM ");
    ck_assert_int_eq(socketmap_add_reply(&out, OUTCOME_TEMP, (struct slice){NULL, 0}),
                     OUTCOME_TEMP);
    assert_sent("TEMP ");
}
END_TEST

START_TEST(replies_follow_each_other)
{
    socketmap_add_reply(&out, OUTCOME_OK, slice_of("x"));
    socketmap_add_reply(&out, OUTCOME_NOTFOUND, slice_of(""));
    ck_assert_str_eq(buffer_text(&out), "4:OK x,9:NOTFOUND ,");
}
END_TEST

START_TEST(empty_value_is_a_failure)
{
    ck_assert_int_eq(socketmap_add_reply(&out, OUTCOME_OK, slice_of("")), OUTCOME_TEMP);
    assert_begins("TEMP ");
}
END_TEST

START_TEST(nul_in_a_value_is_a_failure)
{
    ck_assert_int_eq(socketmap_add_reply(&out, OUTCOME_OK, (struct slice){"a\0b", 3}),
                     OUTCOME_TEMP);
    assert_begins("TEMP ");
}
END_TEST

START_TEST(value_at_and_over_the_limit)
{
    const size_t most = SOCKETMAP_REPLY_MAX - 3; /* "OK " */
    char *value = malloc(most + 1);

    ck_assert_ptr_nonnull(value);
    memset(value, 'v', most + 1);
    ck_assert_int_eq(socketmap_add_reply(&out, OUTCOME_OK, (struct slice){value, most}),
                     OUTCOME_OK);
    ck_assert_uint_eq(sent().len, SOCKETMAP_REPLY_MAX);
    ck_assert_mem_eq(sent().data + 3, value, most);
    buffer_clear(&out);
    ck_assert_int_eq(socketmap_add_reply(&out, OUTCOME_OK, (struct slice){value, most + 1}),
                     OUTCOME_TEMP);
    assert_begins("TEMP ");
    free(value);
}
END_TEST

START_TEST(reasons_are_one_short_clean_line)
{
    char reason[SOCKETMAP_REASON_MAX + 50];
    struct slice payload;

    socketmap_add_reply(&out, OUTCOME_TEMP, (struct slice){"a\nb\r\0\x7f\033[c", 9});
    assert_sent("TEMP a?b????[c");

    memset(reason, 'r', sizeof(reason));
    socketmap_add_reply(&out, OUTCOME_PERM, (struct slice){reason, sizeof(reason)});
    ck_assert_uint_eq(sent().len, strlen("PERM ") + SOCKETMAP_REASON_MAX);
    buffer_clear(&out);

    /* A two-byte character across the cut goes as a whole. */
    memcpy(reason + SOCKETMAP_REASON_MAX - 1, "\xc3\xa4", 2);
    socketmap_add_reply(&out, OUTCOME_PERM, (struct slice){reason, sizeof(reason)});
    payload = sent();
    ck_assert_uint_eq(payload.len, strlen("PERM ") + SOCKETMAP_REASON_MAX - 1);
    ck_assert_int_eq(payload.data[payload.len - 1], 'r');
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("socketmap");
    TCase *t = tcase_create("socketmap");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, requests);
    tcase_add_test(t, replies);
    tcase_add_test(t, replies_follow_each_other);
    tcase_add_test(t, empty_value_is_a_failure);
    tcase_add_test(t, nul_in_a_value_is_a_failure);
    tcase_add_test(t, value_at_and_over_the_limit);
    tcase_add_test(t, reasons_are_one_short_clean_line);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

/* Each request has its reply, in its order, however it comes; a connection ends as it should. */
#include "client_case.h"
#include "socketmap.h"

START_TEST(one_request_after_the_other)
{
    int peer = join();

    expect_hit(peer);
    say(peer, "6:miss b,");
    expect(peer, "9:NOTFOUND ,");
    say(peer, "4:hit ,");
    expect(peer, "5:OK v-,");
    say(peer, "7:other c,");
    expect(peer, "16:PERM no such map,");
    say(peer, "6:wait d,");
    expect_silence(peer);
    answer("d");
    expect(peer, "6:OK v-d,");
    say(peer, "7:big 010,");
    expect(peer, "13:OK bbbbbbbbbb,");
    say(peer, "7:big 000,");
    expect(peer, "23:TEMP the value is empty,");
    close(peer);
    expect_count(0);
}
END_TEST

static const char mixed[] = "5:hit a,6:wait b,6:miss c,7:hit d e,";
static const char mixed_replies[] = "6:OK v-a,6:OK v-b,9:NOTFOUND ,8:OK v-d e,";

static void answer_if_asked(void)
{
    settle();
    if (waiting != NULL)
        answer("b");
}

START_TEST(every_split_in_two)
{
    for (size_t at = 0; at <= strlen(mixed); at++) {
        int peer = join();

        say_bytes(peer, mixed, at);
        answer_if_asked();
        say(peer, mixed + at);
        answer_if_asked();
        expect(peer, mixed_replies);
        expect_silence(peer);
        close(peer);
        expect_count(0);
    }
}
END_TEST

START_TEST(byte_by_byte)
{
    int peer = join();

    for (size_t at = 0; at < strlen(mixed); at++) {
        say_bytes(peer, mixed + at, 1);
        answer_if_asked();
    }
    expect(peer, mixed_replies);
    close(peer);
}
END_TEST

START_TEST(pipelined_hits_are_answered_by_one_write)
{
    /* This type of socket keeps one write apart from the next. */
    int peer = join_as(SOCK_SEQPACKET, 0);
    char reply[100];
    ssize_t len;

    say(peer, "5:hit a,6:miss b,5:hit c,");
    settle();
    len = recv(peer, reply, sizeof(reply) - 1, 0);
    ck_assert_int_gt(len, 0);
    reply[len] = '\0';
    ck_assert_str_eq(reply, "6:OK v-a,9:NOTFOUND ,6:OK v-c,");
    close(peer);
}
END_TEST

START_TEST(in_order_and_one_lookup_at_a_time)
{
    int peer = join();

    say(peer, "5:hit a,6:wait b,6:wait c,5:hit d,6:wait e,");
    expect(peer, "6:OK v-a,"); /* what is known does not wait for what is not */
    expect_silence(peer);
    ck_assert_uint_eq(waiting_count, 1);
    answer("b");
    expect(peer, "6:OK v-b,");
    ck_assert_uint_eq(waiting_count, 1);
    answer("c");
    expect(peer, "6:OK v-c,6:OK v-d,");
    ck_assert_uint_eq(waiting_count, 1);
    answer("e");
    expect(peer, "6:OK v-e,");
    close(peer);
}
END_TEST

START_TEST(clients_do_not_wait_for_each_other)
{
    int slow = join();
    int quick = join();

    say(slow, "6:wait s,5:hit x,");
    expect_waiting(1);
    say(quick, "5:hit q,6:wait r,");
    expect(quick, "6:OK v-q,");
    expect_waiting(2);
    answer("r");
    expect(quick, "6:OK v-r,");
    expect_silence(slow);
    answer("s");
    expect(slow, "6:OK v-s,6:OK v-x,");
    close(slow);
    close(quick);
    expect_count(0);
}
END_TEST

START_TEST(half_closed_gets_all_answers)
{
    int peer = join();

    say(peer, "5:hit a,6:wait b,5:hit c,6:wait d,");
    ck_assert_int_eq(shutdown(peer, SHUT_WR), 0);
    expect(peer, "6:OK v-a,");
    settle();
    answer("b");
    expect(peer, "6:OK v-b,6:OK v-c,");
    settle();
    answer("d");
    expect(peer, "6:OK v-d,");
    expect_end(peer);
    expect_count(0);
}
END_TEST

START_TEST(half_closed_in_a_request)
{
    int peer = join();

    say(peer, "5:hit a,6:wai");
    ck_assert_int_eq(shutdown(peer, SHUT_WR), 0);
    expect(peer, "6:OK v-a,");
    expect_end(peer);
    ck_assert_uint_eq(started, 1);
    expect_count(0);
}
END_TEST

START_TEST(gone_during_a_lookup)
{
    int peer = join();

    say(peer, "6:wait a,");
    expect_waiting(1);
    close(peer);
    expect_count(0);
    ck_assert_uint_eq(waiting_count, 0);
    ck_assert_uint_eq(cancelled, 1);
}
END_TEST

START_TEST(requests_that_wait_do_not_keep_the_loop_busy)
{
    uint64_t began = clock_ms();
    unsigned rounds = 0;
    int peer = join();

    say(peer, "6:wait a,");
    expect_waiting(1);
    say(peer, "6:wait b,"); /* stays unread, and readable */
    for (; clock_ms() - began < 100; rounds++)
        event_base_loop(base, EVLOOP_ONCE);
    ck_assert_uint_lt(rounds, 150); /* the ticks, and a few more */
    answer("a");
    expect(peer, "6:OK v-a,");
    expect_waiting(1);
    answer("b");
    expect(peer, "6:OK v-b,");
    close(peer);
}
END_TEST

START_TEST(gone_before_its_answer_is_written)
{
    int peer = join();

    say(peer, "6:wait a,6:wait b,");
    expect_waiting(1);
    settle(); /* the second request makes it look: not gone, reading stops */
    close(peer);
    answer("a"); /* the write fails */
    expect_count(0);
    ck_assert_uint_eq(waiting_count + cancelled, 1);
}
END_TEST

START_TEST(rubbish_ends_the_connection_after_the_replies_due)
{
    static const char *const rubbish[] = {
        "x",
        "05:hit a,",
        "5:hit ab",
        "100001:",
        "99999999999999999999:",
        "3:hit,",
        "0:,",
        "2: a,",
        "GET / HTTP/1.0\r\n\r\n",
        "\n",
        "5hit a,",
    };
    int bystander = join();

    for (size_t i = 0; i < sizeof(rubbish) / sizeof(rubbish[0]); i++) {
        int peer = join();

        say(peer, "5:hit a,6:wait b,6:miss c,");
        expect(peer, "6:OK v-a,");
        say(peer, rubbish[i]);
        say(peer, "5:hit z,"); /* never looked at: there is no telling where a request begins */
        expect_silence(peer);
        answer("b");
        expect(peer, "6:OK v-b,9:NOTFOUND ,");
        expect_end(peer);
        expect_count(1);
    }
    ck_assert_uint_eq(started, 3 * sizeof(rubbish) / sizeof(rubbish[0]));
    say(bystander, "5:hit y,");
    expect(bystander, "6:OK v-y,");
    close(bystander);
}
END_TEST

/* A request for "big" with a key of so many bytes that says to answer seven. */
static void add_long_request(struct buffer *out, size_t key_len)
{
    char *payload = netstring_add_frame(out, strlen("big ") + key_len);

    memset(payload, '0', strlen("big ") + key_len);
    memcpy(payload, "big ", 4);
    payload[strlen("big ") + key_len - 1] = '7';
}

START_TEST(largest_request)
{
    struct buffer out = BUFFER_EMPTY;
    int peer = join();

    add_long_request(&out, LOOKUP_KEY_MAX);
    for (int i = 0; i < 2; i++) {
        say_bytes(peer, out.data, out.len);
        expect(peer, "10:OK bbbbbbb,");
    }
    close(peer);
    expect_count(0);
    buffer_free(&out);
}
END_TEST

#define REFUSED "39:PERM " LOOKUP_KEY_REFUSED ","

/* In its order, however it comes, and without being kept. */
START_TEST(a_longer_one_is_refused)
{
    static const size_t pieces[] = {1000000, 65536, 1000, 7};
    struct buffer out = BUFFER_EMPTY;

    ask(&out, "hit a");
    add_long_request(&out, LOOKUP_KEY_MAX + 1000);
    ask(&out, "wait b");
    add_long_request(&out, SOCKETMAP_REQUEST_MAX - strlen("big "));
    add_long_request(&out, SOCKETMAP_REQUEST_MAX - strlen("big "));
    ask(&out, "hit c");
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        int peer = join();

        for (size_t at = 0; at < out.len; at += pieces[i]) {
            say_bytes(peer, out.data + at, out.len - at < pieces[i] ? out.len - at : pieces[i]);
            answer_if_asked();
        }
        answer_if_asked();
        expect(peer, "6:OK v-a," REFUSED "6:OK v-b," REFUSED REFUSED "6:OK v-c,");
        close(peer);
        expect_count(0);
    }
    buffer_free(&out);
}
END_TEST

START_TEST(a_longer_one_must_end_as_one)
{
    struct buffer out = BUFFER_EMPTY;
    int peer = join();

    add_long_request(&out, 20000);
    out.data[out.len - 1] = ';';
    ask(&out, "hit a");
    say_bytes(peer, out.data, out.len);
    expect_end(peer);
    ck_assert_uint_eq(started, 0);
    buffer_free(&out);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("client");
    TCase *t = tcase_create("client");

    log_open("test_client", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, one_request_after_the_other);
    tcase_add_test(t, every_split_in_two);
    tcase_add_test(t, byte_by_byte);
    tcase_add_test(t, pipelined_hits_are_answered_by_one_write);
    tcase_add_test(t, in_order_and_one_lookup_at_a_time);
    tcase_add_test(t, clients_do_not_wait_for_each_other);
    tcase_add_test(t, half_closed_gets_all_answers);
    tcase_add_test(t, half_closed_in_a_request);
    tcase_add_test(t, gone_during_a_lookup);
    tcase_add_test(t, requests_that_wait_do_not_keep_the_loop_busy);
    tcase_add_test(t, gone_before_its_answer_is_written);
    tcase_add_test(t, rubbish_ends_the_connection_after_the_replies_due);
    tcase_add_test(t, largest_request);
    tcase_add_test(t, a_longer_one_is_refused);
    tcase_add_test(t, a_longer_one_must_end_as_one);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

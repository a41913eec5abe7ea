/* Clients that are slow, silent or do not read: how long they are borne, and that nothing is lost. */
#include "client_case.h"

START_TEST(unread_replies_stop_the_work)
{
    struct buffer expected = BUFFER_EMPTY;
    struct buffer heard = BUFFER_EMPTY;
    int peer = join();
    int other = join();

    ask_for_much(peer, &expected);
    settle();
    ck_assert_uint_lt(started, 20);
    say(other, "5:hit o,");
    expect(other, "6:OK v-o,");
    /* When it reads at last, nothing is missing. */
    ck_assert(hear(peer, &heard, expected.len));
    ck_assert_mem_eq(heard.data, expected.data, expected.len);
    ck_assert_uint_eq(started, BIG_REQUESTS + 1);
    expect_silence(peer);
    buffer_free(&expected);
    buffer_free(&heard);
    close(peer);
    close(other);
}
END_TEST

START_TEST(unread_too_long)
{
    struct buffer expected = BUFFER_EMPTY;
    struct buffer heard = BUFFER_EMPTY;
    uint64_t began = clock_ms();
    int peer;

    config.server.client_write_timeout_ms = 100;
    peer = join();
    ask_for_much(peer, &expected);
    expect_count(0);
    ck_assert_uint_ge(clock_ms() - began, 100);
    /* What did come is a clean beginning. */
    ck_assert(!hear(peer, &heard, expected.len));
    ck_assert_uint_lt(heard.len, expected.len);
    ck_assert_mem_eq(heard.data, expected.data, heard.len);
    buffer_free(&expected);
    buffer_free(&heard);
    close(peer);
}
END_TEST

START_TEST(reading_slowly_is_reading)
{
    const size_t len = strlen("90003:OK ,") + 90000;
    struct buffer heard = BUFFER_EMPTY;
    uint64_t began = clock_ms();
    int peer;

    config.server.client_write_timeout_ms = 300;
    peer = join_as(SOCK_STREAM, 4096);
    say(peer, "9:big 90000,");
    for (uint64_t step = 1; step <= 8; step++) {
        while (clock_ms() - began < step * 100)
            event_base_loop(base, EVLOOP_ONCE);
        ck_assert(hear(peer, &heard, step * len / 8));
    }
    ck_assert_mem_eq(heard.data, "90003:OK b", 10);
    ck_assert_int_eq(heard.data[len - 1], ',');
    buffer_free(&heard);
    close(peer);
}
END_TEST

START_TEST(gone_during_a_lookup_after_late_reading)
{
    struct buffer heard = BUFFER_EMPTY;
    int peer = join_as(SOCK_STREAM, 4096);

    say(peer, "9:big 40000,6:wait b,");
    expect_waiting(1);
    ck_assert(hear(peer, &heard, strlen("40003:OK ,") + 40000));
    settle();
    close(peer);
    expect_count(0);
    ck_assert_uint_eq(cancelled, 1);
    buffer_free(&heard);
}
END_TEST

START_TEST(answer_while_replies_are_unread)
{
    struct buffer expected = BUFFER_EMPTY;
    struct buffer heard = BUFFER_EMPTY;
    char *payload = netstring_add_frame(&expected, 3 + BIG_LEN);
    int peer = join_as(SOCK_STREAM, 4096);

    memset(payload, 'b', 3 + BIG_LEN);
    memcpy(payload, "OK ", 3);
    /* One turn makes more than the socket takes, and ends with a lookup that waits. */
    say(peer, "9:big 40000,6:wait b,6:wait c,5:hit d,");
    expect_waiting(1);
    settle();
    answer("b");
    settle();
    ck_assert_uint_eq(started, 2); /* the next one is for when all this has been read */
    netstring_add(&expected, slice_of("OK v-b"));
    ck_assert(hear(peer, &heard, expected.len));
    ck_assert_mem_eq(heard.data, expected.data, expected.len);
    expect_waiting(1);
    answer("c");
    expect(peer, "6:OK v-c,6:OK v-d,");
    buffer_free(&expected);
    buffer_free(&heard);
    close(peer);
}
END_TEST

START_TEST(closed_without_reading)
{
    struct buffer expected = BUFFER_EMPTY;
    int peer = join();

    ask_for_much(peer, &expected);
    settle();
    close(peer);
    expect_count(0);
    buffer_free(&expected);
}
END_TEST

START_TEST(incomplete_request_too_long)
{
    uint64_t trickled = 0;
    uint64_t began;
    int peer;

    config.server.client_read_timeout_ms = 300;
    peer = join();
    expect_hit(peer);
    say(peer, "100000:");
    began = clock_ms();
    while (clients_count(clients) != 0) {
        uint64_t passed = clock_ms() - began;

        ck_assert_uint_lt(passed, 560); /* bytes that trickle in do not prolong it */
        if (passed < 280 && passed != trickled)
            say(peer, "x");
        trickled = passed;
        event_base_loop(base, EVLOOP_ONCE);
    }
    ck_assert_uint_ge(clock_ms() - began, 290);
    expect_end(peer);
}
END_TEST

START_TEST(idle_too_long)
{
    uint64_t began = clock_ms();
    int busy;
    int idle;

    config.server.client_idle_timeout_ms = 1000;
    idle = join();
    busy = join();
    while (clients_count(clients) == 2) {
        ck_assert_uint_lt(clock_ms() - began, PATIENCE_MS);
        expect_hit(busy);
        event_base_loop(base, EVLOOP_ONCE);
    }
    ck_assert_uint_ge(clock_ms() - began, 1000);
    expect_end(idle);
    say(busy, "5:hit b,");
    expect(busy, "6:OK v-b,");
    expect_count(0);
    expect_end(busy);
}
END_TEST

START_TEST(a_lookup_is_not_idleness)
{
    uint64_t began = clock_ms();
    int peer;

    config.server.client_idle_timeout_ms = 30;
    config.server.client_read_timeout_ms = 30;
    peer = join();
    say(peer, "6:wait a,6:wai");
    while (clock_ms() - began < 120)
        event_base_loop(base, EVLOOP_ONCE);
    answer("a");
    expect(peer, "6:OK v-a,");
    say(peer, "t b,");
    expect_waiting(1);
    answer("b");
    expect(peer, "6:OK v-b,");
    close(peer);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("client_patience");
    TCase *t = tcase_create("client_patience");

    log_open("test_client_patience", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, unread_replies_stop_the_work);
    tcase_add_test(t, unread_too_long);
    tcase_add_test(t, reading_slowly_is_reading);
    tcase_add_test(t, gone_during_a_lookup_after_late_reading);
    tcase_add_test(t, answer_while_replies_are_unread);
    tcase_add_test(t, closed_without_reading);
    tcase_add_test(t, incomplete_request_too_long);
    tcase_add_test(t, idle_too_long);
    tcase_add_test(t, a_lookup_is_not_idleness);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

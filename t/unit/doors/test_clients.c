/* Many clients: who may come in, that each has its turn, and how they all end. */
#include "client_case.h"

#include <netinet/in.h>

#include "network.h"

#define FLOOD 4000

START_TEST(a_flood_lets_others_through)
{
    struct buffer flood = BUFFER_EMPTY;
    struct buffer expected = BUFFER_EMPTY;
    struct buffer heard = BUFFER_EMPTY;
    int hasty[2] = {join(), join()};
    int polite = join();

    for (int i = 0; i < FLOOD; i++) {
        netstring_add(&flood, slice_of("hit a"));
        netstring_add(&expected, slice_of("OK v-a"));
    }
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(send(hasty[i], flood.data, flood.len, 0), (ssize_t)flood.len);
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    ck_assert_uint_lt(started, FLOOD / 4);
    say(polite, "5:hit p,");
    expect(polite, "6:OK v-p,");
    ck_assert_uint_lt(started, FLOOD);
    for (int i = 0; i < 2; i++) {
        buffer_clear(&heard);
        ck_assert(hear(hasty[i], &heard, expected.len));
        ck_assert_mem_eq(heard.data, expected.data, expected.len);
        close(hasty[i]);
    }
    ck_assert_uint_eq(started, 2 * FLOOD + 1);
    buffer_free(&flood);
    buffer_free(&expected);
    buffer_free(&heard);
    close(polite);
    expect_count(0);
}
END_TEST

#define GREEDY 300

/* What all hold together is bounded: some of those who hold much are closed, nobody else is. */
START_TEST(greedy_ones_do_not_get_all_memory)
{
    int greedy[GREEDY];
    int polite = join();

    for (size_t i = 0; i < GREEDY; i++) {
        greedy[i] = join_as(SOCK_STREAM, 4096);
        say(greedy[i], "9:big 90000,9:big 90000,9:big 90000,");
        settle();
        if (i % 50 == 0)
            expect_hit(polite);
    }
    expect_hit(polite);
    /* A buffer may be twice as large as what is in it. */
    ck_assert_uint_le(clients_count(clients), 1 + CLIENTS_HELD_MAX / 90000);
    ck_assert_uint_ge(clients_count(clients), CLIENTS_HELD_MAX / 2 / 270000);
    for (size_t i = 0; i < GREEDY; i++)
        close(greedy[i]);
    expect_count(1);
    say(polite, "9:big 90000,9:big 90000,9:big 90000,"); /* there is room again */
    for (size_t i = 0; i < 3; i++) {
        struct buffer heard = BUFFER_EMPTY;

        ck_assert(hear(polite, &heard, strlen("90003:OK ,") + 90000));
        buffer_free(&heard);
    }
    expect_hit(polite);
    close(polite);
    expect_count(0);
}
END_TEST

/* So does what their lookups have while they wait for the database. */
START_TEST(those_who_wait_do_not_get_all_memory_either)
{
    int waits[10];
    int polite = join();

    lookup_bytes = CLIENTS_HELD_MAX / 5;
    for (size_t i = 0; i < 10; i++) {
        waits[i] = join();
        say(waits[i], "6:wait k,");
        settle();
    }
    expect_hit(polite);
    ck_assert_uint_le(clients_count(clients), 1 + 5);
    ck_assert_uint_ge(clients_count(clients), 1 + 4);
    ck_assert_uint_eq(waiting_count, clients_count(clients) - 1);
    lookup_bytes = 0;
    for (size_t i = 0; i < 10; i++)
        close(waits[i]);
    expect_count(1);
    close(polite);
    expect_count(0);
}
END_TEST

START_TEST(max_clients)
{
    int first;
    int second;

    config.server.max_clients = 2;
    first = join();
    second = join();
    expect_end(join());
    ck_assert_uint_eq(clients_count(clients), 2);
    ck_assert_uint_eq(stats.clients.rejected, 1);
    ck_assert_uint_eq(stats.clients.accepted, 2);
    close(first);
    expect_count(1);
    first = join();
    expect_hit(first);
    ck_assert_uint_eq(stats.clients.accepted, 3);
    close(first);
    close(second);
    expect_count(0);
}
END_TEST

/* Connect over TCP on loopback; returns the peer's end. */
static int join_inet(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    int peer = socket(AF_INET, SOCK_STREAM, 0);
    int accepted;

    ck_assert_int_eq(bind(listening, (struct sockaddr *)&address, len), 0);
    ck_assert_int_eq(listen(listening, 1), 0);
    ck_assert_int_eq(getsockname(listening, (struct sockaddr *)&address, &len), 0);
    ck_assert_int_eq(connect(peer, (struct sockaddr *)&address, len), 0);
    accepted = accept(listening, NULL, NULL);
    ck_assert_int_ge(accepted, 0);
    close(listening);
    set_nonblocking(accepted);
    set_nonblocking(peer);
    clients_accept(clients, accepted);
    return peer;
}

START_TEST(only_networks_that_are_allowed)
{
    struct network networks[2];
    struct buffer error = BUFFER_EMPTY;
    int peer;

    ck_assert(network_parse("10.0.0.0/8", &networks[0], &error));
    ck_assert(network_parse("127.0.0.0/8", &networks[1], &error));
    config.server.allow = networks;
    config.server.allow_count = 1;
    expect_end(join_inet());
    ck_assert_uint_eq(stats.clients.rejected, 1);
    config.server.allow_count = 2;
    peer = join_inet();
    expect_hit(peer);
    close(peer);
    config.server.allow_count = 1; /* for TCP, not for local sockets */
    peer = join();
    expect_hit(peer);
    close(peer);
    expect_count(0);
}
END_TEST

START_TEST(the_last_descriptors_are_not_for_clients)
{
    int first = join();
    int next = dup(0);
    int second;

    close(next);
    clients_configure(clients, &config.server,
                      next + 2); /* of each pair of sockets, the lower is the client */
    second = join();
    expect_hit(second);
    expect_end(join());
    ck_assert_uint_eq(stats.clients.rejected, 1);
    close(second);
    expect_count(1);
    second = join();
    expect_hit(second);
    close(first);
    close(second);
    expect_count(0);
}
END_TEST

START_TEST(draining)
{
    struct buffer big = BUFFER_EMPTY;
    struct buffer heard = BUFFER_EMPTY;
    int idle = join();
    int asked = join();
    int pending = join();
    int unread = join();
    int incomplete = join();

    say(pending, "6:wait p,5:hit q,");
    say(incomplete, "5:hit i,5:hi");
    ask_for_much(unread, &big);
    expect(incomplete, "6:OK v-i,");
    expect_waiting(1);
    say(asked, "5:hit a,6:miss b,"); /* has arrived, nobody has read it yet */
    clients_drain(clients);
    expect(asked, "6:OK v-a,9:NOTFOUND ,");
    expect_end(asked);
    expect_end(idle);
    expect_end(incomplete);
    expect_end(join()); /* late */
    ck_assert_uint_eq(stats.clients.rejected, 1);
    ck_assert_uint_eq(clients_count(clients), 2);
    answer("p");
    expect(pending, "6:OK v-p,6:OK v-q,");
    expect_end(pending);
    ck_assert(hear(unread, &heard, big.len));
    ck_assert_mem_eq(heard.data, big.data, big.len);
    expect_end(unread);
    expect_count(0);
    buffer_free(&big);
    buffer_free(&heard);
}
END_TEST

/* What came while it had to wait is answered like what an idle one has just sent. */
START_TEST(draining_answers_what_came_meanwhile)
{
    struct buffer heard = BUFFER_EMPTY;
    int pending = join();
    int unread = join_as(SOCK_STREAM, 4096);

    say(pending, "6:wait p,");
    say(unread, "9:big 40000,");
    expect_waiting(1);
    settle();
    say(pending, "5:hit a,6:wait q,");
    say(unread, "5:hit b,");
    clients_drain(clients);
    expect_silence(pending);
    say(pending, "5:hit c,");
    answer("p");
    expect(pending, "6:OK v-p,6:OK v-a,");
    expect_waiting(1);
    answer("q");
    expect(pending, "6:OK v-q,6:OK v-c,");
    expect_end(pending);
    ck_assert(hear(unread, &heard, strlen("40003:OK ,") + 40000));
    expect(unread, "6:OK v-b,");
    expect_end(unread);
    expect_count(0);
    buffer_free(&heard);
}
END_TEST

/* One that never stops asking is cut off by drain_timeout; until then it does not keep others. */
START_TEST(draining_takes_turns)
{
    struct buffer flood = BUFFER_EMPTY;
    struct buffer heard = BUFFER_EMPTY;
    int hasty = join();
    int idle = join();

    for (int i = 0; i < 2000; i++)
        netstring_add(&flood, slice_of("hit a"));
    ck_assert_int_eq(send(hasty, flood.data, flood.len, 0), (ssize_t)flood.len);
    clients_drain(clients);
    expect_end(idle);
    ck_assert_uint_lt(started, 1000);
    ck_assert(hear(hasty, &heard, 2000 * strlen("6:OK v-a,")));
    expect_end(hasty);
    expect_count(0);
    buffer_free(&flood);
    buffer_free(&heard);
}
END_TEST

START_TEST(freed_in_the_middle_of_everything)
{
    struct buffer flood = BUFFER_EMPTY;
    struct buffer big = BUFFER_EMPTY;
    int idle = join();
    int pending = join();
    int unread = join();
    int hasty = join();
    int incomplete = join();

    for (int i = 0; i < 500; i++)
        netstring_add(&flood, slice_of("hit a"));
    say(pending, "6:wait p,");
    say(incomplete, "5:hi");
    ask_for_much(unread, &big);
    expect_waiting(1);
    ck_assert_int_eq(send(hasty, flood.data, flood.len, 0), (ssize_t)flood.len);
    event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
    clients_free(clients);
    ck_assert_uint_eq(stats.clients.current, 0);
    ck_assert_uint_eq(cancelled, 1);
    clients = clients_new(base, NULL);
    clients_configure(clients, &config.server, INT_MAX);
    buffer_free(&flood);
    buffer_free(&big);
    close(idle);
    close(pending);
    close(unread);
    close(hasty);
    close(incomplete);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("clients");
    TCase *t = tcase_create("clients");

    log_open("test_clients", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, a_flood_lets_others_through);
    tcase_add_test(t, greedy_ones_do_not_get_all_memory);
    tcase_add_test(t, those_who_wait_do_not_get_all_memory_either);
    tcase_add_test(t, max_clients);
    tcase_add_test(t, only_networks_that_are_allowed);
    tcase_add_test(t, the_last_descriptors_are_not_for_clients);
    tcase_add_test(t, draining);
    tcase_add_test(t, draining_answers_what_came_meanwhile);
    tcase_add_test(t, draining_takes_turns);
    tcase_add_test(t, freed_in_the_middle_of_everything);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

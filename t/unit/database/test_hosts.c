/* Which host is asked, how long a failed one rests, and when a question may be refused. */
#include "hosts.h"

#include "unit.h"

#define RETRY_MS 60000

static char names[6][8] = {"u0", "u1", "i0", "i1", "i2", "i3"};
static const struct db_host hosts_of_both_kinds[] = {
    {names[2], false, names[2], 0},
    {names[0], true, names[0], 0},
    {names[3], false, names[3], 0},
    {names[1], true, names[1], 0},
};
static const struct db_host inet_hosts[] = {
    {names[2], false, names[2], 0},
    {names[3], false, names[3], 0},
    {names[4], false, names[4], 0},
    {names[5], false, names[5], 0},
};

static uint64_t down_ms, due_ms;

static void fail_to_open(struct hosts *hosts, size_t index, uint64_t began, uint64_t now_ms)
{
    struct host_attempt attempt;

    hosts_opening(hosts, &attempt, index, began, now_ms);
    hosts_open_failed(hosts, &attempt, now_ms, "refused");
}

static void open_well(struct hosts *hosts, size_t index, uint64_t now_ms)
{
    struct host_attempt attempt;

    hosts_opening(hosts, &attempt, index, 0, now_ms);
    hosts_opened(hosts, &attempt, now_ms, &down_ms);
}

START_TEST(unix_before_inet)
{
    struct hosts *hosts = hosts_new(hosts_of_both_kinds, 4, RETRY_MS);

    for (uint32_t chance = 0; chance < 100; chance++)
        ck_assert(hosts_get(hosts, hosts_pick(hosts, 0, 0, chance))->is_unix);
    for (int i = 0; i < 50; i++)
        open_well(hosts, 1, 1000);
    ck_assert_uint_eq(hosts_pick(hosts, 0, 0, 0), 3);
    fail_to_open(hosts, 3, 1, 1000);
    ck_assert_uint_eq(hosts_pick(hosts, 0, 0, 0), 1);
    ck_assert(!hosts_get(hosts, hosts_pick(hosts, 1u << 1, 0, 0))->is_unix);
    hosts_free(hosts);
}
END_TEST

START_TEST(spread_and_random)
{
    struct hosts *hosts = hosts_new(inet_hosts, 4, RETRY_MS);
    unsigned picked[4] = {0};
    uint32_t chance = 12345;

    for (int i = 0; i < 4000; i++) {
        chance = chance * 1664525 + 1013904223;
        picked[hosts_pick(hosts, 0, 0, chance >> 8)]++;
    }
    for (int i = 0; i < 4; i++) {
        ck_assert_uint_gt(picked[i], 800);
        ck_assert_uint_lt(picked[i], 1200);
    }
    for (int i = 0; i < 40; i++)
        open_well(hosts, hosts_pick(hosts, 0, 0, (uint32_t)i * 7919), 1000);
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(hosts_status(hosts, i).connections, 10);
    hosts_free(hosts);
}
END_TEST

START_TEST(rests_longer_while_another_serves)
{
    struct hosts *hosts = hosts_new(inet_hosts, 2, RETRY_MS);
    uint64_t now_ms = 1000;
    uint64_t expected = HOSTS_REST_FIRST_MS;

    fail_to_open(hosts, 0, 1, now_ms);
    for (int i = 0; i < 20; i++) {
        ck_assert_uint_eq(hosts_pick_rested(hosts, now_ms, &due_ms), HOSTS_NONE);
        ck_assert_uint_eq(due_ms, now_ms + expected);
        now_ms = due_ms;
        ck_assert_uint_eq(hosts_pick_rested(hosts, now_ms, &due_ms), 0);
        fail_to_open(hosts, 0, 2, now_ms);
        expected = expected * 2 < RETRY_MS ? expected * 2 : RETRY_MS;
    }
    /* When the other one fails as well, nobody rests for more than a second. */
    fail_to_open(hosts, 1, 3, now_ms + 5000);
    ck_assert_uint_eq(hosts_pick_rested(hosts, now_ms + 5000, &due_ms), 0);
    hosts_free(hosts);
}
END_TEST

START_TEST(rests_a_second_at_most_while_none_serves)
{
    struct hosts *hosts = hosts_new(inet_hosts, 1, RETRY_MS);
    uint64_t now_ms = 1000;

    fail_to_open(hosts, 0, 1, now_ms);
    for (int i = 0; i < 30; i++) {
        ck_assert_uint_eq(hosts_pick_rested(hosts, now_ms, &due_ms), HOSTS_NONE);
        ck_assert_uint_le(due_ms, now_ms + HOSTS_REST_ALL_DOWN_MS);
        ck_assert_uint_ge(due_ms, now_ms + HOSTS_REST_FIRST_MS);
        now_ms = due_ms + 1;
        fail_to_open(hosts, 0, 1, now_ms);
    }
    ck_assert_uint_eq(hosts_pick_rested(hosts, now_ms, &due_ms), HOSTS_NONE);
    ck_assert_uint_eq(due_ms, now_ms + HOSTS_REST_ALL_DOWN_MS);
    hosts_free(hosts);
}
END_TEST

START_TEST(failures_at_once_count_once)
{
    struct hosts *hosts = hosts_new(inet_hosts, 1, RETRY_MS);
    struct host_attempt attempts[4];

    for (size_t i = 0; i < 4; i++)
        hosts_opening(hosts, &attempts[i], 0, i + 2, 1000);
    ck_assert(hosts_open_failed(hosts, &attempts[2], 1000, "refused"));
    for (size_t i = 0; i < 4; i++)
        if (i != 2) {
            ck_assert_msg(!hosts_refuse(hosts, 1, 0), "the others may succeed");
            ck_assert(!hosts_open_failed(hosts, &attempts[i], 1000, "refused"));
        }
    ck_assert(hosts_refuse(hosts, 1, 0));
    ck_assert_uint_eq(hosts_pick_rested(hosts, 1000, &due_ms), HOSTS_NONE);
    ck_assert_uint_eq(due_ms, 1000 + HOSTS_REST_FIRST_MS);
    hosts_free(hosts);
}
END_TEST

START_TEST(one_probe_at_a_time_while_another_serves)
{
    struct hosts *hosts = hosts_new(inet_hosts, 2, RETRY_MS);
    struct host_attempt attempt;

    fail_to_open(hosts, 0, 1, 1000);
    ck_assert_uint_eq(hosts_pick_rested(hosts, 5000, &due_ms), 0);
    hosts_opening(hosts, &attempt, 0, 2, 5000);
    ck_assert(attempt.is_probe);
    ck_assert_uint_eq(hosts_pick_rested(hosts, 50000, &due_ms), HOSTS_NONE);
    ck_assert_uint_eq(due_ms, UINT64_MAX);
    ck_assert(hosts_opened(hosts, &attempt, 6000, &down_ms));
    ck_assert_uint_eq(down_ms, 5000);
    ck_assert_int_eq(hosts_status(hosts, 0).state, HOST_UP);
    hosts_free(hosts);
}
END_TEST

START_TEST(a_silent_host_is_tried_every_second_while_none_serves)
{
    struct hosts *hosts = hosts_new(inet_hosts, 1, RETRY_MS);
    struct host_attempt attempt, second;

    fail_to_open(hosts, 0, 1, 1000);
    hosts_opening(hosts, &attempt, 0, 4, 5000);
    ck_assert_uint_eq(hosts_pick_rested(hosts, 5000, &due_ms), HOSTS_NONE);
    ck_assert_uint_eq(due_ms, 5000 + HOSTS_REST_ALL_DOWN_MS);
    ck_assert_uint_eq(hosts_pick_rested(hosts, due_ms, &due_ms), 0);
    hosts_opening(hosts, &second, 0, 6, 6000);
    hosts_open_failed(hosts, &attempt, 10000, "silent");
    ck_assert_msg(hosts_refuse(hosts, 3, 0), "the second probe will end no better");
    ck_assert_msg(!hosts_refuse(hosts, 5, 0), "but began later than this question");
    hosts_free(hosts);
}
END_TEST

START_TEST(a_host_that_comes_and_goes_rests_longer)
{
    struct hosts *hosts = hosts_new(inet_hosts, 1, RETRY_MS);
    uint64_t now_ms = 1000;

    open_well(hosts, 0, now_ms);
    for (int i = 0; i < 4; i++) {
        hosts_query_failed(hosts, 0, now_ms, "not ready");
        open_well(hosts, 0, now_ms + 2000);
        hosts_answered(hosts, 0, now_ms + 2000, &down_ms);
        now_ms += 2100;
    }
    hosts_query_failed(hosts, 0, now_ms, "not ready");
    ck_assert_uint_eq(hosts_pick_rested(hosts, now_ms, &due_ms), HOSTS_NONE);
    ck_assert_uint_eq(due_ms, now_ms + 16 * HOSTS_REST_FIRST_MS);
    open_well(hosts, 0, now_ms + 2000);
    hosts_answered(hosts, 0, now_ms + 2000, &down_ms);
    now_ms += 60000; /* a good minute: forgiven */
    hosts_query_failed(hosts, 0, now_ms, "not ready");
    ck_assert_uint_eq(hosts_pick_rested(hosts, now_ms, &due_ms), HOSTS_NONE);
    ck_assert_uint_eq(due_ms, now_ms + HOSTS_REST_FIRST_MS);
    hosts_free(hosts);
}
END_TEST

/* A Galera node outside the primary component: everybody may log in, nobody gets an answer. */
START_TEST(after_failed_queries_only_an_answer_proves)
{
    struct hosts *hosts = hosts_new(inet_hosts, 1, RETRY_MS);
    struct host_attempt attempt;

    open_well(hosts, 0, 1000);
    ck_assert(hosts_query_failed(hosts, 0, 1000, "not ready"));
    ck_assert(!hosts_can_serve(hosts, 0));
    hosts_opening(hosts, &attempt, 0, 5, 1500);
    ck_assert_msg(!hosts_opened(hosts, &attempt, 2000, &down_ms), "a login is no news");
    ck_assert(hosts_can_serve(hosts, 0));
    ck_assert_msg(!hosts_query_failed(hosts, 0, 2001, "not ready"), "still down is no news");
    hosts_opening(hosts, &attempt, 0, 6, 3000);
    ck_assert(!hosts_opened(hosts, &attempt, 4000, &down_ms));
    ck_assert(hosts_answered(hosts, 0, 4001, &down_ms));
    ck_assert_uint_eq(down_ms, 3001);
    hosts_free(hosts);
}
END_TEST

START_TEST(too_many_connections_leaves_the_open_ones)
{
    struct hosts *hosts = hosts_new(inet_hosts, 1, RETRY_MS);

    open_well(hosts, 0, 1000);
    fail_to_open(hosts, 0, 7, 1000);
    ck_assert_uint_eq(hosts_pick(hosts, 0, 0, 0), HOSTS_NONE);
    ck_assert(hosts_can_serve(hosts, 0));
    ck_assert(!hosts_refuse(hosts, 1, 0));
    ck_assert_msg(!hosts_answered(hosts, 0, 1001, &down_ms), "new ones fail as before");
    ck_assert_uint_eq(hosts_pick(hosts, 0, 0, 0), HOSTS_NONE);
    hosts_closed(hosts, 0);
    ck_assert(!hosts_can_serve(hosts, 0));
    ck_assert(hosts_refuse(hosts, 1, 0));
    hosts_free(hosts);
}
END_TEST

START_TEST(nobody_is_refused_on_old_news)
{
    struct hosts *hosts = hosts_new(inet_hosts, 2, RETRY_MS);

    ck_assert_msg(!hosts_refuse(hosts, 1, 0), "nothing was tried yet");
    fail_to_open(hosts, 0, 10, 1000);
    ck_assert(!hosts_refuse(hosts, 5, 0));
    fail_to_open(hosts, 1, 20, 1000);
    ck_assert(hosts_refuse(hosts, 5, 0));
    ck_assert_msg(!hosts_refuse(hosts, 15, 0), "host 0 was tried before");
    ck_assert_msg(hosts_refuse(hosts, 15, 1), "but failed this very question");
    ck_assert(!hosts_refuse(hosts, 25, 0));
    fail_to_open(hosts, 0, 30, 2000);
    ck_assert(hosts_refuse(hosts, 15, 0));
    ck_assert(!hosts_refuse(hosts, 25, 0));
    open_well(hosts, 1, 3000);
    ck_assert(!hosts_refuse(hosts, 5, 0));
    ck_assert_str_eq(hosts_last_error(hosts), "refused");
    hosts_free(hosts);
}
END_TEST

START_TEST(moves_to_a_better_place)
{
    struct hosts *hosts = hosts_new(hosts_of_both_kinds, 2, RETRY_MS);
    struct hosts *equals = hosts_new(inet_hosts, 2, RETRY_MS);

    open_well(hosts, 0, 1000);
    ck_assert_msg(!hosts_should_move(hosts, 0, 2000), "the socket was never seen up");
    open_well(hosts, 1, 1000);
    ck_assert(hosts_should_move(hosts, 0, 2000));
    ck_assert(!hosts_should_move(hosts, 1, 2000));
    hosts_query_refused(hosts, 1, 2000);
    ck_assert_msg(!hosts_should_move(hosts, 0, 3000), "that one has a table missing");
    ck_assert(hosts_should_move(hosts, 0, 2000 + RETRY_MS));

    for (int i = 0; i < 4; i++)
        open_well(equals, 0, 1000);
    ck_assert(!hosts_should_move(equals, 0, 2000));
    open_well(equals, 1, 1000);
    ck_assert_msg(hosts_should_move(equals, 0, 2000), "4 and 1");
    hosts_closed(equals, 0);
    ck_assert_msg(hosts_should_move(equals, 0, 2000), "3 and 1");
    hosts_closed(equals, 0);
    ck_assert_msg(!hosts_should_move(equals, 0, 2000), "2 and 1");
    hosts_free(hosts);
    hosts_free(equals);
}
END_TEST

/* A server that has too many connections and serves those that are open is not down. */
START_TEST(at_its_limit_it_stays_up)
{
    struct hosts *hosts = hosts_new(inet_hosts, 2, RETRY_MS);
    struct host_attempt attempt;

    hosts_opening(hosts, &attempt, 0, 1, 1000);
    ck_assert(!hosts_open_refused(hosts, &attempt, 1000)); /* nothing is open */
    hosts_opened(hosts, &attempt, 1000, &down_ms);
    hosts_opening(hosts, &attempt, 0, 2, 1000);
    ck_assert(hosts_open_refused(hosts, &attempt, 1000));
    ck_assert_int_eq(hosts_status(hosts, 0).state, HOST_UP);
    ck_assert_uint_eq(hosts_status(hosts, 0).connections, 1);
    ck_assert(hosts_can_serve(hosts, 0));
    for (uint32_t chance = 0; chance < 10; chance++)
        ck_assert_uint_eq(hosts_pick(hosts, 0, 1000 + RETRY_MS - 1, chance), 1);
    ck_assert_uint_eq(hosts_pick(hosts, 2, 1000 + RETRY_MS - 1, 0), HOSTS_NONE);
    ck_assert_uint_eq(hosts_pick(hosts, 2, 1000 + RETRY_MS, 0), 0);
    /* Without any connection it has to be tried. */
    hosts_closed(hosts, 0);
    ck_assert_uint_eq(hosts_pick(hosts, 2, 1001, 0), 0);
    hosts_free(hosts);
}
END_TEST

START_TEST(knows_whether_others_are_answered)
{
    struct hosts *hosts = hosts_new(inet_hosts, 2, RETRY_MS);

    open_well(hosts, 0, 1000);
    ck_assert(!hosts_answered_since(hosts, 0, 1));
    hosts_answered(hosts, 0, 2000, &down_ms);
    ck_assert(hosts_answered_since(hosts, 0, 2000));
    ck_assert(!hosts_answered_since(hosts, 0, 2001));
    ck_assert(!hosts_answered_since(hosts, 1, 1));
    hosts_free(hosts);
}
END_TEST

/* Also when there was a probe earlier: one that is over is no longer among those under way. */
START_TEST(an_attempt_under_way_may_succeed)
{
    struct hosts *hosts = hosts_new(inet_hosts, 1, RETRY_MS);
    struct host_attempt probe, first, second;

    fail_to_open(hosts, 0, 1, 1000);
    hosts_opening(hosts, &probe, 0, 2, 2000);
    ck_assert(probe.is_probe);
    hosts_opened(hosts, &probe, 2000, &down_ms);
    hosts_closed(hosts, 0);
    hosts_opening(hosts, &first, 0, 10, 3000);
    hosts_opening(hosts, &second, 0, 11, 3000);
    ck_assert(!first.is_probe && !second.is_probe);
    hosts_open_failed(hosts, &first, 3000, "refused");
    ck_assert(!hosts_refuse(hosts, 5, 0));
    hosts_open_failed(hosts, &second, 3000, "refused");
    ck_assert(hosts_refuse(hosts, 5, 0));
    hosts_free(hosts);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("hosts");
    TCase *t = tcase_create("hosts");

    tcase_add_test(t, unix_before_inet);
    tcase_add_test(t, spread_and_random);
    tcase_add_test(t, rests_longer_while_another_serves);
    tcase_add_test(t, rests_a_second_at_most_while_none_serves);
    tcase_add_test(t, failures_at_once_count_once);
    tcase_add_test(t, one_probe_at_a_time_while_another_serves);
    tcase_add_test(t, a_silent_host_is_tried_every_second_while_none_serves);
    tcase_add_test(t, a_host_that_comes_and_goes_rests_longer);
    tcase_add_test(t, after_failed_queries_only_an_answer_proves);
    tcase_add_test(t, too_many_connections_leaves_the_open_ones);
    tcase_add_test(t, nobody_is_refused_on_old_news);
    tcase_add_test(t, moves_to_a_better_place);
    tcase_add_test(t, at_its_limit_it_stays_up);
    tcase_add_test(t, knows_whether_others_are_answered);
    tcase_add_test(t, an_attempt_under_way_may_succeed);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

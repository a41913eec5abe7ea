/* Whose turn it is: no table keeps the others from the database, no time is wasted on who has gone. */
#include "waiting.h"

#include "unit.h"

#define ALL 4 /* connections */

static struct waiting waiting;
static struct share table[3];
static struct pool_query queries[100];
static unsigned query_count;
static uint64_t now_ms;

static void start(void)
{
    now_ms = 1000000;
    query_count = 0;
    waiting_init(&waiting);
    for (size_t i = 0; i < 3; i++)
        share_init(&table[i]);
}

static bool is_full_for(struct share *share, enum pool_urgency urgency)
{
    const struct pool_query query = {.share = share, .urgency = urgency};

    return waiting_is_full(&waiting, &query, 10, now_ms);
}

static struct pool_query *add(struct share *share, enum pool_urgency urgency, uint64_t timeout_ms)
{
    struct pool_query *query = &queries[query_count++];

    *query = (struct pool_query){.share = share,
                                 .urgency = urgency,
                                 .asked = query_count,
                                 .deadline_ms = now_ms + timeout_ms};
    waiting_add(&waiting, query, now_ms);
    return query;
}

static struct pool_query *wait_for(struct share *share)
{
    return add(share, POOL_WANTED, 10000);
}

/* The next query is sent; free connections are left without it. */
static struct pool_query *send(unsigned free)
{
    struct pool_query *query = waiting_next(&waiting, free + 1, now_ms);

    if (query != NULL) {
        waiting_remove(&waiting, query);
        query->share->running++;
    }
    return query;
}

static void answer(struct pool_query *query, enum db_blame blame)
{
    query->share->running--;
    share_judge(query->share, blame, "reason", now_ms);
}

START_TEST(tables_take_turns)
{
    struct pool_query *a[3], *b;

    for (int i = 0; i < 3; i++)
        a[i] = wait_for(&table[0]);
    b = wait_for(&table[1]);
    ck_assert_ptr_eq(send(3), a[0]);
    ck_assert_ptr_eq(send(2), b);
    ck_assert_ptr_eq(send(1), a[1]);
    ck_assert_uint_eq(waiting.count, 1);
}
END_TEST

START_TEST(the_last_connection_is_left_to_others)
{
    struct pool_query *other;

    for (int i = 0; i < 10; i++)
        wait_for(&table[0]);
    for (unsigned free = ALL; free-- > 1;)
        ck_assert_ptr_nonnull(send(free));
    ck_assert_ptr_null(send(0));
    other = wait_for(&table[1]);
    ck_assert_ptr_eq(send(0), other);
}
END_TEST

/* Nobody else is there to need it, and the answers come. */
START_TEST(the_only_table_has_all_connections)
{
    struct pool_query *first;

    for (int i = 0; i < 10; i++)
        wait_for(&table[0]);
    first = send(3);
    send(2);
    send(1);
    ck_assert_ptr_null(send(0));
    now_ms += 500;
    answer(first, DB_OK);
    ck_assert_ptr_nonnull(send(1));
    ck_assert_ptr_nonnull(send(0));
    ck_assert_uint_eq(table[0].running, 4);
    /* When none has come for a second, it does not take it again. */
    now_ms += 1000;
    table[0].running--;
    ck_assert_ptr_null(send(0));
}
END_TEST

START_TEST(another_that_was_asked_lately_keeps_its_place)
{
    for (int i = 0; i < 10; i++)
        wait_for(&table[0]);
    answer(send(3), DB_OK);
    wait_for(&table[1]);
    while (send(1) != NULL)
        ;
    ck_assert_uint_eq(table[1].running, 1);
    answer(&queries[0], DB_OK);
    table[0].running = 3;
    now_ms += 59000;
    table[0].answered_ms = now_ms;
    wait_for(&table[0]);
    ck_assert_ptr_null(send(0));
    now_ms += 1001;
    table[0].answered_ms = now_ms;
    ck_assert_ptr_nonnull(send(0));
}
END_TEST

START_TEST(one_connection_is_for_all)
{
    struct pool_query *a = wait_for(&table[0]), *b = wait_for(&table[1]);

    ck_assert_ptr_eq(send(0), a);
    answer(a, DB_TIMED_OUT);
    ck_assert_ptr_eq(send(0), b);
    ck_assert_uint_eq(waiting_wanted(&waiting, 1, now_ms), 0);
    wait_for(&table[0]);
    wait_for(&table[0]);
    ck_assert_uint_eq(waiting_wanted(&waiting, 1, now_ms), 1);
}
END_TEST

START_TEST(a_table_in_trouble_has_one)
{
    share_judge(&table[0], DB_TABLE_FAILED, "locked", now_ms);
    wait_for(&table[0]);
    wait_for(&table[0]);
    ck_assert_uint_eq(waiting_wanted(&waiting, ALL, now_ms), 1);
    ck_assert_ptr_nonnull(send(3));
    ck_assert_ptr_null(send(2));
    ck_assert_uint_eq(waiting_wanted(&waiting, ALL, now_ms), 0);
}
END_TEST

START_TEST(who_has_time_left_goes_first)
{
    struct pool_query *old = wait_for(&table[0]), *older = old, *young;

    now_ms += 4000;
    old = wait_for(&table[0]);
    now_ms += 2000;
    young = wait_for(&table[0]);
    ck_assert_ptr_eq(send(3), old); /* 8 of 10 s are left */
    ck_assert_ptr_eq(send(2), young);
    ck_assert_ptr_eq(send(1), older); /* 4 of 10 s */
}
END_TEST

START_TEST(prefetches_come_last)
{
    struct pool_query *prefetch = add(&table[0], POOL_BACKGROUND, 10000);
    struct pool_query *other = add(&table[1], POOL_BACKGROUND, 10000);
    struct pool_query *wanted = wait_for(&table[1]), *joined = add(&table[2], POOL_BACKGROUND, 100);

    ck_assert_uint_eq(waiting_wanted(&waiting, ALL, now_ms), 4);
    waiting_want(&waiting, joined, now_ms + 5000, now_ms);
    ck_assert_uint_eq(joined->deadline_ms, now_ms + 5000);
    ck_assert_ptr_eq(send(3), wanted);
    ck_assert_ptr_eq(send(2), joined);
    ck_assert_ptr_eq(send(2), prefetch);
    ck_assert_ptr_eq(send(2), other);
    ck_assert_uint_eq(waiting.count, 0);
}
END_TEST

/* Who joins has a time of his own; who has less takes nothing away. */
START_TEST(the_longest_deadline_counts)
{
    struct pool_query *query = wait_for(&table[0]);
    uint64_t deadline_ms = query->deadline_ms;

    waiting_want(&waiting, query, now_ms + 10, now_ms);
    ck_assert_uint_eq(query->deadline_ms, deadline_ms);
    now_ms += 9000;
    ck_assert_ptr_eq(waiting_next(&waiting, 4, now_ms), query);
    ck_assert_int_eq(query->place, QUERY_LATE);
    waiting_want(&waiting, query, now_ms + 10000, now_ms);
    ck_assert_uint_eq(query->deadline_ms, now_ms + 10000);
    ck_assert_int_eq(query->place, QUERY_EARLY);
}
END_TEST

START_TEST(asked_again_in_order_of_arrival)
{
    struct pool_query *first = wait_for(&table[0]), *second = wait_for(&table[0]);

    for (int i = 0; i < 50; i++)
        wait_for(&table[0]);
    ck_assert_ptr_eq(send(3), first);
    ck_assert_ptr_eq(send(2), second);
    first->was_lost = second->was_lost = true;
    waiting_add(&waiting, second, now_ms);
    waiting_add(&waiting, first, now_ms);
    ck_assert_ptr_eq(TAILQ_FIRST(&waiting.again), first);
    ck_assert_ptr_eq(TAILQ_NEXT(first, entry), second);
    ck_assert_uint_eq(waiting.again_count, 2);
}
END_TEST

START_TEST(one_table_does_not_fill_it)
{
    for (int i = 0; i < 5; i++)
        wait_for(&table[0]);
    ck_assert(!is_full_for(&table[0], POOL_WANTED));
    wait_for(&table[1]);
    ck_assert(is_full_for(&table[0], POOL_WANTED));
    ck_assert(!is_full_for(&table[1], POOL_WANTED));
    for (int i = 0; i < 4; i++)
        wait_for(&table[1]);
    ck_assert(is_full_for(&table[2], POOL_WANTED));
    ck_assert(is_full_for(&table[2], POOL_BACKGROUND));
}
END_TEST

START_TEST(what_nobody_waits_for_fills_a_tenth_of_it)
{
    ck_assert(!is_full_for(&table[0], POOL_BACKGROUND));
    add(&table[0], POOL_BACKGROUND, 10000);
    ck_assert(is_full_for(&table[0], POOL_BACKGROUND));
    ck_assert(is_full_for(&table[1], POOL_BACKGROUND));
    ck_assert(!is_full_for(&table[0], POOL_WANTED));
}
END_TEST

static void count(void *arg, struct pool_query *query)
{
    ++*(unsigned *)arg;
    waiting_remove(&waiting, query);
}

START_TEST(visits_all_that_wait)
{
    unsigned visited = 0;

    wait_for(&table[0]);
    add(&table[1], POOL_BACKGROUND, 1000);
    wait_for(&table[1]);
    wait_for(&table[1]);
    waiting_each(&waiting, count, &visited);
    ck_assert_uint_eq(visited, 4);
    ck_assert_uint_eq(waiting.count, 0);
    ck_assert_uint_eq(table[1].waiting, 0);
}
END_TEST

START_TEST(visits_all_of_a_table)
{
    unsigned visited = 0;

    wait_for(&table[0]);
    add(&table[0], POOL_BACKGROUND, 1000);
    now_ms += 6000;
    wait_for(&table[0]);
    add(&table[1], POOL_BACKGROUND, 1000);
    wait_for(&table[1]);
    waiting_each_of(&waiting, &table[0], count, &visited);
    ck_assert_uint_eq(visited, 3);
    ck_assert_uint_eq(waiting.count, 2);
}
END_TEST

/* --- trouble -------------------------------------------------------------------------------- */

START_TEST(failures_do_not_put_off_the_probe)
{
    share_judge(&table[0], DB_TABLE_FAILED, "locked", now_ms);
    ck_assert(!share_is_well(&table[0]));
    ck_assert(!share_wants_probe(&table[0], now_ms));
    for (int i = 0; i < 20; i++) {
        now_ms += 100;
        share_judge(&table[0], DB_TABLE_FAILED, "locked", now_ms);
        ck_assert_int_eq(share_wants_probe(&table[0], now_ms), i % 10 == 9);
        share_take_probe(&table[0], now_ms);
    }
    share_judge(&table[0], DB_OK, "", now_ms);
    ck_assert(share_is_well(&table[0]));
}
END_TEST

START_TEST(trouble_is_the_tables_fault_only)
{
    static const enum db_blame nobodys[] = {DB_KEY_FAILED, DB_FAILED};
    static const enum db_blame others[] = {DB_LOST, DB_HOST_FAILED, DB_NOT_ASKED, DB_TOO_LATE};

    for (size_t i = 0; i < 2; i++) {
        share_judge(&table[0], nobodys[i], "", now_ms);
        ck_assert_int_eq(table[0].state, SHARE_WELL);
    }
    for (size_t i = 0; i < 4; i++) {
        share_judge(&table[0], others[i], "", now_ms);
        ck_assert_int_eq(table[0].state, SHARE_SLOW);
        share_judge(&table[0], DB_OK, "", now_ms);
    }
    share_is_late(&table[0], now_ms);
    share_judge(&table[0], DB_TIMED_OUT, "", now_ms);
    ck_assert_int_eq(table[0].state, SHARE_TROUBLED);
    share_judge(&table[0], DB_NOT_ASKED, "", now_ms);
    share_judge(&table[0], DB_KEY_FAILED, "", now_ms);
    ck_assert_int_eq(table[0].state, SHARE_TROUBLED);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("waiting");
    TCase *t = tcase_create("waiting");

    tcase_add_checked_fixture(t, start, NULL);
    tcase_add_test(t, tables_take_turns);
    tcase_add_test(t, the_last_connection_is_left_to_others);
    tcase_add_test(t, the_only_table_has_all_connections);
    tcase_add_test(t, another_that_was_asked_lately_keeps_its_place);
    tcase_add_test(t, one_connection_is_for_all);
    tcase_add_test(t, a_table_in_trouble_has_one);
    tcase_add_test(t, who_has_time_left_goes_first);
    tcase_add_test(t, prefetches_come_last);
    tcase_add_test(t, the_longest_deadline_counts);
    tcase_add_test(t, asked_again_in_order_of_arrival);
    tcase_add_test(t, one_table_does_not_fill_it);
    tcase_add_test(t, what_nobody_waits_for_fills_a_tenth_of_it);
    tcase_add_test(t, visits_all_that_wait);
    tcase_add_test(t, visits_all_of_a_table);
    tcase_add_test(t, failures_do_not_put_off_the_probe);
    tcase_add_test(t, trouble_is_the_tables_fault_only);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

/* Everybody who wants a turn has one in each round, in order; who leaves has none. */
#include "turns.h"

#include <event2/event.h>
#include <string.h>

#include "unit.h"

struct member {
    char name;
    unsigned wants; /* so many turns more */
    struct member *sends_away;
    struct turn turn;
};

static struct event_base *base;
static struct turns *turns;
static struct member a, b, c;
static char taken[32];

static void on_turn(void *owner)
{
    struct member *member = owner;

    ck_assert_ptr_null(member->turn.list);
    taken[strlen(taken)] = member->name;
    if (member->sends_away != NULL)
        turns_leave(&member->sends_away->turn);
    if (member->wants-- > 1)
        turns_want(turns, &member->turn);
}

static struct member *begin(struct member *member, char name, unsigned wants)
{
    *member = (struct member){.name = name, .wants = wants, .turn = {.owner = member}};
    turns_want(turns, &member->turn);
    return member;
}

static void start(void)
{
    base = event_base_new();
    turns = turns_new(base, on_turn);
    memset(taken, 0, sizeof(taken));
}

static void stop(void)
{
    turns_free(turns);
    event_base_free(base);
}

START_TEST(one_each_in_a_round)
{
    begin(&a, 'a', 3);
    begin(&b, 'b', 1);
    begin(&c, 'c', 2);
    event_base_loop(base, EVLOOP_ONCE);
    ck_assert_str_eq(taken, "abc");
    event_base_dispatch(base);
    ck_assert_str_eq(taken, "abcaca");
}
END_TEST

START_TEST(who_leaves_has_none)
{
    begin(&a, 'a', 1)->sends_away = &c; /* the last of this round */
    begin(&b, 'b', 2);
    begin(&c, 'c', 1);
    event_base_dispatch(base);
    ck_assert_str_eq(taken, "abb");
    turns_leave(&a.turn); /* wants none */
    begin(&a, 'a', 1);
    turns_leave(&a.turn);
    event_base_dispatch(base);
    ck_assert_str_eq(taken, "abb");
}
END_TEST

START_TEST(who_leaves_the_next_round_has_none_in_it)
{
    begin(&a, 'a', 2);
    begin(&b, 'b', 1)->sends_away = &a;
    event_base_dispatch(base);
    ck_assert_str_eq(taken, "ab");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("turns");
    TCase *t = tcase_create("turns");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, one_each_in_a_round);
    tcase_add_test(t, who_leaves_has_none);
    tcase_add_test(t, who_leaves_the_next_round_has_none_in_it);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

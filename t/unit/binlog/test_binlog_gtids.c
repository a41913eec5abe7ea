/* What a stream of MySQL's has told, and what the server says that it has executed. */
#include "binlog_gtids.h"

#include <stdio.h>

#include "unit.h"

#define UUID  "00010203-0405-0607-0809-0a0b0c0d0e0f"
#define OTHER "3e11fa47-71ca-11e1-9e33-c80aa9429562"

static struct binlog_gtids *gtids;

static void start(const char *executed)
{
    binlog_gtids_free(gtids);
    gtids = binlog_gtids_new(slice_of(executed));
}

static void stop(void)
{
    binlog_gtids_free(gtids);
    gtids = NULL;
}

static void expect(const char *executed, uint64_t visible, bool is_told)
{
    struct binlog_gtids_look look;

    ck_assert(binlog_gtids_look(gtids, slice_of(executed), &look));
    ck_assert_uint_eq(look.visible, visible);
    ck_assert(look.is_told == is_told);
}

START_TEST(told_and_executed_come_together)
{
    start(UUID ":1-5");
    expect(UUID ":1-5", 0, true);
    ck_assert(binlog_gtids_tell(gtids, UUID ":6"));
    ck_assert_uint_eq(binlog_gtids_told(gtids), 1);
    expect(UUID ":1-5", 0, true); /* told before it is visible */
    expect(UUID ":1-6", 1, true);
    expect(UUID ":1-7", 1, false); /* visible before it is told */
    ck_assert(binlog_gtids_tell(gtids, UUID ":7"));
    expect(UUID ":1-7", 2, true);
}
END_TEST

START_TEST(transactions_may_become_visible_in_any_order)
{
    start("");
    ck_assert(binlog_gtids_tell(gtids, UUID ":1"));
    ck_assert(binlog_gtids_tell(gtids, UUID ":2"));
    ck_assert(binlog_gtids_tell(gtids, UUID ":3"));
    expect(UUID ":2-3", 0, true);
    expect(UUID ":1-3", 3, true);
    ck_assert(binlog_gtids_tell(gtids, OTHER ":9"));
    ck_assert(binlog_gtids_tell(gtids, UUID ":tag:1"));
    expect(UUID ":1-3:tag:1", 3, true);
    expect(UUID ":1-3:tag:1,\n" OTHER ":9", 5, true);
}
END_TEST

START_TEST(under_load_what_was_told_a_while_ago_is_visible)
{
    char gtid[80], executed[80];
    struct binlog_gtids_look look;

    start(UUID ":1");
    for (int number = 2; number < 100; number++) {
        snprintf(gtid, sizeof(gtid), UUID ":%d", number);
        snprintf(executed, sizeof(executed), UUID ":1-%d", number > 4 ? number - 3 : 1);
        ck_assert(binlog_gtids_tell(gtids, gtid));
        ck_assert(binlog_gtids_look(gtids, slice_of(executed), &look));
        ck_assert_uint_le(look.visible, number > 4 ? (uint64_t)number - 4 : 0);
        ck_assert(number <= 20 || look.visible >= (uint64_t)number - 14);
    }
}
END_TEST

START_TEST(the_last_one_may_be_told_again)
{
    start(UUID ":1-5");
    ck_assert(binlog_gtids_tell(gtids, UUID ":tag:1"));
    ck_assert(binlog_gtids_tell(gtids, UUID ":tag:1"));
    ck_assert_uint_eq(binlog_gtids_told(gtids), 1);
    ck_assert(binlog_gtids_tell(gtids, UUID ":6"));
    ck_assert(!binlog_gtids_tell(gtids, UUID ":tag:1"));
    ck_assert(!binlog_gtids_tell(gtids, UUID ":3"));
    ck_assert(!binlog_gtids_tell(gtids, UUID ":1"));
}
END_TEST

/* RESET BINARY LOGS AND GTIDS, a server that was set back, another server. */
START_TEST(what_was_executed_stays_so)
{
    struct binlog_gtids_look look;

    start(UUID ":1-5");
    expect(UUID ":1-5", 0, true);
    ck_assert(!binlog_gtids_look(gtids, slice_of(UUID ":1-4"), &look));
    ck_assert(!binlog_gtids_look(gtids, slice_of(""), &look));
    ck_assert(!binlog_gtids_look(gtids, slice_of(OTHER ":1-5"), &look));
    ck_assert(!binlog_gtids_look(gtids, slice_of("x"), &look));
    expect(UUID ":1-5", 0, true);
}
END_TEST

START_TEST(a_set_of_too_many_pieces_is_refused)
{
    struct buffer text = BUFFER_EMPTY;

    ck_assert_ptr_null(binlog_gtids_new(slice_of("x")));
    ck_assert_ptr_null(binlog_gtids_new(slice_of(UUID ":1 x")));
    buffer_add_text(&text, UUID);
    for (int i = 1; i <= 4096; i++)
        buffer_printf(&text, ":%d", 2 * i);
    start(buffer_text(&text));
    ck_assert_ptr_nonnull(gtids);
    ck_assert(!binlog_gtids_tell(gtids, UUID ":10000"));
    ck_assert(binlog_gtids_tell(gtids, UUID ":3"));
    buffer_add_text(&text, ":10000");
    ck_assert_ptr_null(binlog_gtids_new(buffer_slice(&text)));
    buffer_clear(&text);
    for (int i = 0; i <= 256; i++)
        buffer_printf(&text,
                      "%s%08x"
                      "0405060708090a0b0c0d0e0f:1",
                      i == 0 ? "" : ",", i);
    ck_assert_ptr_null(binlog_gtids_new(buffer_slice(&text)));
    buffer_free(&text);
}
END_TEST

#define MODEL 60

/* The text of those numbers that are set. */
static const char *text_of(const bool *numbers)
{
    static char text[1000];
    size_t len = (size_t)snprintf(text, sizeof(text), UUID);

    for (int i = 0; i < MODEL; i++) {
        int last = i;

        if (!numbers[i])
            continue;
        while (last + 1 < MODEL && numbers[last + 1])
            last++;
        len += (size_t)snprintf(text + len, sizeof(text) - len, ":%d-%d", i + 1, last + 1);
        i = last;
    }
    return len == strlen(UUID) ? "" : text;
}

/* In any order, held against a table of what was told and what is executed. */
START_TEST(as_a_model_says)
{
    bool told[MODEL] = {false}, executed[MODEL] = {false};
    int order[MODEL], count = 0;

    srand((unsigned)_i);
    start("");
    for (int step = 0; step < 400; step++) {
        int number = rand() % MODEL, visible = 0;
        char gtid[80];
        bool is_told = true;
        struct binlog_gtids_look look;

        snprintf(gtid, sizeof(gtid), UUID ":%d", number + 1);
        if (rand() % 2 == 0 && !told[number]) {
            ck_assert(binlog_gtids_tell(gtids, gtid));
            told[number] = true;
            order[count++] = number;
        } else if (rand() % 2 == 0) {
            executed[number] = true;
        }
        for (int i = 0; i < MODEL; i++)
            is_told &= told[i] || !executed[i];
        while (visible < count && executed[order[visible]])
            visible++;
        ck_assert(binlog_gtids_look(gtids, slice_of(text_of(executed)), &look));
        ck_assert(look.is_told == is_told);
        ck_assert_uint_le(look.visible, (uint64_t)visible);
        ck_assert(visible != count || look.visible == (uint64_t)count);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("binlog_gtids");
    TCase *tc = tcase_create("binlog_gtids");

    tcase_add_checked_fixture(tc, NULL, stop);
    tcase_add_test(tc, told_and_executed_come_together);
    tcase_add_test(tc, transactions_may_become_visible_in_any_order);
    tcase_add_test(tc, under_load_what_was_told_a_while_ago_is_visible);
    tcase_add_test(tc, the_last_one_may_be_told_again);
    tcase_add_test(tc, what_was_executed_stays_so);
    tcase_add_test(tc, a_set_of_too_many_pieces_is_refused);
    tcase_add_loop_test(tc, as_a_model_says, 0, 20);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)

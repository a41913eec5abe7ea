/* What each command answers, at once or later, and with which status. */
#include "control_case.h"

START_TEST(ping_is_answered)
{
    int status;

    send_request(WORDS("ping"));
    ck_assert_ptr_nonnull(strstr(receive(&status), "is alive\n"));
    ck_assert_int_eq(status, CONTROL_OK);
}
END_TEST

START_TEST(stats_come_in_three_formats)
{
    int status;

    send_request(WORDS("stats"));
    ck_assert_ptr_nonnull(strstr(receive(&status), "LOOKUPS"));
    send_request(WORDS("stats\0--json"));
    ck_assert_int_eq(receive(&status)[0], '{');
    send_request(WORDS("stats\0--prometheus"));
    ck_assert_ptr_nonnull(strstr(receive(&status), "# TYPE"));
    ck_assert_int_eq(status, CONTROL_OK);
    expect(WORDS("stats\0--xml"), CONTROL_USAGE,
           "stats: expected --json, --prometheus or nothing\n");
}
END_TEST

START_TEST(lookup_tells_all_outcomes)
{
    service.reply = (struct lookup_reply){OUTCOME_OK, slice_of("a@b,c@d")};
    expect(WORDS("lookup\0aliases\0x y\nz"), CONTROL_OK, "a@b,c@d\n");
    ck_assert_str_eq(service.asked_map, "aliases");
    ck_assert_uint_eq(service.asked_key_len, 5);
    ck_assert_mem_eq(service.asked_key, "x y\nz", 5);
    service.reply = (struct lookup_reply){OUTCOME_NOTFOUND, slice_of("")};
    expect(WORDS("lookup\0aliases\0"), CONTROL_NOT_FOUND, "");
    ck_assert_uint_eq(service.asked_key_len, 0);
    service.reply = (struct lookup_reply){OUTCOME_TEMP, slice_of("no\n\033[1mhost")};
    expect(WORDS("lookup\0aliases\0x"), CONTROL_TEMPORARY, "no??[1mhost\n");
    service.reply = (struct lookup_reply){OUTCOME_TIMEOUT, slice_of("too slow")};
    expect(WORDS("lookup\0aliases\0x"), CONTROL_TEMPORARY, "too slow\n");
    service.reply = (struct lookup_reply){OUTCOME_PERM, slice_of("")};
    expect(WORDS("lookup\0alias\0x"), CONTROL_USAGE, "no such map: alias\n");
}
END_TEST

/* Longer than the timeout of the connection: waiting is not idling. */
START_TEST(lookup_waits_for_its_answer)
{
    struct lookup_reply reply = {OUTCOME_OK, slice_of("late")};
    uint64_t until_ms;
    char byte;
    int status;

    control_set_timeout(control, TIMEOUT_MS);
    service.waits = true;
    send_request(WORDS("lookup\0aliases\0x"));
    run_loop_until_lookup();
    until_ms = clock_ms() + 2 * TIMEOUT_MS;
    while (clock_ms() < until_ms)
        event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_int_eq(recv(peer, &byte, 1, 0), -1);
    ck_assert_int_eq(errno, EAGAIN);
    service.lookup.done(service.lookup.arg, &reply);
    ck_assert_str_eq(receive(&status), "late\n");
    ck_assert_int_eq(status, CONTROL_OK);
    ck_assert(!service.lookup.cancelled);
}
END_TEST

START_TEST(freeing_cancels_what_waits)
{
    struct control_actions actions = {on_reload, on_forget, &reload_works, on_flushed};

    service.waits = true;
    send_request(WORDS("lookup\0aliases\0x"));
    run_loop_until_lookup();
    control_free(control);
    ck_assert(service.lookup.cancelled);
    close(peer);
    control = control_new(base, &service, &actions);
}
END_TEST

START_TEST(freeing_cancels_a_reload)
{
    struct control_actions actions = {on_reload, on_forget, &reload_works, on_flushed};

    send_request(WORDS("reload"));
    while (reload_asker == NULL)
        event_base_loop(base, EVLOOP_ONCE);
    control_free(control);
    ck_assert_ptr_null(reload_asker);
    close(peer);
    control = control_new(base, &service, &actions);
}
END_TEST

/* The peer has gone when the answer comes: nothing happens to the others. */
START_TEST(a_peer_may_leave_while_it_waits)
{
    struct lookup_reply reply = {OUTCOME_OK, slice_of("late")};

    service.waits = true;
    send_request(WORDS("lookup\0aliases\0x"));
    run_loop_until_lookup();
    close(peer);
    service.lookup.done(service.lookup.arg, &reply);
    service.waits = false;
    service.reply = reply;
    expect(WORDS("lookup\0aliases\0x"), CONTROL_OK, "late\n");
}
END_TEST

START_TEST(flush_tells_how_many)
{
    service.flush_entries = 12;
    service.flush_knows_map = true;
    expect(WORDS("flush"), CONTROL_OK, "12 entries flushed\n");
    ck_assert_uint_eq(flushes_told, 1);
    ck_assert_uint_eq(service.flush_arguments, 0);
    expect(WORDS("flush\0aliases"), CONTROL_OK, "12 entries flushed\n");
    ck_assert_uint_eq(service.flush_arguments, 1);
    service.flush_entries = 1;
    expect(WORDS("flush\0aliases\0a b"), CONTROL_OK, "1 entry flushed\n");
    ck_assert_uint_eq(service.flush_arguments, 2);
    ck_assert_str_eq(service.asked_map, "aliases");
    ck_assert_mem_eq(service.asked_key, "a b", 3);
    service.flush_knows_map = false;
    expect(WORDS("flush\0alias"), CONTROL_USAGE, "no such map: alias\n");
}
END_TEST

START_TEST(reload_tells_what_is_wrong)
{
    reload_works = true;
    expect(WORDS("reload"), CONTROL_OK, "reloaded\n");
    reload_works = false;
    expect(WORDS("reload"), CONTROL_FAILED, "vmapd.conf:3: unknown parameter\n");
}
END_TEST

START_TEST(wrong_words_are_refused)
{
    expect(WORDS(""), CONTROL_USAGE, "unknown command\n");
    expect(WORDS("pin"), CONTROL_USAGE, "unknown command\n");
    expect(WORDS("pingx"), CONTROL_USAGE, "unknown command\n");
    expect(WORDS("lookup\0aliases"), CONTROL_USAGE, "lookup: wrong number of arguments\n");
    expect(WORDS("lookup\0a\0b\0"), CONTROL_USAGE, "lookup: wrong number of arguments\n");
    expect(WORDS("ping\0"), CONTROL_USAGE, "ping: wrong number of arguments\n");
    expect(WORDS("ping\0\0\0\0\0\0\0\0\0\0\0\0"), CONTROL_USAGE,
           "ping: wrong number of arguments\n");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("commands");
    TCase *t = tcase_create("commands");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, ping_is_answered);
    tcase_add_test(t, stats_come_in_three_formats);
    tcase_add_test(t, lookup_tells_all_outcomes);
    tcase_add_test(t, lookup_waits_for_its_answer);
    tcase_add_test(t, freeing_cancels_what_waits);
    tcase_add_test(t, freeing_cancels_a_reload);
    tcase_add_test(t, a_peer_may_leave_while_it_waits);
    tcase_add_test(t, flush_tells_how_many);
    tcase_add_test(t, reload_tells_what_is_wrong);
    tcase_add_test(t, wrong_words_are_refused);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

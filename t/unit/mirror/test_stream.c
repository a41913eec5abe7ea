/* When a stream of changes begins, and when it is believed no more. */
#include "stream_case.h"

/* --- the beginning ------------------------------------------------------------------------------ */

START_TEST(begins_at_the_version_that_its_own_server_said)
{
    ck_assert_uint_eq(line.opened, 0);
    connected();
    ck_assert_uint_eq(line.opened, 1);
    look_at(50, 0);
    ck_assert(!line.is_started);
    ready();
    ck_assert_uint_eq(people.next_look_ms, 0);
    ck_assert_uint_eq(news, 1);
    look_at(100, ITS_NUMBER);
    ck_assert(line.is_started);
    ck_assert_uint_eq(line.from.position, 100);
    ck_assert(look.stream != 0);
    rows_are_read(&people);
    ck_assert(!tells(&people)); /* nothing has come */
    nothing(100);
    ck_assert(tells(&people));
    ck_assert_int_eq(status().state, MIRROR_STREAM_LIVE);
}
END_TEST

START_TEST(a_look_that_did_not_ask_whose_lock_it_is_begins_nothing)
{
    connected();
    look_at(100, 0); /* its answer comes when the line is ready already */
    line.is_ready = true;
    line.callbacks->ready(line.arg);
    stream_take_look(stream, &look, now_ms);
    ck_assert(!line.is_started);
    ck_assert(line.is_open);
    ck_assert_uint_eq(look.stream, 0);
}
END_TEST

START_TEST(another_server_is_not_followed)
{
    static const unsigned long others[] = {0, ITS_NUMBER + 1};

    for (size_t i = 0; i < 2; i++) {
        connected();
        ready();
        look_at(100, others[i]);
        ck_assert(!line.is_started);
        ck_assert_uint_eq(look.stream, 0);
        expect_ended("its connection does not speak to the server that is read");
        stream_disconnected(stream);
    }
}
END_TEST

START_TEST(a_server_without_a_version_is_not_followed)
{
    connected();
    ready();
    epoch_clear(&look.epoch);
    look.has_asked_lock = true;
    look.lock_holder = ITS_NUMBER;
    stream_take_look(stream, &look, now_ms);
    expect_ended("the server has no version to begin with");
}
END_TEST

START_TEST(rows_of_before_the_stream_are_not_told)
{
    run();
    people.followed.stream = 0;
    ck_assert(!tells(&people));
    ck_assert(tells(&nicks));
    line.callbacks->ended(line.arg, "the connection was lost", false);
    pass(1000);
    ready();
    look_at(100, ITS_NUMBER);
    nothing(100);
    ck_assert(!tells(&nicks)); /* of the stream before this one */
    rows_are_read(&nicks);
    ck_assert(tells(&nicks));
}
END_TEST

START_TEST(nobody_waits_for_it_for_ever)
{
    connected();
    pass(29000);
    ck_assert(line.is_open);
    pass(2000);
    expect_ended("it has sent nothing for 30 s");
    pass(1000);
    ck_assert_uint_eq(line.opened, 2);
    ready();
    look_at(100, ITS_NUMBER);
    pass(31000);
    expect_ended("it has sent nothing for 30 s");
}
END_TEST

/* --- doubts ------------------------------------------------------------------------------------- */

START_TEST(more_that_has_come_is_told_first)
{
    run();
    line.callbacks->turn(line.arg, false);
    ck_assert(!tells(&people));
    line.callbacks->turn(line.arg, true);
    ck_assert(tells(&people));
}
END_TEST

START_TEST(silence_is_no_answer)
{
    run();
    now_ms += 3000;
    ck_assert(tells(&people));
    now_ms += 1;
    ck_assert(!tells(&people)); /* before any timer has run */
    ck_assert_int_eq(status().state, MIRROR_STREAM_BEHIND);
    pass(0);
    expect_ended("it has said nothing for 3 s");
    ck_assert_uint_eq(status().restarts, 1);
    pass(999);
    ck_assert_uint_eq(line.opened, 1);
    pass(1);
    ck_assert_uint_eq(line.opened, 2);
}
END_TEST

START_TEST(the_version_may_be_ahead_for_a_moment_only)
{
    run();
    look_at(120, ITS_NUMBER);
    ck_assert(!look.is_told);
    ck_assert(!tells(&people));
    nothing(119);
    ck_assert(!tells(&people));
    now_ms += 1000;
    nothing(120);
    look_at(120, ITS_NUMBER);
    ck_assert(look.is_told);
    ck_assert(tells(&people));
    look_at(130, ITS_NUMBER);
    for (int i = 0; i < 3; i++) {
        now_ms += 1000;
        nothing(125);
        look_at(130, ITS_NUMBER);
        ck_assert_uint_eq(status().lag_ms, (uint64_t)(i + 1) * 1000);
    }
    now_ms += 1;
    look_at(130, ITS_NUMBER);
    expect_ended("the server's version has moved, and the log does not tell why");
    ck_assert_uint_eq(look.stream, 0);
    ck_assert_uint_eq(status().disagreements, 1);
}
END_TEST

START_TEST(a_version_that_is_ahead_at_each_look_is_no_disagreement)
{
    run();
    for (uint64_t position = 110; position < 200; position += 10) {
        look_at(position, ITS_NUMBER);
        ck_assert(!look.is_told);
        ck_assert(!tells(&people));
        now_ms += 10;
        nothing(position);
        ck_assert(tells(&people)); /* at once, not at the next look */
        now_ms += 990;
    }
    ck_assert_uint_eq(status().disagreements, 0);
}
END_TEST

START_TEST(a_version_of_another_log_ends_it)
{
    run();
    table_changes("people", 110);
    commit(120);
    look_at(120, ITS_NUMBER);
    table_changes("people", 130);
    commit(140);
    look_at(140, ITS_NUMBER);
    ck_assert(line.is_open);
    set_place(&people.followed.place, 150);
    people.followed.state = FOLLOWED_COMMITTED;
    snprintf(people.followed.place.name, sizeof(people.followed.place.name), "other.000001");
    look_at(150, ITS_NUMBER);
    expect_ended("the server's version is of another log");
    ck_assert_uint_eq(status().disagreements, 1);
}
END_TEST

START_TEST(a_lock_that_is_somebody_elses_ends_it)
{
    run();
    look_at(100, 0); /* its connection has gone, and nobody has told */
    expect_ended("its connection does not speak to the server that is read");
}
END_TEST

START_TEST(a_log_that_cannot_be_read_ends_it)
{
    run();
    table_changes("people", 110);
    ck_assert(!event_comes((struct binlog_event){.said = BINLOG_BROKEN, .reason = "a hole"}, 120));
    expect_ended("its log can't be read: a hole");
    ck_assert_int_eq(people.followed.state,
                     FOLLOWED_VISIBLE); /* to be read, whatever the version */
    ck_assert_uint_eq(people.next_look_ms, 0);
    ck_assert(!followed_is_dirty(&nicks.followed));
    ck_assert_uint_eq(nicks.followed.stream, 0);
}
END_TEST

/* --- the end ------------------------------------------------------------------------------------ */

START_TEST(what_was_refused_is_tried_less_often)
{
    connected();
    line.callbacks->ended(line.arg, "no right", true);
    expect_ended("no right");
    pass(9999);
    ck_assert_uint_eq(line.opened, 1);
    pass(1);
    ck_assert_uint_eq(line.opened, 2);
    line.callbacks->ended(line.arg, "the connection was lost", false);
    pass(1000);
    ck_assert_uint_eq(line.opened, 3);
    ck_assert_uint_eq(status().restarts, 0); /* it has never run */
}
END_TEST

START_TEST(without_the_readers_connection_none_begins)
{
    connected();
    ready();
    stream_disconnected(stream);
    ck_assert(!line.is_open);
    ck_assert(!timer_runs);
    stream_reconsider(stream);
    pass(100000);
    ck_assert_uint_eq(line.opened, 1);
    connected();
    ck_assert_uint_eq(line.opened, 2);
}
END_TEST

START_TEST(it_goes_on_when_the_reader_takes_another_connection)
{
    run();
    stream_disconnected(stream);
    now_ms += 1000;
    nothing(100);
    ck_assert(tells(&people));
    connected();
    ck_assert(tells(&people));
    look.connection = 2;
    look_at(100, ITS_NUMBER);
    ck_assert(tells(&people));
    ck_assert_uint_eq(line.opened, 1);
    ck_assert_uint_eq(status().restarts, 0);
}
END_TEST

START_TEST(but_not_if_that_is_to_another_server)
{
    static const struct db_host other = {.text = (char *)(size_t) "other"};

    run();
    stream_disconnected(stream);
    connected();
    look_at(100, 5); /* the name of the host means another one now */
    expect_ended("its connection does not speak to the server that is read");
    pass(1000);
    ck_assert_uint_eq(line.opened, 2);
    ready();
    look_at(100, ITS_NUMBER);
    nothing(100);
    stream_disconnected(stream);
    stream_connected(stream, &other, &mariadb);
    ck_assert(!line.is_open);
    pass(0);
    ck_assert_uint_eq(line.opened, 3);
}
END_TEST

START_TEST(it_can_end_while_the_reader_is_away)
{
    run();
    stream_disconnected(stream);
    line.callbacks->ended(line.arg, "the connection was lost", false);
    expect_ended("the connection was lost");
    pass(1000);
    ck_assert_uint_eq(line.opened, 1);
    connected();
    ck_assert_uint_eq(line.opened, 2);
}
END_TEST

START_TEST(a_reload_begins_and_ends_it)
{
    defs[0].mirror_stream = defs[1].mirror_stream = false;
    connected();
    ck_assert_uint_eq(line.opened, 0);
    defs[1].mirror_stream = true;
    stream_reconsider(stream);
    pass(0);
    ck_assert_ptr_eq(line.def, &defs[1]);
    stream_reconsider(stream);
    ck_assert_uint_eq(line.opened, 1);
    ck_assert(line.is_open);
    defs[0] = defs[1]; /* the first one now, with another account */
    defs[0].stream_user = (char *)(size_t) "other";
    stream_reconsider(stream);
    ck_assert(!line.is_open);
    pass(0);
    ck_assert_ptr_eq(line.def, &defs[0]);
    defs[0].mirror_stream = defs[1].mirror_stream = false;
    stream_reconsider(stream);
    ck_assert(!line.is_open);
    ck_assert(!timer_runs);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("stream");
    TCase *tc = tcase_create("stream");

    tcase_add_checked_fixture(tc, start, stop);
    tcase_add_test(tc, begins_at_the_version_that_its_own_server_said);
    tcase_add_test(tc, a_look_that_did_not_ask_whose_lock_it_is_begins_nothing);
    tcase_add_test(tc, another_server_is_not_followed);
    tcase_add_test(tc, a_server_without_a_version_is_not_followed);
    tcase_add_test(tc, rows_of_before_the_stream_are_not_told);
    tcase_add_test(tc, nobody_waits_for_it_for_ever);
    tcase_add_test(tc, more_that_has_come_is_told_first);
    tcase_add_test(tc, silence_is_no_answer);
    tcase_add_test(tc, the_version_may_be_ahead_for_a_moment_only);
    tcase_add_test(tc, a_version_that_is_ahead_at_each_look_is_no_disagreement);
    tcase_add_test(tc, a_version_of_another_log_ends_it);
    tcase_add_test(tc, a_lock_that_is_somebody_elses_ends_it);
    tcase_add_test(tc, a_log_that_cannot_be_read_ends_it);
    tcase_add_test(tc, what_was_refused_is_tried_less_often);
    tcase_add_test(tc, without_the_readers_connection_none_begins);
    tcase_add_test(tc, it_goes_on_when_the_reader_takes_another_connection);
    tcase_add_test(tc, but_not_if_that_is_to_another_server);
    tcase_add_test(tc, it_can_end_while_the_reader_is_away);
    tcase_add_test(tc, a_reload_begins_and_ends_it);
    suite_add_tcase(s, tc);
    return s;
}

UNIT_MAIN(suite)

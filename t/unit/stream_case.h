/*
 * stream_case - what tests of a stream of changes share: a connection, a log and a clock that the test plays,
 * and three mirrors. Include it once in a test program, which links neither follower nor binlog nor clock.
 */
#ifndef VMAPD_STREAM_CASE_H
#define VMAPD_STREAM_CASE_H

#include "stream.h"

#include <event2/event.h>
#include <stdio.h>

#include "binlog.h"
#include "clock.h"
#include "follower.h"
#include "unit.h"

/* --- time --------------------------------------------------------------------------------------- */

static uint64_t now_ms;

uint64_t clock_ms(void)
{
    return now_ms;
}

uint64_t clock_us(void)
{
    return now_ms * 1000;
}

/* The one timer. */
static event_callback_fn timer_fn;
static void *timer_arg;
static bool timer_runs;

struct event *event_new(struct event_base *base, evutil_socket_t fd, short what,
                        event_callback_fn fn, void *arg)
{
    (void)base;
    (void)fd;
    (void)what;
    timer_fn = fn;
    timer_arg = arg;
    return NULL;
}

int event_add(struct event *event, const struct timeval *delay)
{
    (void)event;
    (void)delay;
    timer_runs = true;
    return 0;
}

int event_del(struct event *event)
{
    (void)event;
    timer_runs = false;
    return 0;
}

void event_free(struct event *event)
{
    (void)event;
}

static inline void pass(uint64_t ms)
{
    now_ms += ms;
    if (timer_runs)
        timer_fn(-1, EV_TIMEOUT, timer_arg);
}

/* --- the connection ----------------------------------------------------------------------------- */

#define ITS_NUMBER 77

static struct {
    const struct follower_callbacks *callbacks;
    void *arg;
    const struct table_def *def;
    bool is_open, is_ready, is_started;
    unsigned opened;
    struct binlog_place from;
} line;

struct follower *follower_new(struct event_base *base, const struct table_def *def,
                              const struct db_host *host,
                              const struct follower_callbacks *callbacks, void *arg)
{
    (void)base;
    (void)host;
    ck_assert(!line.is_open);
    line.callbacks = callbacks;
    line.arg = arg;
    line.def = def;
    line.is_open = true;
    line.is_ready = line.is_started = false;
    line.opened++;
    return (struct follower *)&line;
}

void follower_free(struct follower *follower)
{
    if (follower != NULL)
        line.is_open = false;
}

const char *follower_question(const struct follower *follower)
{
    (void)follower;
    return line.is_ready ? "whose lock?" : NULL;
}

unsigned long follower_connection(const struct follower *follower)
{
    (void)follower;
    return ITS_NUMBER;
}

void follower_start_after(struct follower *follower, struct slice gtids)
{
    (void)follower;
    (void)gtids;
    ck_abort_msg("this server is a MariaDB");
}

void follower_start(struct follower *follower, const struct binlog_place *from)
{
    (void)follower;
    ck_assert(line.is_ready && !line.is_started);
    line.is_started = true;
    line.from = *from;
}

/* --- the log ------------------------------------------------------------------------------------ */

static struct binlog_event said;
static struct binlog_place log_at;
static unsigned decoders, long_events;

struct binlog *binlog_new(enum binlog_vendor vendor)
{
    (void)vendor;
    decoders++;
    return (struct binlog *)&decoders;
}

void binlog_free(struct binlog *binlog)
{
    decoders -= binlog != NULL;
}

struct binlog_event binlog_take(struct binlog *binlog, struct slice event)
{
    (void)binlog;
    (void)event;
    return said;
}

struct binlog_event binlog_take_long(struct binlog *binlog, struct slice beginning, uint64_t length)
{
    (void)binlog;
    (void)beginning;
    (void)length;
    long_events++;
    return (struct binlog_event){.said = BINLOG_EVERYTHING};
}

struct binlog_place binlog_place(const struct binlog *binlog)
{
    (void)binlog;
    return log_at;
}

static void set_place(struct binlog_place *place, uint64_t position)
{
    snprintf(place->name, sizeof(place->name), "log.000001");
    place->position = position;
}

static bool event_comes(struct binlog_event event, uint64_t position)
{
    bool goes_on;

    said = event;
    set_place(&log_at, position);
    goes_on = line.callbacks->event(line.arg, slice_of("event"), 5);
    if (line.is_open)
        line.callbacks->turn(line.arg, true);
    return goes_on;
}

static void nothing(uint64_t position)
{
    event_comes((struct binlog_event){.said = BINLOG_NOTHING}, position);
}

static inline void table_changes(const char *table, uint64_t position)
{
    event_comes((struct binlog_event){.said = BINLOG_TABLE,
                                      .database = slice_of("d"),
                                      .table = slice_of(table)},
                position);
}

static inline void commit(uint64_t position)
{
    event_comes((struct binlog_event){.said = BINLOG_COMMIT, .is_commit = true}, position);
}

static inline void ddl(uint64_t position)
{
    event_comes((struct binlog_event){.said = BINLOG_EVERYTHING, .is_commit = true}, position);
}

/* --- the mirrors -------------------------------------------------------------------------------- */

static struct config *config;
static struct table_def defs[3];
static struct mirror people, nicks, plain; /* plain wants no stream */
static struct mirror_list mirrors;
static struct stream *stream;
static struct look look;
static unsigned news;

static const struct db_host host = {.text = (char *)(size_t) "h"};
static const struct epoch_server mariadb;

static void on_news(void *arg)
{
    (void)arg;
    news++;
}

/* The configuration is kept by count alone. */
struct config *config_ref(struct config *kept)
{
    return kept;
}

void config_unref(struct config *kept)
{
    (void)kept;
}

static void add_mirror(struct mirror *mirror, struct table_def *def, const char *name, bool wants)
{
    *def = (struct table_def){.name = (char *)(size_t)name, .mirror_stream = wants};
    *mirror = (struct mirror){.def = def, .config = config, .next_look_ms = UINT64_MAX};
    mirror->followed.names.is_known = true;
    buffer_add(&mirror->followed.names.text, "d", 2);
    buffer_add(&mirror->followed.names.text, name, strlen(name) + 1);
    TAILQ_INSERT_TAIL(&mirrors, mirror, entry);
}

static void start(void)
{
    now_ms = 1000000;
    memset(&line, 0, sizeof(line));
    decoders = long_events = news = 0;
    TAILQ_INIT(&mirrors);
    add_mirror(&people, &defs[0], "people", true);
    add_mirror(&nicks, &defs[1], "nicks", true);
    add_mirror(&plain, &defs[2], "plain", false);
    look = (struct look){.connection = 1};
    stream = stream_new(NULL, &mirrors, on_news, NULL);
}

static void stop(void)
{
    stream_free(stream);
    ck_assert(!line.is_open);
    ck_assert_uint_eq(decoders, 0);
    table_names_clear(&people.followed.names);
    table_names_clear(&nicks.followed.names);
    table_names_clear(&plain.followed.names);
    epoch_clear(&look.epoch);
}

/* The reader has looked: this version, and this holder of the lock. */
static void look_at(uint64_t position, unsigned long holder)
{
    char text[30];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)position);
    epoch_clear(&look.epoch);
    epoch_take(&look.epoch, slice_of("Binlog_snapshot_file"), slice_of("log.000001"));
    epoch_take(&look.epoch, slice_of("Binlog_snapshot_position"), slice_of(text));
    epoch_take(&look.epoch, slice_of("log_bin"), slice_of("1"));
    epoch_take(&look.epoch, slice_of("gtid_slave_pos"), slice_of(""));
    look.asked_ms = now_ms;
    look.has_asked_lock = stream_question(stream) != NULL;
    look.lock_holder = holder;
    stream_take_look(stream, &look, now_ms);
}

static void connected(void)
{
    stream_connected(stream, &host, &mariadb);
    pass(0);
}

static void ready(void)
{
    line.is_ready = true;
    line.callbacks->ready(line.arg);
}

/* As fresh.c does when it has read the rows behind that look. */
static inline void rows_are_read(struct mirror *mirror)
{
    mirror->followed.stream = look.stream;
    followed_read(&mirror->followed, &look.epoch.place, now_ms);
}

/* It runs, and both mirrors were read behind the look that it began with. */
static inline void run(void)
{
    connected();
    ready();
    look_at(100, ITS_NUMBER);
    rows_are_read(&people);
    rows_are_read(&nicks);
    nothing(100);
}

static bool tells(const struct mirror *mirror)
{
    return stream_tells(stream, mirror, now_ms);
}

static struct mirror_stream_status status(void)
{
    struct mirror_stream_status now = {.lag_ms = 0};

    stream_describe(stream, now_ms, &now);
    return now;
}

static inline void expect_ended(const char *reason)
{
    ck_assert(!line.is_open);
    ck_assert(!tells(&people));
    ck_assert_int_eq(status().state, MIRROR_STREAM_OFF);
    ck_assert_str_eq(status().reason, reason);
}

#endif

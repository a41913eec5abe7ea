/*
 * stream - see the header.
 *
 *     OFF --(timer)--> CONNECTING --ready--> READY --look--> STARTING --first event--> RUNNING
 *      ^                                                                                 |
 *      +------------------- whatever goes wrong, at any time ----------------------------+
 */
#include "stream.h"

#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "audience.h"
#include "binlog.h"
#include "clock.h"
#include "follower.h"
#include "told.h"
#include "xmalloc.h"

/* A server says each second that it is there. */
#define SILENT_MS UINT64_C(3000)
/* So long stream and version may differ, for they are told by two connections. */
#define DIFFER_MS UINT64_C(3000)
/* From the attempt to the first event. */
#define START_MS UINT64_C(30000)
/* Before the next attempt; and before one of what was refused. */
#define RETRY_MS   UINT64_C(1000)
#define REFUSED_MS UINT64_C(10000)

struct stream {
    struct event_base *base;
    const struct mirror_list *mirrors;
    stream_news *news;
    void *arg;
    struct event *timer;
    const struct db_host *host; /* NULL before the first one */
    bool has_reader;            /* the reader is connected to it */
    bool is_mysql;

    enum stream_state state;
    struct config *config;       /* keeps def */
    const struct table_def *def; /* whose account it uses */
    struct follower *follower;   /* unless OFF */
    uint64_t began_ms, next_ms;
    uint64_t number; /* of the stream that was begun last */
    struct binlog *binlog;
    struct told told; /* up to where it has told all; */
    bool is_drained;  /* and nothing more had come then */
    uint64_t heard_ms;
    uint64_t differs_ms; /* since when a version is waited for that said more; 0 = none is */

    char reason[300];
    struct log_limit complaints;
    uint64_t events, restarts, disagreements;
};

/* --- the end -------------------------------------------------------------------------------- */

static void set_timer(struct stream *stream, uint64_t ms)
{
    const struct timeval delay = clock_timeval(ms);

    event_add(stream->timer, &delay);
}

static void stop(struct stream *stream, uint64_t retry_ms)
{
    uint64_t now_ms = clock_ms();

    follower_free(stream->follower);
    stream->follower = NULL;
    binlog_free(stream->binlog);
    stream->binlog = NULL;
    told_clear(&stream->told);
    if (stream->state == STREAM_RUNNING)
        stream->restarts++;
    if (stream->state != STREAM_OFF)
        audience_end(stream->mirrors, now_ms);
    config_unref(stream->config);
    stream->config = NULL;
    stream->def = NULL;
    stream->state = STREAM_OFF;
    stream->next_ms = now_ms + retry_ms;
}

static void fail(struct stream *stream, uint64_t retry_ms, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void fail(struct stream *stream, uint64_t retry_ms, const char *format, ...)
{
    bool was_running = stream->state == STREAM_RUNNING;
    char text[sizeof(stream->reason)];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (was_running || strcmp(stream->reason, text) != 0)
        log_limited(&stream->complaints, clock_ms(), LOG_LEVEL_WARNING,
                    "host %s: no stream of changes: %s; its mirrors look for changes meanwhile",
                    stream->host->text, text);
    snprintf(stream->reason, sizeof(stream->reason), "%s", text);
    stop(stream, retry_ms);
}

/* Version and stream are not of one mind: one of them is not to be believed. */
static void disagree(struct stream *stream, const char *what)
{
    stream->disagreements++;
    fail(stream, RETRY_MS, "%s", what);
}

/* --- events --------------------------------------------------------------------------------- */

static void on_first_event(struct stream *stream)
{
    stream->state = STREAM_RUNNING;
    stream->reason[0] = '\0';
    log_info("host %s: following its changes from %s:%llu", stream->host->text,
             stream->told.at.name, (unsigned long long)stream->told.at.position);
}

static void commit(struct stream *stream)
{
    if (audience_commit(stream->mirrors, &stream->told.at))
        stream->news(stream->arg);
}

static bool on_event(void *arg, struct slice event, uint64_t length)
{
    struct stream *stream = arg;
    struct binlog_event said = event.len < length ? binlog_take_long(stream->binlog, event, length)
                                                  : binlog_take(stream->binlog, event);

    stream->heard_ms = clock_ms();
    stream->events++;
    if (said.said == BINLOG_BROKEN) {
        fail(stream, RETRY_MS, "its log can't be read: %s", said.reason);
        return false;
    }
    if (stream->state == STREAM_STARTING)
        on_first_event(stream);
    if (!told_take(&stream->told, stream->binlog, said.is_commit)) {
        fail(stream, RETRY_MS, "its log tells a transaction twice");
        return false;
    }
    if (said.said == BINLOG_TABLE)
        audience_change(stream->mirrors, &said);
    else if (said.said == BINLOG_EVERYTHING)
        audience_change(stream->mirrors, NULL);
    if (said.is_commit)
        commit(stream);
    return true;
}

/* The version of a busy server is ahead at most looks. It is late only if it does not come there. */
static void catch_up(struct stream *stream)
{
    if (stream->differs_ms != 0 && told_has_come(&stream->told))
        stream->differs_ms = 0;
}

static void on_turn(void *arg, bool is_all)
{
    struct stream *stream = arg;

    stream->is_drained = is_all;
    catch_up(stream);
}

static void on_ready(void *arg)
{
    struct stream *stream = arg;

    stream->state = STREAM_READY;
    audience_look_at_all(stream->mirrors);
    stream->news(stream->arg);
}

static void on_ended(void *arg, const char *reason, bool is_refused)
{
    fail(arg, is_refused ? REFUSED_MS : RETRY_MS, "%s", reason);
}

/* --- the beginning -------------------------------------------------------------------------- */

static void connect_to(struct stream *stream, uint64_t now_ms)
{
    static const struct follower_callbacks callbacks = {on_ready, on_event, on_turn, on_ended};

    const struct mirror *mirror = audience_first(stream->mirrors);

    if (!stream->has_reader || mirror == NULL)
        return;
    stream->config = config_ref(mirror->config);
    stream->def = mirror->def;
    stream->state = STREAM_CONNECTING;
    stream->began_ms = now_ms;
    stream->follower = follower_new(stream->base, stream->def, stream->host, &callbacks, stream);
}

static bool start(struct stream *stream, const struct look *look, uint64_t now_ms)
{
    if (!told_begin(&stream->told, &look->epoch, stream->number + 1))
        return false;
    stream->state = STREAM_STARTING;
    stream->number++;
    stream->binlog = binlog_new(stream->is_mysql ? BINLOG_MYSQL : BINLOG_MARIADB);
    stream->is_drained = true;
    stream->heard_ms = now_ms;
    stream->differs_ms = 0;
    if (stream->is_mysql)
        follower_start_after(stream->follower, epoch_gtids(&look->epoch));
    else
        follower_start(stream->follower, &stream->told.at);
    return true;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct stream *stream = arg;
    uint64_t now_ms = clock_ms();

    (void)fd;
    (void)what;
    set_timer(stream, RETRY_MS);
    if (stream->state == STREAM_OFF && now_ms >= stream->next_ms)
        connect_to(stream, now_ms);
    else if (stream->state == STREAM_RUNNING && now_ms - stream->heard_ms > SILENT_MS)
        fail(stream, RETRY_MS, "it has said nothing for %llu s",
             (unsigned long long)(now_ms - stream->heard_ms) / 1000);
    else if (stream->state != STREAM_OFF && stream->state != STREAM_RUNNING &&
             now_ms - stream->began_ms > START_MS)
        fail(stream, RETRY_MS, "it has sent nothing for %llu s",
             (unsigned long long)START_MS / 1000);
}

/* --- looks ---------------------------------------------------------------------------------- */

/* The version before its rows were asked for may say more than the stream has told so far. */
static void hold_against(struct stream *stream, struct look *look, uint64_t now_ms)
{
    if (!told_look(&stream->told, &look->epoch, &look->is_told)) {
        disagree(stream, "the server's version is of another log");
        return;
    }
    if (!look->is_told && stream->differs_ms == 0) {
        stream->differs_ms = now_ms;
        told_await(&stream->told, &look->epoch);
    } else if (stream->differs_ms != 0 && now_ms - stream->differs_ms > DIFFER_MS) {
        disagree(stream, "the server's version has moved, and the log does not tell why");
        return;
    }
    if (!audience_look(stream->mirrors, &look->epoch.place, now_ms))
        disagree(stream, "the server's version is of another log");
}

void stream_take_look(struct stream *stream, struct look *look, uint64_t now_ms)
{
    bool is_its =
        stream->follower != NULL && look->lock_holder == follower_connection(stream->follower);

    look->stream = 0;
    look->is_told = false;
    if (stream->state != STREAM_READY && stream->state != STREAM_STARTING &&
        stream->state != STREAM_RUNNING)
        return;
    if (!look->has_asked_lock)
        return; /* it was not ready when it was asked */
    if (!is_its) {
        /* The name of its host may mean another server by now. */
        fail(stream, stream->state == STREAM_RUNNING ? RETRY_MS : REFUSED_MS,
             "its connection does not speak to the server that is read");
        return;
    }
    if (!epoch_is_sound(&look->epoch) ||
        (stream->state == STREAM_READY && !start(stream, look, now_ms))) {
        fail(stream, REFUSED_MS, "the server has no version to begin with");
        return;
    }
    look->stream = stream->number;
    hold_against(stream, look, now_ms);
    if (stream->state == STREAM_OFF)
        look->stream = 0;
}

const char *stream_question(const struct stream *stream)
{
    return stream->follower != NULL ? follower_question(stream->follower) : NULL;
}

/* --- the rest ------------------------------------------------------------------------------- */

struct stream *stream_new(struct event_base *base, const struct mirror_list *mirrors,
                          stream_news *news, void *arg)
{
    struct stream *stream = xcalloc(1, sizeof(*stream));

    stream->base = base;
    stream->mirrors = mirrors;
    stream->news = news;
    stream->arg = arg;
    stream->timer = evtimer_new(base, on_timer, stream);
    return stream;
}

void stream_free(struct stream *stream)
{
    stop(stream, 0);
    event_free(stream->timer);
    free(stream);
}

/* A stream that runs goes on, if the next look finds that it is of the same server. */
void stream_connected(struct stream *stream, const struct db_host *host,
                      const struct epoch_server *server)
{
    if (stream->host != host || stream->is_mysql != server->is_mysql)
        stop(stream, 0);
    stream->has_reader = true;
    stream->host = host;
    stream->is_mysql = server->is_mysql;
    if (audience_first(stream->mirrors) != NULL)
        set_timer(stream, 0);
}

void stream_disconnected(struct stream *stream)
{
    stream->has_reader = false;
    if (stream->state == STREAM_RUNNING)
        return;
    stop(stream, 0);
    event_del(stream->timer);
}

void stream_reconsider(struct stream *stream)
{
    const struct mirror *mirror = audience_first(stream->mirrors);

    if (!stream->has_reader && stream->state == STREAM_OFF)
        return;
    if (mirror == NULL || (stream->def != NULL && !table_def_same_stream(mirror->def, stream->def)))
        stop(stream, 0);
    if (mirror == NULL)
        event_del(stream->timer);
    else if (stream->state == STREAM_OFF)
        set_timer(stream, 0);
}

static bool is_running(const struct stream *stream, uint64_t now_ms)
{
    return stream->state == STREAM_RUNNING && stream->is_drained && stream->differs_ms == 0 &&
           now_ms - stream->heard_ms <= SILENT_MS;
}

/* Rows that depend on the time of day change without a word. */
bool stream_tells(const struct stream *stream, const struct mirror *mirror, uint64_t now_ms)
{
    return is_running(stream, now_ms) && mirror->followed.stream == stream->number &&
           !followed_is_dirty(&mirror->followed) && !mirror->turned.tells_time;
}

void stream_describe(const struct stream *stream, uint64_t now_ms,
                     struct mirror_stream_status *status)
{
    status->state = is_running(stream, now_ms)        ? MIRROR_STREAM_LIVE
                    : stream->state == STREAM_RUNNING ? MIRROR_STREAM_BEHIND
                    : stream->state == STREAM_OFF     ? MIRROR_STREAM_OFF
                                                      : MIRROR_STREAM_STARTING;
    status->reason = stream->reason;
    status->events = stream->events;
    status->restarts = stream->restarts;
    status->disagreements = stream->disagreements;
    status->lag_ms = stream->differs_ms != 0 ? now_ms - stream->differs_ms : 0;
}

/*
 * reader - one server's connection, on which its mirrors are looked at and read; see parts.h.
 *
 * A round: ask for the version; each mirror whose turn it is is confirmed by it, or has to be read: its
 * collations first, then its rows. One question at a time. When all is done, a timer waits for the next
 * turn. Whatever goes wrong with the connection ends the round: it is closed, and everything is read
 * again on the next one, since a version is worth nothing on another.
 */
#include "reader.h"

#include <event2/event.h>
#include <stdlib.h>

#include "clock.h"
#include "stream.h"
#include "xmalloc.h"

/* The server may take so long for all rows of a table. */
#define READ_MS UINT64_C(300000)

/* How long to leave a server alone that has failed. */
#define RETRY_SERVER_MS 1000

static void go_on(struct reader *reader);

/* --- the connection ------------------------------------------------------------------------- */

static void set_timer(struct reader *reader, uint64_t ms)
{
    const struct timeval delay = clock_timeval(ms);

    event_add(reader->timer, &delay);
}

static void disconnect(struct reader *reader)
{
    reading_end(reader);
    if (reader->state == READER_CLOSED)
        return;
    stream_disconnected(reader->stream);
    if (reader->state != READER_CONNECTING)
        hosts_closed(reader->hosts, reader->attempt.host);
    db_free(reader->db);
    reader->db = NULL;
    reader->state = READER_CLOSED;
}

/* Ask questions[question], or go on without. */
static void ask_next(struct reader *reader, enum reading state)
{
    reader->state = READER_IDLE;
    if (reader->questions[reader->question] != NULL)
        reader_ask(reader, state, reader->questions[reader->question]);
    else
        go_on(reader);
}

static void on_connected(void *arg, const struct db_result *result)
{
    static const char *const limit[] = {"SET SESSION sql_select_limit = 18446744073709551615",
                                        NULL};
    struct reader *reader = arg;
    uint64_t now_ms = clock_ms();
    uint64_t down_ms;

    if (result->blame != DB_OK) {
        hosts_open_failed(reader->hosts, &reader->attempt, now_ms, result->text);
        disconnect(reader);
        set_timer(reader, RETRY_SERVER_MS);
        return;
    }
    hosts_opened(reader->hosts, &reader->attempt, now_ms, &down_ms);
    reader->look.connection++;
    reader->connected_ms = now_ms;
    reader->look.asked_ms = 0;
    reader->server = (struct epoch_server){.connection = 0};
    reader->questions = limit;
    reader->question = 0;
    ask_next(reader, READER_SETS_UP);
}

static void on_ended(void *arg)
{
    struct reader *reader = arg;

    disconnect(reader);
    set_timer(reader, RETRY_SERVER_MS);
}

static void on_answered(void *arg, const struct db_result *result);

static void connect_to(struct reader *reader)
{
    static const struct db_callbacks callbacks = {on_connected, on_answered, on_ended};
    uint64_t now_ms = clock_ms();
    uint64_t due_ms = UINT64_MAX;
    size_t host = hosts_pick(reader->hosts, 0, now_ms, (uint32_t)(now_ms + (uintptr_t)reader / 64));

    if (host == HOSTS_NONE)
        host = hosts_pick_rested(reader->hosts, now_ms, &due_ms);
    if (host == HOSTS_NONE) {
        set_timer(reader, due_ms > now_ms && due_ms - now_ms < RETRY_SERVER_MS ? due_ms - now_ms
                                                                               : RETRY_SERVER_MS);
        return;
    }
    hosts_opening(reader->hosts, &reader->attempt, host, ++reader->events, now_ms);
    reader->state = READER_CONNECTING;
    reader->db = db_connect(reader->set->base, &reader->params, hosts_get(reader->hosts, host),
                            &callbacks, reader);
}

/* --- looking -------------------------------------------------------------------------------- */

static void take_pairs(struct reader *reader, const struct db_result *result)
{
    const struct db_rows *rows = &result->rows;

    for (size_t i = 0; i < rows->count && rows->columns == 2; i++) {
        const char *const *field = rows->fields + 2 * i;
        struct slice name = {field[0], rows->lengths[2 * i]};
        struct slice value = {field[1], rows->lengths[2 * i + 1]};

        if (field[0] == NULL || field[1] == NULL)
            continue;
        if (reader->state == READER_ASKS_LOCK)
            reader->look.lock_holder = strtoul(field[1], NULL, 10);
        else if (reader->state == READER_LOOKS)
            epoch_take(&reader->look.epoch, name, value);
        else
            epoch_server_take(&reader->server, name, value);
    }
}

/* The look is answered. */
static void judge(struct reader *reader)
{
    struct mirror *mirror;

    stream_take_look(reader->stream, &reader->look, clock_ms());
    TAILQ_FOREACH(mirror, &reader->mirrors, entry)
    if (!mirror->is_given_up && mirror->next_look_ms <= reader->look.asked_ms)
        fresh_judge(mirror, &reader->look);
}

static void begin_look(struct reader *reader)
{
    reader->look.asked_ms = clock_ms();
    reader->look.has_asked_lock = false;
    reader->look.lock_holder = 0;
    epoch_clear(&reader->look.epoch);
    reader->questions = epoch_questions(&reader->server);
    reader->question = 0;
    if (reader->questions[0] == NULL)
        judge(reader);
    ask_next(reader, READER_LOOKS);
}

/* The version is known; whose the stream's connection is has to be told behind it. */
static void end_look(struct reader *reader)
{
    const char *question = stream_question(reader->stream);

    if (question != NULL && !reader->look.has_asked_lock) {
        reader->look.has_asked_lock = true;
        reader_ask(reader, READER_ASKS_LOCK, question);
        return;
    }
    judge(reader);
    go_on(reader);
}

/* --- the round ------------------------------------------------------------------------------ */

/* The next turn of any mirror. */
static uint64_t next_due(const struct reader *reader, uint64_t now_ms)
{
    uint64_t due_ms = now_ms + 60000;
    const struct mirror *mirror;

    TAILQ_FOREACH(mirror, &reader->mirrors, entry)
    if (!mirror->is_given_up && mirror->next_look_ms < due_ms)
        due_ms = mirror->next_look_ms;
    return due_ms;
}

/* The version was asked for in this round, before the rows. */
static struct mirror *next_to_read(const struct reader *reader, uint64_t now_ms)
{
    struct mirror *mirror;

    TAILQ_FOREACH(mirror, &reader->mirrors, entry)
    if (!mirror->is_given_up && mirror->wants_read && mirror->next_read_ms <= now_ms)
        return mirror;
    return NULL;
}

static void start_round(struct reader *reader)
{
    uint64_t now_ms = clock_ms();
    struct mirror *mirror;
    uint64_t due_ms;

    TAILQ_FOREACH(mirror, &reader->mirrors, entry)
    if (!mirror->is_given_up && mirror->next_look_ms <= now_ms)
        break;
    /* The host's name may mean another server by then. */
    if (mirror != NULL && now_ms - reader->connected_ms > reader->params.max_connection_age_ms) {
        disconnect(reader);
        connect_to(reader);
    } else if (mirror != NULL) {
        begin_look(reader);
    } else {
        due_ms = next_due(reader, now_ms);
        set_timer(reader, due_ms > now_ms ? due_ms - now_ms : 1);
    }
}

/* Nothing is under way: read, or wait for the next round. */
static void go_on(struct reader *reader)
{
    struct mirror *mirror = NULL;

    reader->state = READER_IDLE;
    if (reader->look.asked_ms != 0)
        mirror = next_to_read(reader, clock_ms());
    if (mirror == NULL) {
        start_round(reader);
        return;
    }
    reading_begin(reader, mirror);
}

/* It is known who answers on the connection. */
static void end_set_up(struct reader *reader)
{
    reader->server.is_proxy |= reader->server.connection != db_thread_id(reader->db);
    stream_connected(reader->stream, hosts_get(reader->hosts, reader->attempt.host),
                     &reader->server);
    go_on(reader);
}

/* One answer of a chain of questions; the next, or what comes behind the last. */
static void take_answer(struct reader *reader, const struct db_result *result)
{
    enum reading state = reader->state;

    if (result->blame == DB_OK)
        take_pairs(reader, result);
    if (state == READER_ASKS_LOCK) {
        end_look(reader);
    } else if (reader->questions[++reader->question] != NULL) {
        ask_next(reader, state);
    } else if (state == READER_LOOKS) {
        end_look(reader);
    } else if (reader->questions != epoch_server_questions) {
        reader->questions = epoch_server_questions;
        reader->question = 0;
        ask_next(reader, state);
    } else {
        end_set_up(reader);
    }
}

/* The reader's connection: an answer that never came, or a host that can't serve. */
static bool is_connections_fault(const struct reader *reader, const struct db_result *result)
{
    return !db_usable(reader->db) || result->blame == DB_HOST_FAILED || result->blame == DB_LOST;
}

static void on_answered(void *arg, const struct db_result *result)
{
    struct reader *reader = arg;
    bool is_over = is_connections_fault(reader, result);

    if (is_over && reader->current != NULL && result->blame != DB_OK)
        fresh_failed(reader->current, result, clock_ms());
    if (is_over) {
        if (result->blame == DB_HOST_FAILED)
            hosts_query_failed(reader->hosts, reader->attempt.host, clock_ms(), result->text);
        disconnect(reader);
        set_timer(reader, RETRY_SERVER_MS);
    } else if (reader->state <= READER_ASKS_LOCK) {
        take_answer(reader, result);
    } else if (!reading_take(reader, result)) {
        go_on(reader);
    }
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct reader *reader = arg;

    (void)fd;
    (void)what;
    if (reader->state == READER_CLOSED)
        connect_to(reader);
    else if (reader->state == READER_IDLE)
        start_round(reader);
}

/* --- which mirrors -------------------------------------------------------------------------- */

static struct reader *find_reader(const struct mirror *mirror)
{
    struct reader *reader;

    TAILQ_FOREACH(reader, &mirror->set->readers, entry)
    if (db_params_equal(&TAILQ_FIRST(&reader->mirrors)->def->db, &mirror->def->db))
        return reader;
    return NULL;
}

static void on_stream_news(void *arg)
{
    reader_wake(arg);
}

static struct reader *reader_new(struct mirror *mirror)
{
    struct reader *reader = xcalloc(1, sizeof(*reader));

    reader->set = mirror->set;
    reader->config = config_ref(mirror->config);
    reader->params = mirror->def->db;
    reader->timeout_ms = reader->params.query_timeout_ms;
    reader->params.query_timeout_ms = READ_MS;
    reader->hosts = hosts_new(reader->params.hosts, reader->params.host_count,
                              reader->params.retry_interval_ms);
    reader->timer = evtimer_new(mirror->set->base, on_timer, reader);
    TAILQ_INIT(&reader->mirrors);
    reader->stream = stream_new(mirror->set->base, &reader->mirrors, on_stream_news, reader);
    TAILQ_INSERT_TAIL(&mirror->set->readers, reader, entry);
    return reader;
}

static void reader_free(struct reader *reader)
{
    disconnect(reader);
    stream_free(reader->stream);
    TAILQ_REMOVE(&reader->set->readers, reader, entry);
    event_free(reader->timer);
    hosts_free(reader->hosts);
    epoch_clear(&reader->look.epoch);
    config_unref(reader->config);
    free(reader);
}

void reader_add(struct mirror *mirror)
{
    mirror->reader = find_reader(mirror);
    if (mirror->reader == NULL)
        mirror->reader = reader_new(mirror);
    TAILQ_INSERT_TAIL(&mirror->reader->mirrors, mirror, entry);
    stream_reconsider(mirror->reader->stream);
    reader_wake(mirror->reader);
}

void reader_remove(struct mirror *mirror)
{
    struct reader *reader = mirror->reader;

    if (reader->current == mirror)
        reading_end(reader);
    TAILQ_REMOVE(&reader->mirrors, mirror, entry);
    followed_end(&mirror->followed, clock_ms()); /* another reader's stream knows nothing of it */
    if (TAILQ_EMPTY(&reader->mirrors))
        reader_free(reader);
    else
        stream_reconsider(reader->stream);
}

void reader_reconsider(struct reader *reader)
{
    stream_reconsider(reader->stream);
}

bool reader_tells(const struct reader *reader, const struct mirror *mirror, uint64_t now_ms)
{
    return stream_tells(reader->stream, mirror, now_ms);
}

void reader_describe_stream(const struct reader *reader, uint64_t now_ms,
                            struct mirror_stream_status *status)
{
    stream_describe(reader->stream, now_ms, status);
}

void reader_wake(struct reader *reader)
{
    if (reader->state == READER_CLOSED || reader->state == READER_IDLE)
        set_timer(reader, 0);
}

/*
 * follower - see the header. A chain of questions, then a command whose answer does not end. What keeps a
 * server's log from telling all is looked for here, as far as a server says it.
 */
#include "follower.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "binlog_dump.h"
#include "connection.h"
#include "log_facts.h"
#include "xmalloc.h"

/* The first byte of a packet. */
#define PACKET_EVENT 0x00
#define PACKET_END   0xfe
#define PACKET_ERROR 0xff

/* Error packets: a byte, the number, '#' and an SQLSTATE, the text. */
#define ERROR_TEXT_AT 9

/* Missing rights. */
#define ERROR_ACCESS_DENIED   1045
#define ERROR_SPECIFIC_ACCESS 1227
#define ERROR_NO_BINARY_LOG   1236 /* or not this file, or not this position */

struct follower {
    struct db_params params; /* a table's, with another account perhaps */
    const struct follower_callbacks *callbacks;
    void *arg;
    struct db *db;
    char lock[40];
    char questions[4][400];
    size_t question;
    bool is_ready;
    struct log_facts facts;
    unsigned long connection; /* as the server has it */
    bool has_lock;
};

/* --- what the server says ------------------------------------------------------------------- */

static void take_pair(struct follower *follower, const char *name, const char *value)
{
    if (strcmp(name, "connection") == 0)
        follower->connection = strtoul(value, NULL, 10);
    else if (strcmp(name, "lock") == 0)
        follower->has_lock = strcmp(value, "1") == 0;
    else
        log_facts_take(&follower->facts, name, value);
}

static void take_pairs(struct follower *follower, const struct db_rows *rows)
{
    for (size_t i = 0; i < rows->count && rows->columns == 2; i++) {
        const char *const *field = rows->fields + 2 * i;

        if (field[0] != NULL && field[1] != NULL)
            take_pair(follower, field[0], field[1]);
    }
}

/* Why it can't be followed, or NULL. */
static const char *objection(const struct follower *follower)
{
    const char *remedy;

    if (follower->connection != db_thread_id(follower->db))
        return "there is a proxy in between";
    if (!follower->has_lock)
        return "the server gives no lock (GET_LOCK)";
    return log_facts_objection(&follower->facts, &remedy);
}

/* --- asking --------------------------------------------------------------------------------- */

static void ask(struct follower *follower)
{
    const char *sql = follower->questions[follower->question];

    db_ask(follower->db, &(struct statement){.text = sql}, follower->params.query_timeout_ms);
}

static void write_questions(struct follower *follower)
{
    size_t size = sizeof(follower->questions[0]);

    snprintf(follower->questions[0], size, "%s", log_facts_questions[0]);
    snprintf(follower->questions[1], size, "%s", log_facts_questions[1]);
    snprintf(follower->questions[2], size,
             "SELECT 'connection', CONNECTION_ID() UNION ALL SELECT 'lock', GET_LOCK('%s', 0)",
             follower->lock);
    snprintf(follower->questions[3], size, "%s", binlog_dump_session);
}

static void end(struct follower *follower, const char *reason, bool is_refused)
{
    follower->callbacks->ended(follower->arg, reason, is_refused);
}

static void on_connected(void *arg, const struct db_result *result)
{
    struct follower *follower = arg;

    if (result->blame == DB_OK)
        ask(follower);
    else
        end(follower, result->text, result->error == ERROR_ACCESS_DENIED);
}

static void on_answered(void *arg, const struct db_result *result)
{
    struct follower *follower = arg;
    const char *reason;

    if (result->blame != DB_OK || !db_usable(follower->db)) {
        end(follower, result->blame != DB_OK ? result->text : "the connection was lost", false);
        return;
    }
    take_pairs(follower, &result->rows);
    if (++follower->question < sizeof(follower->questions) / sizeof(follower->questions[0])) {
        ask(follower);
        return;
    }
    reason = objection(follower);
    if (reason != NULL) {
        end(follower, reason, true);
        return;
    }
    snprintf(follower->questions[0], sizeof(follower->questions[0]),
             "SELECT 'stream', IS_USED_LOCK('%s')", follower->lock);
    follower->is_ready = true;
    follower->callbacks->ready(follower->arg);
}

static void on_ended(void *arg)
{
    end(arg, "the connection was lost", false);
}

/* --- the log -------------------------------------------------------------------------------- */

/* An account without the right is told so by the error that it gets instead of the log. */
static void take_error(struct follower *follower, struct slice packet)
{
    char text[400];
    unsigned error = 0;

    if (packet.len > 2)
        error = (unsigned char)packet.data[1] | (unsigned)(unsigned char)packet.data[2] << 8;
    if (error == ERROR_SPECIFIC_ACCESS || error == ERROR_ACCESS_DENIED)
        snprintf(text, sizeof(text), "the account %s lacks the right REPLICATION SLAVE",
                 follower->params.user != NULL ? follower->params.user : "");
    else if (packet.len > ERROR_TEXT_AT)
        snprintf(text, sizeof(text), "%.*s", (int)(packet.len - ERROR_TEXT_AT),
                 packet.data + ERROR_TEXT_AT);
    else
        snprintf(text, sizeof(text), "the server gave error %u", error);
    end(follower, text, error == ERROR_SPECIFIC_ACCESS || error == ERROR_ACCESS_DENIED);
}

static bool on_packet(void *arg, struct slice packet, uint64_t length)
{
    struct follower *follower = arg;

    if (packet.len > 1 && packet.data[0] == PACKET_EVENT)
        return follower->callbacks->event(
            follower->arg, (struct slice){packet.data + 1, packet.len - 1}, length - 1);
    if (packet.len > 0 && (unsigned char)packet.data[0] == PACKET_ERROR)
        take_error(follower, packet);
    else if (packet.len > 0 && (unsigned char)packet.data[0] == PACKET_END)
        end(follower, "the server has ended the log", false);
    else
        end(follower, "the server sent something else than its log", false);
    return false;
}

static void on_turn(void *arg, bool is_all)
{
    struct follower *follower = arg;

    follower->callbacks->turn(follower->arg, is_all);
}

static uint32_t server_id(const struct follower *follower)
{
    uint32_t chance;

    if (getrandom(&chance, sizeof(chance), 0) != (ssize_t)sizeof(chance))
        chance = (uint32_t)follower->connection;
    return binlog_dump_server_id(chance);
}

/* What can't be asked for becomes a command that the server ends the connection for. */
static void follow(struct follower *follower, struct buffer *payload, bool is_made)
{
    static const struct db_follow callbacks = {on_packet, on_turn};

    if (!is_made)
        buffer_add_char(payload, '\0');
    db_follow(follower->db, buffer_slice(payload), &callbacks);
    buffer_free(payload);
}

void follower_start(struct follower *follower, const struct binlog_place *from)
{
    struct buffer payload = BUFFER_EMPTY;

    follow(follower, &payload, binlog_dump_from_place(&payload, server_id(follower), from));
}

void follower_start_after(struct follower *follower, struct slice gtids)
{
    struct buffer payload = BUFFER_EMPTY;

    follow(follower, &payload, binlog_dump_after_gtids(&payload, server_id(follower), gtids));
}

/* --- begin and end -------------------------------------------------------------------------- */

struct follower *follower_new(struct event_base *base, const struct table_def *def,
                              const struct db_host *host,
                              const struct follower_callbacks *callbacks, void *arg)
{
    static const struct db_callbacks own = {on_connected, on_answered, on_ended};
    struct follower *follower = xcalloc(1, sizeof(*follower));
    uint64_t chance[2] = {(uintptr_t)follower, 0};

    if (getrandom(chance, sizeof(chance), 0) != (ssize_t)sizeof(chance))
        chance[1] = (uintptr_t)arg;
    snprintf(follower->lock, sizeof(follower->lock), "vmapd.%016llx%016llx",
             (unsigned long long)chance[0], (unsigned long long)chance[1]);
    table_def_stream_params(def, &follower->params);
    write_questions(follower);
    follower->callbacks = callbacks;
    follower->arg = arg;
    follower->db = db_connect(base, &follower->params, host, &own, follower);
    return follower;
}

void follower_free(struct follower *follower)
{
    if (follower == NULL)
        return;
    db_free(follower->db);
    free(follower);
}

const char *follower_question(const struct follower *follower)
{
    return follower->is_ready ? follower->questions[0] : NULL;
}

unsigned long follower_connection(const struct follower *follower)
{
    return follower->connection;
}

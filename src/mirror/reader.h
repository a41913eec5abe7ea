/*
 * reader - what the files of one server's connection share; see parts.h.
 *
 *   reader.c    the connection, and whose turn it is
 *   reading.c   reading one mirror
 */
#ifndef VMAPD_MIRROR_READER_H
#define VMAPD_MIRROR_READER_H

#include "connection.h"
#include "hosts.h"
#include "parts.h"

struct event;

enum reading {
    READER_CLOSED,
    READER_CONNECTING,
    READER_IDLE,
    READER_SETS_UP,   /* questions[question] is under way: what the server is */
    READER_LOOKS,     /* its version */
    READER_ASKS_LOCK, /* whose it is: the stream's connection? */
    READER_NAMES,     /* from here on: of one mirror */
    READER_COLLATIONS,
    READER_ROWS
};

struct reader {
    TAILQ_ENTRY(reader) entry;
    struct mirror_set *set;
    struct config *config;   /* keeps what params points to */
    struct db_params params; /* a table's, with more time for a statement */
    uint64_t timeout_ms;     /* for an answer, or for rows to go on */
    struct hosts *hosts;
    struct host_attempt attempt;
    struct db *db;
    struct event *timer;
    enum reading state;
    uint64_t connected_ms, events;
    struct epoch_server server;
    const char *const *questions;
    size_t question;
    struct look look; /* the last; its connection counts them */
    uint64_t read_sent_ms;
    struct mirror *current; /* being read */
    struct mirror_list mirrors;
    struct stream *stream;
};

static inline void reader_ask(struct reader *reader, enum reading state, const char *sql)
{
    reader->state = state;
    db_ask(reader->db, &(struct statement){.text = sql}, reader->timeout_ms);
}

/* Read this mirror, from its first question on. */
void reading_begin(struct reader *reader, struct mirror *mirror);
/* An answer in one of its states. False: that was the last. */
bool reading_take(struct reader *reader, const struct db_result *result);
/* Nothing is read any more, also halfway through. */
void reading_end(struct reader *reader);

#endif

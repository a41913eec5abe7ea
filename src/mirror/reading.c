/*
 * reading - one mirror read on its reader's connection: what the server says of its columns, then its
 * rows; see reader.h. Everything that is not an answer to the end leaves the mirror as it was.
 */
#include "reader.h"

#include "clock.h"

static void on_columns(void *arg, unsigned columns, uint64_t texts)
{
    struct reader *reader = arg;

    if (reader->current != NULL)
        pass_columns(reader->current, columns, texts);
}

static void on_row(void *arg, unsigned columns, const char *const *fields,
                   const unsigned long *lengths)
{
    struct reader *reader = arg;

    if (reader->current != NULL)
        pass_row(reader->current, columns, fields, lengths);
}

static void ask_rows(struct reader *reader)
{
    static const struct db_stream stream = {on_columns, on_row};

    reader->state = READER_ROWS;
    reader->read_sent_ms = clock_ms();
    pass_begin(reader->current, reader->read_sent_ms);
    db_stream(reader->db, &(struct statement){.text = reader->current->turned.rows_sql}, &stream,
              reader->timeout_ms);
}

/* MySQL ends a SELECT at its time limit without an error, in some places. */
static bool is_in_time(const struct reader *reader, uint64_t now_ms)
{
    return now_ms - reader->read_sent_ms < reader->params.query_timeout_ms;
}

static void take_rows(struct reader *reader, const struct db_result *result)
{
    struct mirror *mirror = reader->current;
    struct cache_mirror_change change = {0, 0, 0};
    uint64_t now_ms = clock_ms();

    reader->current = NULL;
    if (result->blame == DB_OK && result->has_rows_set && is_in_time(reader, now_ms) &&
        pass_commit(mirror, now_ms, &change))
        fresh_read(mirror, &reader->look, reader->read_sent_ms, now_ms, &change);
    else
        fresh_failed(mirror, result, now_ms);
    mirror_tidy(reader->set);
}

/* True: its rows are asked for. */
static bool take_collations(struct reader *reader, const struct db_result *result)
{
    struct mirror *mirror = reader->current;

    if (result->blame == DB_OK && pass_take_collations(mirror, &reader->server, result)) {
        ask_rows(reader);
        return true;
    }
    reader->current = NULL;
    fresh_failed(mirror, result, clock_ms());
    return false;
}

static void ask_collations(struct reader *reader)
{
    reader_ask(reader, READER_COLLATIONS, reader->current->turned.collations_sql);
}

static void take_names(struct reader *reader, const struct db_result *result)
{
    struct table_names *names = &reader->current->followed.names;
    const struct db_rows *rows = &result->rows;

    for (size_t i = 0; result->blame == DB_OK && rows->columns == 5 && i < rows->count; i++)
        table_names_take(names, rows->fields + 5 * i);
    table_names_end(names);
}

void reading_begin(struct reader *reader, struct mirror *mirror)
{
    struct buffer question = BUFFER_EMPTY;

    reader->current = mirror;
    if (mirror->def->mirror_stream &&
        table_names_begin(&mirror->followed.names, mirror->turned.rows_sql, &question))
        reader_ask(reader, READER_NAMES, buffer_text(&question));
    else
        ask_collations(reader);
    buffer_free(&question);
}

bool reading_take(struct reader *reader, const struct db_result *result)
{
    if (reader->current == NULL) /* the mirror has gone meanwhile */
        return false;
    if (reader->state == READER_NAMES) {
        take_names(reader, result);
        ask_collations(reader);
        return true;
    }
    if (reader->state == READER_COLLATIONS)
        return take_collations(reader, result);
    take_rows(reader, result);
    return false;
}

void reading_end(struct reader *reader)
{
    if (reader->current != NULL) {
        pass_abort(reader->current);
        mirror_tidy(reader->set);
    }
    reader->current = NULL;
}

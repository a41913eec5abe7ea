/* sample - see the header. */
#include "sample.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"
#include "log.h"
#include "session.h"
#include "turn.h"
#include "xmalloc.h"

/* Rows of one answer, which has a bound in bytes (DB_ANSWER_MAX). */
#define PAGE_ROWS 1000

/* Which keys a row stands for, told by what this one becomes in the literals. */
static const struct slice model = {"l@d.e", 5};

enum shape { SHAPE_KEY, SHAPE_PARTS, SHAPE_UNKNOWN };

struct reading {
    struct turned turned;
    size_t len; /* of its SQL, without the LIMIT that it ends with */
    enum shape shape;
    size_t localpart, domain; /* SHAPE_PARTS: which columns */
    size_t offset;
    size_t rows; /* of this page */
    struct names *names;
};

static bool literal_is(const struct turned *turned, size_t column, const char *text)
{
    struct buffer expanded = BUFFER_EMPTY;
    bool is;

    template_query(turned->literals[column], model, NULL, NULL, &expanded);
    is = strcmp(buffer_text(&expanded), text) == 0;
    buffer_free(&expanded);
    return is;
}

/* A column with whole keys ('%s', '@%d', '%d'), or two with the parts of an address ('%u', '%d'). */
static void find_shape(struct reading *reading)
{
    const struct turned *turned = &reading->turned;

    reading->shape = SHAPE_UNKNOWN;
    if (turned->keys == 1 && (literal_is(turned, 0, "l@d.e") || literal_is(turned, 0, "@d.e") ||
                              literal_is(turned, 0, "d.e")))
        reading->shape = SHAPE_KEY;
    if (turned->keys != 2)
        return;
    reading->localpart = literal_is(turned, 0, "l") ? 0 : 1;
    reading->domain = 1 - reading->localpart;
    if (literal_is(turned, reading->localpart, "l") && literal_is(turned, reading->domain, "d.e"))
        reading->shape = SHAPE_PARTS;
}

static void take_row(const struct reading *reading, const char *const *fields,
                     const unsigned long *lengths)
{
    size_t first = reading->shape == SHAPE_PARTS ? reading->localpart : 0;
    size_t second = reading->shape == SHAPE_PARTS ? reading->domain : 0;
    struct buffer key = BUFFER_EMPTY;

    if (fields[first] == NULL || fields[second] == NULL)
        return;
    buffer_add(&key, fields[first], lengths[first]);
    if (reading->shape == SHAPE_PARTS) {
        buffer_add_char(&key, '@');
        buffer_add(&key, fields[second], lengths[second]);
    }
    if (key.len > 0)
        names_add(reading->names, buffer_slice(&key));
    buffer_free(&key);
}

static bool read_page(struct reading *reading, struct db_session *session, struct db_result *result)
{
    char *sql = xasprintf("%.*s LIMIT %d OFFSET %zu", (int)reading->len, reading->turned.rows_sql,
                          PAGE_ROWS, reading->offset);
    const struct statement statement = {.text = sql};
    const struct db_rows *rows = &result->rows;
    bool good = db_session_ask(session, &statement, result);

    reading->rows = good ? rows->count : 0;
    for (size_t i = 0; i < reading->rows; i++)
        take_row(reading, rows->fields + i * rows->columns, rows->lengths + i * rows->columns);
    free(sql);
    return good;
}

/* All pages of a host, as long as there are more. */
static bool read_host(const struct table_def *table, const struct db_host *host, size_t most,
                      struct reading *reading, struct event_base *base, struct db_result *result)
{
    struct db_session *session = db_session_open(base, &table->db, host, result);
    bool good = session != NULL;

    reading->rows = PAGE_ROWS;
    for (reading->offset = 0; good && reading->rows == PAGE_ROWS && reading->offset < most;
         reading->offset += PAGE_ROWS)
        good = read_page(reading, session, result);
    db_session_close(session);
    return good;
}

/* It ends with a LIMIT beyond all rows. */
static size_t len_without_limit(const char *sql)
{
    size_t len = strlen(sql);

    while (len > 0 && strncmp(sql + len, " LIMIT ", 7) != 0)
        len--;
    return len > 0 ? len : strlen(sql);
}

static bool read_table(const struct table_def *table, size_t most, struct reading *reading,
                       struct buffer *error)
{
    struct event_base *base = event_base_new();
    struct db_result result = {0};
    bool good = false;

    reading->len = len_without_limit(reading->turned.rows_sql);
    db_start(base);
    for (size_t i = 0; !good && i < table->db.host_count; i++)
        good = read_host(table, &table->db.hosts[i], most, reading, base, &result);
    db_stop();
    event_base_free(base);
    if (!good)
        buffer_printf(error, "the keys of table %s cannot be read: %s", table->name, result.text);
    return good;
}

bool sample_table(const struct table_def *table, size_t most, struct names *names, bool *whole,
                  struct buffer *error)
{
    struct reading reading = {.names = names};
    struct buffer reason = BUFFER_EMPTY;
    bool good = false;

    *whole = false;
    if (!turn_query(table->query, &reading.turned, &reason)) {
        buffer_printf(error, "the keys of table %s cannot be listed: %s", table->name,
                      buffer_text(&reason));
    } else {
        find_shape(&reading);
        if (reading.shape == SHAPE_UNKNOWN)
            buffer_printf(error,
                          "the keys of table %s cannot be listed: its query compares parts "
                          "of them",
                          table->name);
        else
            good = read_table(table, most, &reading, error);
        *whole = good && reading.rows < PAGE_ROWS;
        turned_free(&reading.turned);
    }
    buffer_free(&reason);
    return good;
}

/* --- a .cf file ----------------------------------------------------------------------------- */

static void ignore_warning(void *arg, enum log_level level, const char *text)
{
    (void)arg;
    (void)level;
    (void)text;
}

struct config *sample_config(const char *path)
{
    struct buffer text = BUFFER_EMPTY;
    struct buffer error = BUFFER_EMPTY;
    struct config *config;

    log_divert(ignore_warning, NULL);
    buffer_printf(&text, "[map sample]\ntables = %s\n", path);
    config = config_parse("sample", buffer_slice(&text), &error);
    log_divert(NULL, NULL);
    buffer_free(&text);
    buffer_free(&error);
    return config;
}

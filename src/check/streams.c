/* streams - see the header. */
#include "streams.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"
#include "log_facts.h"
#include "session.h"

static bool ask(struct db_session *session, const char *sql, struct db_result *result)
{
    return db_session_ask(session, &(struct statement){.text = sql}, result);
}

static const char *field(const struct db_result *result, size_t row, size_t column)
{
    const char *text = result->rows.fields[row * result->rows.columns + column];

    return text != NULL ? text : "";
}

/* --- the right ------------------------------------------------------------------------------ */

static bool gives_right(const char *grant)
{
    return strstr(grant, " ON *.* ") != NULL &&
           (strstr(grant, "ALL PRIVILEGES") != NULL || strstr(grant, "REPLICATION SLAVE") != NULL);
}

static bool has_right(struct db_session *session)
{
    struct db_result result;

    if (!ask(session, "SHOW GRANTS", &result))
        return false;
    for (size_t i = 0; i < result.rows.count; i++)
        if (gives_right(field(&result, i, 0)))
            return true;
    return false;
}

/* 'user'@'host', as the server knows it. */
static void add_account(struct db_session *session, struct buffer *out)
{
    struct db_result result;

    if (ask(session,
            "SELECT CONCAT('''', REPLACE(SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '''', ''''''), "
            "'''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')",
            &result) &&
        result.rows.count == 1)
        buffer_add_text(out, field(&result, 0, 0));
}

/* --- one host ------------------------------------------------------------------------------- */

static const char *objection(struct db_session *session, const char **remedy)
{
    struct log_facts facts = {.has_log = false};
    struct db_result result;

    for (const char *const *sql = log_facts_questions; *sql != NULL; sql++) {
        if (!ask(session, *sql, &result))
            continue;
        for (size_t i = 0; i < result.rows.count; i++)
            log_facts_take(&facts, field(&result, i, 0), field(&result, i, 1));
    }
    return log_facts_objection(&facts, remedy);
}

/* Who gets this account gets all that is written there. */
static void note_reach(struct check *check, const struct table_def *table, const char *account)
{
    if (table->stream_user == NULL)
        check_note(check,
                   "%s: the account of the tables, %s, may read all changes of all databases; "
                   "mirror_stream_user lets another one follow",
                   table->origin, account);
    else
        check_note(check, "%s: %s may read all changes of all databases: keep its password safe",
                   table->origin, account);
}

static void check_session(struct check *check, struct db_session *session,
                          const struct table_def *table, const char *host)
{
    struct buffer account = BUFFER_EMPTY;
    const char *remedy;
    const char *reason = objection(session, &remedy);
    bool may = has_right(session);

    add_account(session, &account);
    if (reason != NULL)
        check_problem(check, "%s: the log of host %s can't be followed: %s; %s", table->origin,
                      host, reason, remedy);
    if (!may)
        check_problem(check,
                      "%s: %s may not follow the log of host %s; GRANT REPLICATION SLAVE ON *.* "
                      "TO %s (with it, it may read all changes of all databases)",
                      table->origin, buffer_text(&account), host, buffer_text(&account));
    if (reason == NULL && may)
        check_ok(check, "host %s: %s can follow its log", host, buffer_text(&account));
    if (may)
        note_reach(check, table, buffer_text(&account));
    buffer_free(&account);
}

static void check_host(struct check *check, struct event_base *base, const struct table_def *table,
                       const struct db_host *host)
{
    struct db_params params;
    struct db_session *session;
    struct db_result result;

    table_def_stream_params(table, &params);
    session = db_session_open(base, &params, host, &result);
    if (session == NULL)
        check_problem(check, "%s: the log of host %s can't be followed: %s; check %s",
                      table->origin, host->text, result.text,
                      table->stream_user != NULL ? "mirror_stream_user and its password"
                                                 : "user and password");
    else
        check_session(check, session, table, host->text);
    db_session_close(session);
}

/* --- all ------------------------------------------------------------------------------------ */

static bool wants(const struct table_def *table)
{
    return table->mirror && table->mirror_stream;
}

/* Whether no table before it is followed in the same way. */
static bool is_first(const struct config *config, size_t index)
{
    const struct table_def *table = config->tables[index];

    for (size_t i = 0; i < index; i++) {
        const struct table_def *other = config->tables[i];

        if (wants(other) && db_params_equal(&other->db, &table->db) &&
            table_def_same_stream(other, table))
            return false;
    }
    return true;
}

void check_streams(struct check *check, const struct config *config)
{
    struct event_base *base = event_base_new();

    db_start(base);
    for (size_t i = 0; i < config->table_count; i++) {
        const struct table_def *table = config->tables[i];

        for (size_t j = 0; wants(table) && is_first(config, i) && j < table->db.host_count; j++)
            check_host(check, base, table, &table->db.hosts[j]);
    }
    db_stop();
    event_base_free(base);
}

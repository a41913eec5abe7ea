/* session - see the header. */
#include "session.h"

#include <event2/event.h>
#include <stdlib.h>

#include "xmalloc.h"

struct db_session {
    struct db_query query; /* must stay first: db hands it back */
    struct event_base *base;
    const struct db_params *params;
    struct db *db;
    const struct db_statement *statement;
    struct db_result result;
    bool done;
};

static void on_connected(void *arg, struct db *db, const struct db_result *result)
{
    struct db_session *session = arg;

    (void)db;
    session->result = *result;
    session->done = true;
}

/* db_usable() is false from now on. */
static void on_ended(void *arg, struct db *db)
{
    (void)arg;
    (void)db;
}

static void wait_until_done(struct db_session *session)
{
    while (!session->done)
        event_base_loop(session->base, EVLOOP_ONCE);
    session->done = false;
}

struct db_session *db_session_open(struct event_base *base, const struct db_params *params,
                                   const struct db_host *host, struct db_result *result)
{
    static const struct db_callbacks callbacks = {on_connected, on_ended};
    struct db_session *session = xcalloc(1, sizeof(*session));

    session->base = base;
    session->params = params;
    session->db = db_connect(base, params, host, &callbacks, session);
    wait_until_done(session);
    *result = session->result;
    if (result->blame == DB_OK)
        return session;
    db_session_close(session);
    return NULL;
}

void db_session_close(struct db_session *session)
{
    if (session == NULL)
        return;
    db_free(session->db);
    free(session);
}

static void on_write_sql(struct db_query *query, template_quote *quote, void *quote_arg,
                         struct buffer *sql)
{
    const struct db_statement *statement = ((struct db_session *)query)->statement;

    statement->write_sql(statement->arg, quote, quote_arg, sql);
}

static bool on_row(struct db_query *query, unsigned columns, const char *const *fields,
                   const unsigned long *lengths)
{
    const struct db_statement *statement = ((struct db_session *)query)->statement;

    return statement->row == NULL || statement->row(statement->arg, columns, fields, lengths);
}

static void on_done(struct db_query *query, const struct db_result *result)
{
    struct db_session *session = (struct db_session *)query;

    session->result = *result;
    session->done = true;
}

bool db_session_ask(struct db_session *session, const struct db_statement *statement,
                    struct db_result *result)
{
    if (!db_usable(session->db)) {
        *result = (struct db_result){.blame = DB_LOST, .text = "the server closed the connection"};
        return false;
    }
    session->statement = statement;
    session->query = (struct db_query){on_write_sql, on_row, on_done};
    db_ask(session->db, &(struct db_query *){&session->query}, 1, session->params->query_timeout_ms,
           0);
    wait_until_done(session);
    *result = session->result;
    return result->blame == DB_OK;
}

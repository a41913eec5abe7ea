/* session - see the header. */
#include "session.h"

#include <event2/event.h>
#include <stdlib.h>

#include "connection.h"
#include "xmalloc.h"

struct db_session {
    struct event_base *base;
    const struct db_params *params;
    struct db *db;
    struct db_result result;
    bool done;
};

static void on_result(void *arg, const struct db_result *result)
{
    struct db_session *session = arg;

    session->result = *result;
    session->done = true;
}

/* db_usable() is false from now on. */
static void on_ended(void *arg)
{
    (void)arg;
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
    static const struct db_callbacks callbacks = {on_result, on_result, on_ended};
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

bool db_session_ask(struct db_session *session, const struct statement *statement,
                    struct db_result *result)
{
    if (!db_usable(session->db)) {
        *result = (struct db_result){.blame = DB_LOST, .text = "the server closed the connection"};
        return false;
    }
    db_ask(session->db, statement, session->params->query_timeout_ms);
    wait_until_done(session);
    *result = session->result;
    return result->blame == DB_OK;
}

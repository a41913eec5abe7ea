/*
 * session - one database connection for a program that has time to wait: each function returns when
 * it is done. For vmapctl; the daemon uses pool.h.
 */
#ifndef VMAPD_DATABASE_SESSION_H
#define VMAPD_DATABASE_SESSION_H

#include "db.h"

struct db_session;

/* How a statement is made (as in struct db_query), and what becomes of its rows. */
struct db_statement {
    void (*write_sql)(void *arg, template_quote *quote, void *quote_arg, struct buffer *sql);
    bool (*row)(void *arg, unsigned columns, const char *const *fields,
                const unsigned long *lengths);
    void *arg;
};

/*
 * Connect to one host of params, which are borrowed as long as the session lives. NULL: *result says
 * why. The client library must have been started with db_start(base).
 */
struct db_session *db_session_open(struct event_base *base, const struct db_params *params,
                                   const struct db_host *host, struct db_result *result);
void db_session_close(struct db_session *session);

/* False: *result says why. */
bool db_session_ask(struct db_session *session, const struct db_statement *statement,
                    struct db_result *result);

#endif

/*
 * session - one database connection for a program that has time to wait: each function returns when
 * it is done. For vmapctl; the daemon uses pool.h.
 */
#ifndef VMAPD_DATABASE_SESSION_H
#define VMAPD_DATABASE_SESSION_H

#include "db_params.h"
#include "statement.h"

struct event_base;
struct db_session;

/*
 * Connect to one host of params, which are borrowed as long as the session lives. NULL: *result says
 * why. The client library must have been started with db_start(base).
 */
struct db_session *db_session_open(struct event_base *base, const struct db_params *params,
                                   const struct db_host *host, struct db_result *result);
void db_session_close(struct db_session *session);

/* False: *result says why. What it borrows stays until the next question or the session's end. */
bool db_session_ask(struct db_session *session, const struct statement *statement,
                    struct db_result *result);

#endif

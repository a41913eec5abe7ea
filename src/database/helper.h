/* helper - attempts to connect, each in a thread of its own; see also library.h. */
#ifndef VMAPD_DATABASE_HELPER_H
#define VMAPD_DATABASE_HELPER_H

#include <mysql.h>

#include "db_params.h"
#include "statement.h"

struct db_attempt;

/* mysql is NULL when result is not DB_OK; the callee owns it. Runs from the event loop. */
typedef void db_attempt_done(void *arg, MYSQL *mysql, const struct db_result *result);

/* NULL: no thread could be had; result says why. params and host are copied. */
struct db_attempt *db_attempt_start(const struct db_params *params, const struct db_host *host,
                                    db_attempt_done *done, void *arg, struct db_result *result);

/* Nobody waits for it any more: done is not called, the connection is closed when it comes. */
void db_attempt_abandon(struct db_attempt *attempt);

/* Another thread that uses the client library, detached, with all signals blocked. It calls helper_ends()
 * when it does not any more. Returns 0, or an error number: there is no thread. */
int helper_start(void *(*run)(void *), void *arg);
void helper_ends(void);

#endif

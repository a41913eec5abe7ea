/* login - from nothing to a connection that is ready for lookups. */
#ifndef VMAPD_DATABASE_LOGIN_H
#define VMAPD_DATABASE_LOGIN_H

#include <mysql.h>

#include "db_params.h"
#include "statement.h"

/*
 * Connect and log in, blocking. NULL: result says why. For a helper thread; touches nothing but its
 * arguments.
 */
MYSQL *db_login(const struct db_params *params, const struct db_host *host,
                struct db_result *result);

#endif

/*
 * blame - who is to blame for an error. Numbers from MariaDB's and MySQL's error lists; those
 * that MariaDB's header does not have are named here.
 */
#include "blame.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    MYSQL_QUERY_TIMEOUT = 3024,     /* ER_QUERY_TIMEOUT: max_execution_time */
    MYSQL_CANNOT_CONVERT = 3854,    /* ER_CANNOT_CONVERT_STRING */
    MYSQL_NO_SUCH_CHARACTER = 3988, /* ER_IMPOSSIBLE_STRING_CONVERSION */
    MYSQL_CLIENT_INACTIVITY = 4031, /* ER_CLIENT_INTERACTION_TIMEOUT: wait_timeout, since 8.0.24 */
    PROXYSQL_NO_BACKEND = 9001      /* "Max connect timeout reached while reaching hostgroup" */
};

bool blame_is_local(unsigned error)
{
    return (error >= CR_MIN_ERROR && error <= 2999) || (error >= 5000 && error <= 5999);
}

enum db_blame blame_of(unsigned error)
{
    switch (error) {
    case ER_STATEMENT_TIMEOUT:
    case MYSQL_QUERY_TIMEOUT:
        return DB_TIMED_OUT;
    case ER_EMPTY_QUERY:                /* see write_sql() in talk.c */
    case ER_CANT_AGGREGATE_2COLLATIONS: /* a character that the column cannot hold */
    case ER_CANT_AGGREGATE_3COLLATIONS:
    case ER_CANT_AGGREGATE_NCOLLATIONS:
    case ER_INVALID_CHARACTER_STRING:
    case ER_DATA_OUT_OF_RANGE: /* a number that is too large to reckon with */
    case MYSQL_CANNOT_CONVERT:
    case MYSQL_NO_SUCH_CHARACTER:
        return DB_KEY_FAILED;
    case ER_FORCING_CLOSE:
    case ER_CONNECTION_KILLED:
    case MYSQL_CLIENT_INACTIVITY:
    case CR_SERVER_GONE_ERROR:
    case CR_SERVER_LOST:
    case CR_SERVER_LOST_EXTENDED:
    case CR_SSL_CONNECTION_ERROR:
        return DB_LOST;
    case ER_CON_COUNT_ERROR:
    case ER_TOO_MANY_USER_CONNECTIONS:
    case ER_USER_LIMIT_REACHED:
    case ER_UNKNOWN_COM_ERROR: /* a Galera node that is not part of the primary component */
    case ER_SERVER_SHUTDOWN:
    case ER_SERVER_OFFLINE_MODE:
    case ER_HOST_IS_BLOCKED:
    case ER_HOST_NOT_PRIVILEGED:
    case ER_DBACCESS_DENIED_ERROR:
    case ER_ACCESS_DENIED_ERROR:
    case ER_BAD_DB_ERROR:
    case ER_NO_DB_ERROR:
    case ER_MUST_CHANGE_PASSWORD:
    case ER_MUST_CHANGE_PASSWORD_LOGIN:
    case PROXYSQL_NO_BACKEND:
        return DB_HOST_FAILED;
    default:
        return DB_QUERY_FAILED;
    }
}

void blame_set(struct db_result *result, enum db_blame blame, unsigned error, const char *format,
               ...)
{
    va_list args;

    result->blame = blame;
    result->error = error;
    va_start(args, format);
    vsnprintf(result->text, sizeof(result->text), format, args);
    va_end(args);
}

/*
 * blame - see the header. A row stands for what an error says of others: nothing (the key's), that
 * every key of this table gets it (the table's), or that every statement on this host does (the
 * host's). It is better to have too little than too much of it: old answers are told instead of new
 * ones while a table is in trouble, and a host that is given up is missed by all tables. So what is not
 * here, and of no class that is, is nobody's.
 */
#include "blame.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Numbers that MariaDB's header does not have. */
enum {
    MYSQL_QUERY_TIMEOUT = 3024,     /* ER_QUERY_TIMEOUT */
    MYSQL_SESSION_KILLED = 3169,    /* ER_SESSION_WAS_KILLED */
    MYSQL_REGEXP_FIRST = 3685,      /* ER_REGEXP_ILLEGAL_ARGUMENT, */
    MYSQL_REGEXP_LAST = 3700,       /* to ER_REGEXP_PATTERN_TOO_BIG */
    MYSQL_CANNOT_CONVERT = 3854,    /* ER_CANNOT_CONVERT_STRING */
    MYSQL_NO_SUCH_CHARACTER = 3988, /* ER_IMPOSSIBLE_STRING_CONVERSION */
    MYSQL_CLIENT_INACTIVITY = 4031, /* ER_CLIENT_INTERACTION_TIMEOUT */
    PROXYSQL_NO_BACKEND = 9001      /* "Max connect timeout reached while reaching hostgroup" */
};

struct row {
    unsigned first, last;
    enum db_blame blame;
};

#define ONE(error) error, error

/* clang-format off */
static const struct row rows[] = {
    /* The host: it says so itself, whatever it is asked. */
    {ONE(ER_CON_COUNT_ERROR), DB_HOST_FAILED},       /* full; a proxy says it for its servers */
    {ONE(ER_UNKNOWN_COM_ERROR), DB_HOST_FAILED},     /* a Galera node outside of the majority */
    {ONE(ER_SERVER_SHUTDOWN), DB_HOST_FAILED},       /* shutting down */
    {ONE(ER_NORMAL_SHUTDOWN), DB_HOST_FAILED},       /* likewise */
    {ONE(ER_SERVER_OFFLINE_MODE), DB_HOST_FAILED},   /* MySQL's offline_mode: throws all out */
    {ONE(PROXYSQL_NO_BACKEND), DB_HOST_FAILED},      /* no server behind the proxy */

    /* The connection: the server has closed it, or is about to. Another one may do. */
    {ONE(ER_FORCING_CLOSE), DB_LOST},                /* a shutdown that waits no longer */
    {ONE(ER_ABORTING_CONNECTION), DB_LOST},
    {ONE(ER_NEW_ABORTING_CONNECTION), DB_LOST},
    {ONE(ER_CONNECTION_KILLED), DB_LOST},            /* KILL; MaxScale: its server has gone */
    {ONE(MYSQL_SESSION_KILLED), DB_LOST},
    {ONE(MYSQL_CLIENT_INACTIVITY), DB_LOST},         /* wait_timeout, MySQL since 8.0.24 */
    {ONE(CR_SERVER_GONE_ERROR), DB_LOST},
    {ONE(CR_SERVER_LOST), DB_LOST},
    {ONE(CR_SERVER_LOST_EXTENDED), DB_LOST},
    {ONE(CR_SSL_CONNECTION_ERROR), DB_LOST},

    /* The time limit. It is the table's: the next key would wait for the same lock. */
    {ONE(ER_STATEMENT_TIMEOUT), DB_TIMED_OUT},       /* max_statement_time */
    {ONE(MYSQL_QUERY_TIMEOUT), DB_TIMED_OUT},        /* max_execution_time */

    /* The key: the error depends on what it is, or on its own rows. */
    {ONE(ER_EMPTY_QUERY), DB_KEY_FAILED},            /* no place for it, see write_sql() in talk.c */
    {ONE(ER_REGEXP_ERROR), DB_KEY_FAILED},           /* it makes a wrong pattern */
    {MYSQL_REGEXP_FIRST, MYSQL_REGEXP_LAST, DB_KEY_FAILED},
    {ONE(ER_SUBQUERY_NO_1_ROW), DB_KEY_FAILED},      /* it has too many rows in a subquery, */
    {ONE(ER_TOO_MANY_ROWS), DB_KEY_FAILED},          /* or in a procedure, */
    {ONE(ER_SP_FETCH_NO_DATA), DB_KEY_FAILED},       /* or too few */
    {ONE(ER_SP_RECURSION_LIMIT), DB_KEY_FAILED},     /* its rows lead too deep */
    {ONE(ER_NET_PACKET_TOO_LARGE), DB_KEY_FAILED},   /* it makes too long a query, */
    {ONE(ER_WARN_ALLOWED_PACKET_OVERFLOWED), DB_KEY_FAILED}, /* or too long a value */
    {ONE(ER_WARN_DATA_OUT_OF_RANGE), DB_KEY_FAILED}, /* a number too large for its column, */
    {ONE(ER_DATA_OUT_OF_RANGE), DB_KEY_FAILED},      /* or to reckon with */
    {ONE(ER_DIVISION_BY_ZERO), DB_KEY_FAILED},
    {ONE(ER_TRUNCATED_WRONG_VALUE), DB_KEY_FAILED},  /* no number, no date, */
    {ONE(ER_TRUNCATED_WRONG_VALUE_FOR_FIELD), DB_KEY_FAILED},
    {ONE(ER_DATA_TOO_LONG), DB_KEY_FAILED},          /* too long for a column or parameter */
    {ONE(ER_INVALID_CHARACTER_STRING), DB_KEY_FAILED}, /* a character that is not there, */
    {ONE(MYSQL_CANNOT_CONVERT), DB_KEY_FAILED},      /* in the column's character set */
    {ONE(MYSQL_NO_SUCH_CHARACTER), DB_KEY_FAILED},
    {ONE(ER_SIGNAL_EXCEPTION), DB_KEY_FAILED},       /* the statement's own SIGNAL */

    /* The table: nothing in it depends on the key. */
    {ONE(ER_LOCK_WAIT_TIMEOUT), DB_TABLE_FAILED},    /* locked */
    {ONE(ER_LOCK_DEADLOCK), DB_TABLE_FAILED},
    {120, 200, DB_TABLE_FAILED},                     /* a storage engine's own: crashed, damaged */
    {ONE(ER_CANT_OPEN_FILE), DB_TABLE_FAILED},       /* its files cannot be read, */
    {ONE(ER_FILE_NOT_FOUND), DB_TABLE_FAILED},
    {ONE(ER_ERROR_ON_READ), DB_TABLE_FAILED},
    {ONE(ER_GET_ERRNO), DB_TABLE_FAILED},            /* the storage engine does not say why, */
    {ONE(ER_NOT_FORM_FILE), DB_TABLE_FAILED},        /* they are damaged */
    {ONE(ER_NOT_KEYFILE), DB_TABLE_FAILED},
    {ONE(ER_OLD_KEYFILE), DB_TABLE_FAILED},
    {ONE(ER_CRASHED_ON_USAGE), DB_TABLE_FAILED},
    {ONE(ER_CRASHED_ON_REPAIR), DB_TABLE_FAILED},
    {ONE(ER_NO_SUCH_TABLE_IN_ENGINE), DB_TABLE_FAILED},
    {ONE(ER_TABLESPACE_MISSING), DB_TABLE_FAILED},
    {ONE(ER_TABLESPACE_DISCARDED), DB_TABLE_FAILED},
    {ONE(ER_TABLE_DEF_CHANGED), DB_TABLE_FAILED},    /* altered in this moment */
    {ONE(ER_CONNECT_TO_FOREIGN_DATA_SOURCE), DB_TABLE_FAILED}, /* FEDERATED: the other server */
    {ONE(ER_QUERY_ON_FOREIGN_DATA_SOURCE), DB_TABLE_FAILED},
    {ONE(ER_DISK_FULL), DB_TABLE_FAILED},            /* no room for a temporary table, */
    {ONE(ER_RECORD_FILE_FULL), DB_TABLE_FAILED},
    {ONE(ER_OUTOFMEMORY), DB_TABLE_FAILED},          /* no memory to sort in, */
    {ONE(ER_OUT_OF_SORTMEMORY), DB_TABLE_FAILED},
    {ONE(ER_OUT_OF_RESOURCES), DB_TABLE_FAILED},
    {ONE(ER_VIEW_INVALID), DB_TABLE_FAILED},         /* what it is made of has gone, */
    {ONE(ER_NO_SUCH_USER), DB_TABLE_FAILED},         /* or its DEFINER */
    {ONE(ER_OPTION_PREVENTS_STATEMENT), DB_TABLE_FAILED}, /* --read-only and the like */
    {ONE(ER_HOST_IS_BLOCKED), DB_TABLE_FAILED},      /* what a login would be the host's fault for: */
    {ONE(ER_HOST_NOT_PRIVILEGED), DB_TABLE_FAILED},  /* as an answer to one statement it comes from */
    {ONE(ER_ACCESS_DENIED_ERROR), DB_TABLE_FAILED},  /* what lies behind, such as a proxy's server */
    {ONE(ER_NO_DB_ERROR), DB_TABLE_FAILED},
    {ONE(ER_MUST_CHANGE_PASSWORD), DB_TABLE_FAILED},
    {ONE(ER_MUST_CHANGE_PASSWORD_LOGIN), DB_TABLE_FAILED},
};
/* clang-format on */

/* Classes of SQLSTATE, for numbers that are in no row. */
static const struct {
    char class[3];
    enum db_blame blame;
} classes[] = {
    {"02", DB_KEY_FAILED},   /* no data */
    {"21", DB_KEY_FAILED},   /* too many rows for one place */
    {"22", DB_KEY_FAILED},   /* data that does not do */
    {"42", DB_TABLE_FAILED}, /* no such table, column, right; not understood */
};

/* What a SIGNAL of the statement's own says is its author's, whatever number he gives it. */
static const char own_signal[] = "45";

bool blame_is_local(unsigned error)
{
    return (error >= CR_MIN_ERROR && error <= 2999) || (error >= 5000 && error <= 5999);
}

bool blame_is_denied(unsigned error)
{
    return error == ER_DBACCESS_DENIED_ERROR || error == ER_TABLEACCESS_DENIED_ERROR ||
           error == ER_COLUMNACCESS_DENIED_ERROR || error == ER_PROCACCESS_DENIED_ERROR;
}

bool blame_is_limit(unsigned error)
{
    return error == ER_CON_COUNT_ERROR || error == ER_TOO_MANY_USER_CONNECTIONS ||
           error == ER_USER_LIMIT_REACHED;
}

/*
 * A mix of collations. That of a column (IMPLICIT) and that of a literal (COERCIBLE) clash because the
 * key has a character that the column cannot hold. Those of two columns clash for every key.
 */
static enum db_blame blame_of_mix(const char *text)
{
    static const char implicit[] = ",IMPLICIT)";
    const char *first = strstr(text, implicit);

    return first != NULL && strstr(first + 1, implicit) != NULL ? DB_TABLE_FAILED : DB_KEY_FAILED;
}

static bool is_mix(unsigned error)
{
    return error == ER_CANT_AGGREGATE_2COLLATIONS || error == ER_CANT_AGGREGATE_3COLLATIONS;
}

enum db_blame blame_of(unsigned error, const char *sqlstate, const char *text)
{
    if (strncmp(sqlstate, own_signal, 2) == 0)
        return DB_KEY_FAILED;
    if (is_mix(error))
        return blame_of_mix(text);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (error >= rows[i].first && error <= rows[i].last)
            return rows[i].blame;
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (strncmp(sqlstate, classes[i].class, 2) == 0)
            return classes[i].blame;
    return DB_FAILED;
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

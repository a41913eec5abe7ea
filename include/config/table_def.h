/*
 * table_def - one SQL source, as a [table], a [map] with a query of its own or a mysql_table(5) file
 * defines it. Times are milliseconds.
 */
#ifndef VMAPD_CONFIG_TABLE_DEF_H
#define VMAPD_CONFIG_TABLE_DEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "db_params.h"
#include "table.h"

struct table_def {
    size_t index; /* config->tables[index] */
    char *name;   /* NAME of [table NAME] or [map NAME], or the path of a .cf file */
    char *origin; /* "FILE:LINE" of the section, or the .cf file, for messages */
    struct db_params db;
    char *password_file; /* where db.password is from; NULL = written itself */
    char *query;         /* as written (or as built from the legacy parameters) */
    char *result_format;
    char *domain; /* as written, "" = none */
    struct table_rules rules;
    bool cache;      /* cache = no: every lookup asks the database */
    uint64_t ttl_ms; /* of positive answers; [cache] ttl unless set for the table */
    uint64_t negative_ttl_ms;
    uint64_t stale_ttl_ms;
    bool mirror; /* hold it whole */
    uint64_t mirror_interval_ms;
    uint64_t mirror_expire_ms; /* 0: negative_ttl_ms */
    char *mirror_query;        /* NULL = made of query */
    bool mirror_stream;        /* follow the server's binary log */
    char *stream_user;         /* as whom; NULL = as db.user */
    char *stream_password;
    char *stream_password_file; /* where that is from; NULL = written itself */
};

/* Whether tables have a parameter of that name. */
bool table_def_knows(const char *parameter);

/* How to reach its database as the account that follows the log: all borrowed from the definition. */
void table_def_stream_params(const struct table_def *def, struct db_params *params);
/* Whether that is the same for both. */
bool table_def_same_stream(const struct table_def *a, const struct table_def *b);

/* Whether two definitions would give the same answers from the same database. */
bool table_def_equal(const struct table_def *a, const struct table_def *b);
/* The same, but the hosts may be others. */
bool table_def_equal_but_hosts(const struct table_def *a, const struct table_def *b);
/* The same, and a mirror that was made for the one holds what the other's would. */
bool table_def_same_rows(const struct table_def *a, const struct table_def *b);

/*
 * Append all that decides about its answers. Definitions look alike there only if they are equal, and
 * one looks the same in every release.
 */
void table_def_append(const struct table_def *def, struct buffer *out);

#endif

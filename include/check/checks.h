/*
 * checks - find what is wrong with a configuration and around it, for a person who can mend it. Each
 * finding is one line: where, what, and what to do.
 */
#ifndef VMAPD_CHECK_CHECKS_H
#define VMAPD_CHECK_CHECKS_H

#include "buffer.h"
#include "config.h"
#include "postconf.h"

struct check {
    struct buffer text; /* lines: "ok: ...", "note: ...", "problem: ..." */
    unsigned problems;
};

/* Append a line. A problem that was told already is not told again. */
void check_ok(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
void check_note(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
void check_problem(struct check *check, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Load the configuration; its warnings are problems. NULL: it is wrong. */
struct config *check_config(struct check *check, const char *path);

/* Every host, and on each every query of the tables that use it. Blocks; connect_timeout a host. */
void check_database(struct check *check, const struct config *config);

/* One query, from what EXPLAIN said of it: rows as MySQL and MariaDB give them. */
void check_plan_row(struct check *check, const struct table_def *table, unsigned columns,
                    const char *const *fields);

/* Whether the users and groups of [server] exist. */
void check_accounts(struct check *check, const struct config *config);

/* Whether user can reach the sockets that Postfix connects to. */
void check_sockets(struct check *check, const struct config *config, const char *user);

/* Whether user, as which vmapd runs, can read the files that the configuration names. */
void check_files(struct check *check, const struct config *config, const char *user);

/* What main.cf and vmapd.conf have to agree on; and who refuses socketmap tables. */
void check_postfix(struct check *check, const struct config *config,
                   const struct postconf *postconf);

#endif

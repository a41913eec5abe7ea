/*
 * blame - whose fault an error is: the one table of error numbers, for MariaDB and MySQL, and the
 * reason for each of its rows.
 */
#ifndef VMAPD_DATABASE_BLAME_H
#define VMAPD_DATABASE_BLAME_H

#include "statement.h"

/*
 * Who is to blame for an error of the server or the client library while a statement runs on a
 * connection that has logged in. sqlstate has five characters; text is the message.
 */
enum db_blame blame_of(unsigned error, const char *sqlstate, const char *text);

/* Whether the number is one of the client library: the state of the connection is unknown. */
bool blame_is_local(unsigned error);

/* Whether a right is missing. The server looks at some rights at the login only, so another connection
 * may have it already. */
bool blame_is_denied(unsigned error);

/* At a login: whether it is just one connection too many, for the server or for this account. */
bool blame_is_limit(unsigned error);

/* Set blame, error and text of a failure. */
void blame_set(struct db_result *result, enum db_blame blame, unsigned error, const char *format,
               ...) __attribute__((format(printf, 4, 5)));

#endif

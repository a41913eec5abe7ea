/* blame - who is to blame for an error. */
#ifndef VMAPD_DATABASE_BLAME_H
#define VMAPD_DATABASE_BLAME_H

#include "statement.h"

/* Who is to blame for an error of the client library or the server, while a query runs. */
enum db_blame blame_of(unsigned error);
/* Whether the number is one of the client library: the state of the connection is unknown. */
bool blame_is_local(unsigned error);
/* Set blame, error and text. */
void blame_set(struct db_result *result, enum db_blame blame, unsigned error, const char *format,
               ...) __attribute__((format(printf, 4, 5)));

#endif

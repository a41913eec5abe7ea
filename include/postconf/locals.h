/*
 * locals - the domains that Postfix takes for local when it looks up addresses (myorigin,
 * mydestination), as resolve_local(3) and mail_addr_find(3) do. Reads the files that main.cf names.
 */
#ifndef VMAPD_POSTCONF_LOCALS_H
#define VMAPD_POSTCONF_LOCALS_H

#include <stddef.h>

#include "buffer.h"
#include "postconf.h"

/* Zero-initialise; free with locals_free(). */
struct locals {
    struct buffer names; /* ", " between them */
    char **tables; /* that have more of them: "mysql:/etc/postfix/dest.cf"; without "proxy:" */
    size_t table_count;
    struct buffer notes; /* what could not be found out, one sentence to a line */
};

/* Of a service of master.cf, or of main.cf (""). */
void locals_find(const struct postconf *postconf, const char *service, struct locals *locals);
void locals_free(struct locals *locals);

/* The path of the mysql_table(5) file that a table of the list is; NULL: it is none. Points into it. */
const char *locals_table_file(const char *table);

#endif

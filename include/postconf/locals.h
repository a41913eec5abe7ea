/*
 * locals - the domains that Postfix takes for local when it looks up addresses (myorigin,
 * mydestination), as resolve_local(3) and mail_addr_find(3) do. Reads the files that main.cf names.
 */
#ifndef VMAPD_POSTCONF_LOCALS_H
#define VMAPD_POSTCONF_LOCALS_H

#include "buffer.h"
#include "postconf.h"

/*
 * Of a service of master.cf, or of main.cf (""). Appends the domains with ", " between them; what could not be found out is appended to notes, one
 * sentence to a line.
 */
void locals_find(const struct postconf *postconf, const char *service, struct buffer *domains,
                 struct buffer *notes);

#endif

/* dovecot - whether Dovecot delivers without the database, as far as doveconf(1) tells. */
#ifndef VMAPD_CHECK_DOVECOT_H
#define VMAPD_CHECK_DOVECOT_H

#include "checks.h"

/* virtual_transport: to whom Postfix hands mail for mailboxes. */
void check_dovecot(struct check *check, const char *virtual_transport);

#endif

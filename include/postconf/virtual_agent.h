/*
 * virtual_agent - whether virtual(8), Postfix's own delivery agent for mailboxes, reads a setting: it
 * refuses socketmap tables ("not allowed for security-sensitive data"), and mail is deferred. Pure.
 */
#ifndef VMAPD_POSTCONF_VIRTUAL_AGENT_H
#define VMAPD_POSTCONF_VIRTUAL_AGENT_H

#include "buffer.h"
#include "postconf.h"

/*
 * The service of master.cf that runs virtual(8) with this setting; length 0: none does, or it has a
 * setting of its own.
 */
struct slice virtual_agent_of(const struct postconf *postconf,
                              const struct postconf_setting *setting);

#endif

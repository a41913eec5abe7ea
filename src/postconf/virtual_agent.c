/* virtual_agent - see the header. */
#include "virtual_agent.h"

#include <stdlib.h>

#include "xmalloc.h"

static bool is_read_by_virtual(const char *parameter)
{
    return strcmp(parameter, "virtual_mailbox_maps") == 0 ||
           strcmp(parameter, "virtual_mailbox_limit_maps") == 0 ||
           strcmp(parameter, "virtual_uid_maps") == 0 || strcmp(parameter, "virtual_gid_maps") == 0;
}

/* Whether the service has a setting of its own, so that main.cf's does not concern it. */
static bool has_own(const struct postconf *postconf, struct slice service, const char *parameter)
{
    char *name = xasprintf("%.*s/unix", (int)service.len, service.data);
    bool found = false;

    for (size_t i = 0; i < postconf_count(postconf); i++) {
        const struct postconf_setting *other = postconf_setting(postconf, i);

        found = found || (strcmp(other->service, name) == 0 && strcmp(other->name, parameter) == 0);
    }
    free(name);
    return found;
}

/* In main.cf it is virtual_transport's service that counts. */
struct slice virtual_agent_of(const struct postconf *postconf,
                              const struct postconf_setting *setting)
{
    bool in_main_cf = setting->service[0] == '\0';
    const char *text =
        in_main_cf ? postconf_value(postconf, "virtual_transport") : setting->service;
    struct slice service = {text, strcspn(text, in_main_cf ? ":" : "/")};
    const char *agent = postconf_agent(postconf, service);

    if (!is_read_by_virtual(setting->name) || agent == NULL || strcmp(agent, "virtual") != 0 ||
        (in_main_cf && has_own(postconf, service, setting->name)))
        service.len = 0;
    return service;
}

/* accounts - see the header. */
#include "accounts.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

/* Socket files may belong to a number. */
static bool is_number(const char *text)
{
    return text[strspn(text, "0123456789")] == '\0';
}

static void tell(struct check *check, const struct config *config, const char *parameter,
                 const char *name, const char *kind)
{
    check_problem(check,
                  "%s: %s = %s: there is no such %s, so vmapd does not start; add it, or mend the "
                  "name",
                  config->path, parameter, name, kind);
}

void check_accounts(struct check *check, const struct config *config)
{
    const struct server_options *server = &config->server;
    const struct {
        const char *parameter, *name;
    } users[] = {{"socket_owner", server->socket_owner}, {"control_owner", server->control_owner}},
      groups[] = {{"socket_group", server->socket_group}, {"control_group", server->control_group}};

    if (server->user[0] != '\0' && getpwnam(server->user) == NULL)
        tell(check, config, "user", server->user, "user");
    for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++)
        if (!is_number(users[i].name) && getpwnam(users[i].name) == NULL)
            tell(check, config, users[i].parameter, users[i].name, "user");
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        if (!is_number(groups[i].name) && getgrnam(groups[i].name) == NULL)
            tell(check, config, groups[i].parameter, groups[i].name, "group");
}

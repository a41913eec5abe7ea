/* postfix - see the header. */
#include "postfix.h"

#include <stdlib.h>
#include <string.h>

#include "parameters.h"
#include "table_list.h"
#include "virtual_agent.h"
#include "xmalloc.h"

/* One member of a list that is a map of ours. */
struct use {
    struct check *check;
    const struct config *config;
    const struct postconf *postconf;
    const struct postconf_setting *setting;
    const struct parameter *asked;
    char *where; /* "/etc/postfix/main.cf: virtual_alias_maps" */
};

static char *place(const struct postconf *postconf, const struct postconf_setting *setting)
{
    if (setting->service[0] == '\0')
        return xasprintf("%s/main.cf: %s", postconf_directory(postconf), setting->name);
    return xasprintf("%s/master.cf: %s: %s", postconf_directory(postconf), setting->service,
                     setting->name);
}

/* Whether "unix:PATH" or "inet:HOST:PORT" of a socketmap table is one of our sockets. */
static bool is_ours(const struct use *use, struct slice address)
{
    const struct server_options *server = &use->config->server;
    const char *queue = postconf_value(use->postconf, "queue_directory");
    bool relative =
        address.len > 5 && memcmp(address.data, "unix:", 5) == 0 && address.data[5] != '/';
    char *text = relative ? xasprintf("unix:%s/%.*s", queue, (int)address.len - 5, address.data + 5)
                          : xstrndup(address.data, address.len);
    bool found = false;

    for (size_t i = 0; i < server->listen_count; i++)
        found = found || strcmp(server->listen[i].text, text) == 0;
    free(text);
    return found;
}

/* Split the name of a socketmap table; false if it is not ours. */
static bool split_map(const struct use *use, const struct list_member *member, struct slice *map)
{
    const char *colon;
    struct slice address = member->name;

    if (!slice_equal(member->type, slice_of("socketmap")))
        return false;
    colon = memrchr(address.data, ':', address.len);
    if (colon == NULL)
        return false;
    address.len = (size_t)(colon - address.data);
    *map = (struct slice){colon + 1, member->name.len - address.len - 1};
    return is_ours(use, address);
}

static void check_search(const struct use *use, const struct map_def *map)
{
    const char *delimiter = postconf_value(use->postconf, "recipient_delimiter");
    enum search search = map->rules.search;

    if (search != use->asked->search) {
        check_problem(use->check, "%s: map %s has search = %s, and Postfix needs search = %s here",
                      use->where, map->name, search_words[search],
                      search_words[use->asked->search]);
        return;
    }
    if (search_has_extensions(search) && strcmp(map->rules.recipient_delimiter, delimiter) != 0)
        check_problem(use->check,
                      "%s: map %s has recipient_delimiter = %s, and Postfix has \"%s\"; set it to "
                      "that",
                      use->where, map->name, map->rules.recipient_delimiter, delimiter);
    if (search_has_parents(search) &&
        map->rules.plain_parents !=
            table_list_has(postconf_value(use->postconf, "parent_domain_matches_subdomains"),
                           use->asked->parents))
        check_problem(use->check, "%s: map %s needs parent_domain_matches_subdomains = %s",
                      use->where, map->name, map->rules.plain_parents ? "no" : "yes");
    if (search == SEARCH_ALIAS &&
        map->rules.propagate_extension !=
            table_list_has(postconf_value(use->postconf, "propagate_unmatched_extensions"),
                           use->asked->propagation))
        check_problem(use->check, "%s: map %s needs propagate_extension = %s", use->where,
                      map->name, map->rules.propagate_extension ? "no" : "yes");
}

static void check_refusal(const struct use *use)
{
    struct slice agent = virtual_agent_of(use->postconf, use->setting);

    if (agent.len > 0)
        check_problem(
            use->check,
            "%s: virtual(8) (the service %.*s) refuses socketmap tables, mail is deferred; "
            "deliver by LMTP, or give it mysql: tables with -o in master.cf",
            use->where, (int)agent.len, agent.data);
    else if (use->asked->kind == PARAMETER_BY_LOCAL)
        check_problem(use->check, "%s: local(8) refuses socketmap tables; use another type here",
                      use->where);
}

static void check_map(const struct use *use, struct slice name)
{
    const struct map_def *map = config_map(use->config, name);

    if (map == NULL)
        check_problem(use->check, "%s: there is no map %.*s in %s", use->where, (int)name.len,
                      name.data, use->config->path);
    else if (use->asked->kind == PARAMETER_MAPS || use->asked->kind == PARAMETER_LIST)
        check_search(use, map);
    check_refusal(use);
}

/* How many maps of ours the setting has. */
static unsigned check_setting(struct use *use)
{
    struct slice rest = slice_of(use->setting->expanded), map;
    struct list_member member;
    unsigned count = 0;

    use->asked = parameters_find(use->setting->name);
    use->where = place(use->postconf, use->setting);
    while (use->asked->kind != PARAMETER_NOTHING && table_list_next(&rest, &member))
        if (split_map(use, &member, &map)) {
            check_map(use, map);
            count++;
        }
    if (count > 1 && parameters_partial(use->asked))
        check_problem(use->check,
                      "%s: %u maps in one list: a catch-all of the first hides what the others "
                      "have; name all their tables in one map",
                      use->where, count);
    free(use->where);
    return count;
}

void check_postfix(struct check *check, const struct config *config,
                   const struct postconf *postconf)
{
    struct use use = {check, config, postconf, NULL, NULL, NULL};
    unsigned count = 0;

    for (size_t i = 0; i < postconf_count(postconf); i++) {
        use.setting = postconf_setting(postconf, i);
        count += check_setting(&use);
    }
    if (count > 0)
        check_ok(check, "%s: %u uses of these maps", postconf_directory(postconf), count);
    else
        check_note(check, "%s: Postfix does not use these maps; vmapctl import tells how to switch",
                   postconf_directory(postconf));
}

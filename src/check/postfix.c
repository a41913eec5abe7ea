/* postfix - see the header. */
#include "postfix.h"

#include <stdlib.h>
#include <string.h>

#include "main_cf.h"
#include "our_maps.h"
#include "parameters.h"
#include "search_rules.h"
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

/* Services of master.cf with rules of their own that ask what main.cf says. */
static void check_services(const struct use *use, const struct search_wanted *wanted,
                           const struct map_def *map)
{
    for (size_t i = 0; i < postconf_count(use->postconf); i++) {
        const struct postconf_setting *rule = postconf_setting(use->postconf, i);
        const char *program = postconf_program(use->postconf, rule->service);
        char *where;

        if (program == NULL || !parameters_read_by(use->asked, program) ||
            !parameters_concern_search(rule->name, wanted->search) ||
            postconf_find(use->postconf, rule->service, use->setting->name) != NULL)
            continue;
        where = xasprintf("%s/master.cf: %s: %s (%s)", postconf_directory(use->postconf),
                          rule->service, rule->name, use->setting->name);
        check_search_rules(use->check, use->config, use->postconf, rule->service, where, wanted,
                           map);
        free(where);
    }
}

/* before: the word in front of the table, in a list of restrictions. */
static void check_search(const struct use *use, struct slice before, const struct map_def *map)
{
    struct search_wanted wanted = {use->asked->search, use->asked->propagation,
                                   use->asked->parents};
    const char *bare = parameters_bare_restriction(use->setting->name);

    if (use->asked->kind == PARAMETER_RESTRICTIONS || use->asked->kind == PARAMETER_UNKNOWN) {
        if (!parameters_restriction(before, &wanted.search) &&
            !(bare != NULL && parameters_restriction(slice_of(bare), &wanted.search)))
            return;
        wanted.parents = "smtpd_access_maps";
    }
    check_search_rules(use->check, use->config, use->postconf, use->setting->service, use->where,
                       &wanted, map);
    if (use->setting->service[0] == '\0')
        check_services(use, &wanted, map);
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

static void check_map(const struct use *use, struct slice before, struct slice name)
{
    const struct map_def *map = config_map(use->config, name);

    if (map == NULL)
        check_problem(use->check, "%s: there is no map %.*s in %s", use->where, (int)name.len,
                      name.data, use->config->path);
    else if (use->asked->kind == PARAMETER_MAPS || use->asked->kind == PARAMETER_LIST ||
             use->asked->kind == PARAMETER_RESTRICTIONS || use->asked->kind == PARAMETER_UNKNOWN)
        check_search(use, before, map);
    check_refusal(use);
}

/* How many maps of ours the setting has. */
static unsigned check_setting(struct use *use)
{
    struct slice rest = slice_of(use->setting->expanded), before = slice_of(""), map;
    struct list_member member;
    unsigned count = 0;

    use->asked = parameters_find(use->setting->name);
    use->where = place(use->postconf, use->setting);
    if (use->asked->kind != PARAMETER_NOTHING)
        check_table_names(use->check, use->config, use->postconf, use->setting, use->where);
    for (; use->asked->kind != PARAMETER_NOTHING && table_list_next(&rest, &member);
         before = member.text)
        if (our_maps_is(use->config, use->postconf, &member, &map)) {
            check_map(use, before, map);
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

bool check_postfix(struct check *check, const struct config *config,
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
        check_note(check, "%s: Postfix does not use these maps; vmapctl switch changes that",
                   postconf_directory(postconf));
    return count > 0;
}

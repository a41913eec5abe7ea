/*
 * What tests of import share: a Postfix as its postconf(1) would tell it, and the plan for it compared
 * as text: "map NAME search ... tables", "set PARAMETER = VALUE", "stay WHAT".
 */
#ifndef VMAPD_PLAN_CASE_H
#define VMAPD_PLAN_CASE_H

#include "plan.h"

#include "decide.h"
#include "unit.h"

static const char plan_values[] =
    "config_directory = /etc/postfix\n"
    "inet_interfaces = all\n"
    "mail_owner = postfix\n"
    "mydestination = localhost\n"
    "myorigin = host.example.com\n"
    "parent_domain_matches_subdomains = debug_peer_list,fast_flush_domains,mynetworks,"
    "relay_domains,smtpd_access_maps\n"
    "propagate_unmatched_extensions = canonical, virtual\n"
    "queue_directory = /var/spool/postfix\n"
    "recipient_delimiter = +\n";

static const char plan_services[] = "smtp inet n - y - - smtpd\n"
                                    "lmtp unix - - y - - lmtp\n"
                                    "dovecot unix - n n - - pipe flags=DRh\n"
                                    "virtual unix - n n - - virtual\n"
                                    "mailboxes unix - n n - - virtual\n";

/* A file is bad if its name says so. */
static bool check_file(const char *path, struct buffer *error)
{
    if (strstr(path, "bad") == NULL)
        return true;
    buffer_printf(error, "%s: bad", path);
    return false;
}

static struct postconf *postconf_of(const char *main_cf, const char *expanded)
{
    struct postconf *postconf = postconf_new("/etc/postfix");

    postconf_add(postconf, POSTCONF_WRITTEN, slice_of(main_cf));
    if (expanded != NULL)
        postconf_add(postconf, POSTCONF_EXPANDED, slice_of(expanded));
    postconf_add(postconf, POSTCONF_VALUES, slice_of(plan_values));
    postconf_add(postconf, POSTCONF_SERVICES, slice_of(plan_services));
    return postconf;
}

static void dump(const struct import_plan *plan, struct buffer *out)
{
    for (size_t i = 0; i < plan->map_count; i++) {
        const struct import_map *map = &plan->map[i];

        buffer_printf(out, "map %s %s%s%s%s", map->name, search_words[map->search],
                      map->propagates ? " propagates" : "",
                      map->parents_undotted ? " undotted" : "", map->by_hand ? " by hand" : "");
        for (size_t j = 0; j < map->table_count; j++)
            buffer_printf(out, " %s", map->tables[j]);
        buffer_add_char(out, '\n');
    }
    for (size_t i = 0; i < plan->change_count; i++)
        buffer_printf(out, "set %s%s%s = %s\n", plan->change[i].service,
                      plan->change[i].service[0] != '\0' ? " " : "", plan->change[i].parameter,
                      plan->change[i].after);
    for (size_t i = 0; i < plan->stay_count; i++)
        buffer_printf(out, "stay %s\n", plan->stay[i].what);
}

static void check_plan_of(struct postconf *postconf, const char *wanted)
{
    struct import_plan *plan = import_decide(postconf, check_file);
    struct buffer got = BUFFER_EMPTY;

    dump(plan, &got);
    ck_assert_str_eq(buffer_text(&got), wanted);
    import_plan_free(plan);
    postconf_free(postconf);
    buffer_free(&got);
}

static void check_plan(const char *main_cf, const char *wanted)
{
    check_plan_of(postconf_of(main_cf, NULL), wanted);
}

#define SOCKETMAP "socketmap:unix:private/vmap:"

#endif

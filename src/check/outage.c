/* outage - see the header. "Not found" is not told for long then; see docs/failures.md. */
#include "outage.h"

#include <stdlib.h>
#include <string.h>

#include "control_protocol.h"
#include "dovecot.h"
#include "names.h"
#include "our_maps.h"
#include "parameters.h"
#include "sample.h"

#define MAILBOXES_MAX 20

/* Longer than most outages. */
#define LONG_MS 3600000

/* --- vmapd ---------------------------------------------------------------------------------- */

static void check_state_file(struct check *check, const struct config *config)
{
    if (config->cache.state_file == NULL || config->cache.state_file[0] == '\0')
        check_problem(
            check,
            "%s: without state_file nobody is known after a restart while the database is "
            "away; write state_file = /var/lib/vmapd/cache below [cache], and restart "
            "vmapd",
            config->path);
}

/* Some mailboxes of the map. */
static void list_mailboxes(const struct map_def *map, struct names *names)
{
    struct buffer error = BUFFER_EMPTY;
    bool whole;

    for (size_t t = 0; t < map->table_count && names->count == 0; t++)
        sample_table(map->tables[t], MAILBOXES_MAX, names, &whole, &error);
    names_sort(names);
    buffer_free(&error);
}

/* A mailbox that is no alias cannot be told from an unknown one: its lookups end with "not found". */
static void check_identity(struct check *check, const struct config *config,
                           const struct map_def *mailboxes, const struct map_def *aliases,
                           ask_vmapd *ask, void *arg)
{
    struct names names = NAMES_EMPTY;
    const char *lacking = NULL;

    list_mailboxes(mailboxes, &names);
    for (size_t i = 0; i < names.count && i < MAILBOXES_MAX && lacking == NULL; i++) {
        const char *const words[] = {"lookup", aliases->name, names.at[i]};
        struct buffer text = BUFFER_EMPTY;

        if (strchr(names.at[i], '@') != NULL && ask(arg, words, 3, &text) == CONTROL_NOT_FOUND)
            lacking = names.at[i];
        buffer_free(&text);
    }
    if (lacking != NULL)
        check_problem(check,
                      "%s: the mailbox %s is in no table of map %s, so mail for it is deferred "
                      "after negative_ttl while the database is away; give the map a last table "
                      "that makes each mailbox an alias of itself (vmapctl(1), MOVING OVER)",
                      config->path, lacking, aliases->name);
    names_free(&names);
}

/* --- Postfix -------------------------------------------------------------------------------- */

static void check_alias_domains(struct check *check, const struct postconf *postconf)
{
    if (postconf_find(postconf, "", "virtual_alias_domains") == NULL)
        check_problem(check,
                      "%s/main.cf: virtual_alias_domains is not set, so each domain is looked up "
                      "among the aliases, which gives no answer after negative_ttl while the "
                      "database is away; postconf -e 'virtual_alias_domains =' (or list there the "
                      "domains that have aliases only), then postfix reload",
                      postconf_directory(postconf));
}

/* "Not found" may be told for long there, however old the question is. */
static bool is_patient(const struct table_def *table)
{
    return table->negative_ttl_ms >= LONG_MS ||
           (table->mirror && table->mirror_expire_ms >= LONG_MS);
}

/* Maps that have nothing for most addresses, asked on each mail's way: transports, copies. */
static void check_silent_map(struct check *check, const struct map_def *map, const char *mailbox,
                             ask_vmapd *ask, void *arg)
{
    const char *const words[] = {"lookup", map->name, mailbox};
    struct buffer text = BUFFER_EMPTY;
    bool is_silent = ask(arg, words, 3, &text) == CONTROL_NOT_FOUND;

    for (size_t t = 0; is_silent && t < map->table_count; t++)
        if (!is_patient(map->tables[t]))
            check_problem(check,
                          "%s: map %s has nothing for %s, which is told for negative_ttl only "
                          "while the database is away, and then mail waits; nobody is refused for "
                          "it, so write negative_ttl = 1d for table %s",
                          map->tables[t]->origin, map->name, mailbox, map->tables[t]->name);
    buffer_free(&text);
}

static void check_silent_maps(struct check *check, const struct config *config,
                              const struct postconf *postconf, const struct map_def *mailboxes,
                              ask_vmapd *ask, void *arg)
{
    struct names names = NAMES_EMPTY;
    const struct parameter *parameter;

    list_mailboxes(mailboxes, &names);
    for (size_t i = 0; names.count > 0 && (parameter = parameters_at(i)) != NULL; i++) {
        const struct map_def *map =
            parameters_refuse(parameter) ? NULL : our_maps_of(config, postconf, parameter->name);

        if (map != NULL)
            check_silent_map(check, map, names.at[0], ask, arg);
    }
    names_free(&names);
}

void check_outage(struct check *check, const struct config *config, const struct postconf *postconf,
                  ask_vmapd *ask, void *arg)
{
    const struct map_def *mailboxes = our_maps_of(config, postconf, "virtual_mailbox_maps");
    const struct map_def *aliases = our_maps_of(config, postconf, "virtual_alias_maps");

    check_state_file(check, config);
    if (aliases != NULL)
        check_alias_domains(check, postconf);
    if (aliases != NULL && mailboxes != NULL)
        check_identity(check, config, mailboxes, aliases, ask, arg);
    if (mailboxes != NULL)
        check_silent_maps(check, config, postconf, mailboxes, ask, arg);
    check_dovecot(check, postconf_value(postconf, "virtual_transport"));
}

/* outage - see the header. "Not found" is not told for long then; see docs/failures.md. */
#include "outage.h"

#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "control_protocol.h"
#include "names.h"
#include "our_maps.h"
#include "sample.h"
#include "xmalloc.h"

#define MAILBOXES_MAX 20

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

/* --- Dovecot -------------------------------------------------------------------------------- */

/* Whether a "userdb { ... }" of doveconf -n is static and does without the passdb. */
static bool is_static_with_passdb(const char *text)
{
    const char *at = text;

    while ((at = strstr(at, "userdb {")) != NULL) {
        const char *end = strchr(at, '}');
        size_t len = end != NULL ? (size_t)(end - at) : strlen(at);
        char *block = xstrndup(at, len);
        bool is = strstr(block, "driver = static") != NULL &&
                  strstr(block, "allow_all_users=yes") == NULL;

        free(block);
        if (is)
            return true;
        at += len;
    }
    return false;
}

static void check_dovecot(struct check *check, const struct postconf *postconf)
{
    static const char *const words[] = {"doveconf", "-n", NULL};
    struct buffer out = BUFFER_EMPTY, complaints = BUFFER_EMPTY;

    if (strstr(postconf_value(postconf, "virtual_transport"), "dovecot") != NULL &&
        child_run(&(struct child){words, {"", 0}, NULL}, &out, &complaints) == 0 &&
        is_static_with_passdb(buffer_text(&out)))
        check_problem(check,
                      "Dovecot: userdb static asks the database for each delivery, so mail that "
                      "was taken waits while it is away; add allow_all_users=yes to the args of "
                      "that userdb (Postfix knows who is a user), then doveadm reload");
    buffer_free(&out);
    buffer_free(&complaints);
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
    check_dovecot(check, postconf);
}

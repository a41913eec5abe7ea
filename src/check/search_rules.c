/* search_rules - see the header. */
#include "search_rules.h"

#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "locals.h"
#include "table_list.h"
#include "xmalloc.h"

struct asker {
    struct check *check;
    const struct postconf *postconf;
    const char *service;
    const char *where;
};

/* Whether a list of words in Postfix's configuration has this one. */
static bool list_has(const struct asker *asker, const char *list, const char *word)
{
    return word != NULL &&
           table_list_has(postconf_service_value(asker->postconf, asker->service, list), word);
}

static bool is_local(const struct map_def *map, struct slice domain)
{
    struct buffer folded = BUFFER_EMPTY;
    bool found = false;

    if (fold_key(domain, &folded))
        for (size_t i = 0; map->local_domains != NULL && map->local_domains[i] != NULL; i++)
            found = found || slice_equal(buffer_slice(&folded), slice_of(map->local_domains[i]));
    buffer_free(&folded);
    return found;
}

/* Told once, however many maps it is so for. */
static void note_locals(const struct asker *asker, const char *finding, const char *advice)
{
    bool in_main_cf = asker->service[0] == '\0';
    char *line = xasprintf("%s/%s%s: %s%s", postconf_directory(asker->postconf),
                           in_main_cf ? "main.cf" : "master.cf: ", asker->service, finding, advice);

    if (strstr(buffer_text(&asker->check->text), line) == NULL)
        check_note(asker->check, "%s", line);
    free(line);
}

/* The domains whose localparts Postfix asks for alone. */
static void check_locals(const struct asker *asker, const struct map_def *map)
{
    struct buffer domains = BUFFER_EMPTY, notes = BUFFER_EMPTY, missing = BUFFER_EMPTY;
    struct list_member member;
    struct slice rest;

    locals_find(asker->postconf, asker->service, &domains, &notes);
    rest = buffer_slice(&domains);
    while (table_list_next(&rest, &member))
        if (!is_local(map, member.text))
            buffer_printf(&missing, "%s%.*s", missing.len > 0 ? ", " : "", (int)member.text.len,
                          member.text.data);
    if (missing.len > 0)
        note_locals(asker, buffer_text(&missing),
                    ": local to Postfix (mydestination, myorigin) and not in local_domains, so the "
                    "localpart alone is not asked for there");
    if (notes.len > 0) {
        notes.data[strcspn(notes.data, "\n")] = '\0';
        note_locals(asker, notes.data, " In those the localpart alone is not asked for.");
    }
    buffer_free(&domains);
    buffer_free(&notes);
    buffer_free(&missing);
}

void check_search_rules(struct check *check, const struct postconf *postconf, const char *service,
                        const char *where, const struct search_wanted *wanted,
                        const struct map_def *map)
{
    const struct asker asker = {check, postconf, service, where};
    const char *delimiter = postconf_service_value(postconf, service, "recipient_delimiter");
    enum search search = map->rules.search;

    if (search != wanted->search) {
        check_problem(check, "%s: map %s has search = %s, and Postfix needs search = %s here",
                      where, map->name, search_words[search], search_words[wanted->search]);
        return;
    }
    if (search_has_extensions(search) && strcmp(map->rules.recipient_delimiter, delimiter) != 0)
        check_problem(check,
                      "%s: map %s has recipient_delimiter = %s, and Postfix has \"%s\"; set it to "
                      "that",
                      where, map->name, map->rules.recipient_delimiter, delimiter);
    if (search_has_parents(search) &&
        map->rules.plain_parents !=
            list_has(&asker, "parent_domain_matches_subdomains", wanted->parents))
        check_problem(check, "%s: map %s needs parent_domain_matches_subdomains = %s", where,
                      map->name, map->rules.plain_parents ? "no" : "yes");
    if (search == SEARCH_ALIAS &&
        map->rules.propagate_extension !=
            list_has(&asker, "propagate_unmatched_extensions", wanted->propagation))
        check_problem(check, "%s: map %s needs propagate_extension = %s", where, map->name,
                      map->rules.propagate_extension ? "no" : "yes");
    if (search == SEARCH_ADDRESS || search == SEARCH_ALIAS)
        check_locals(&asker, map);
}

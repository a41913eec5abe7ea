/* search_rules - see the header. */
#include "search_rules.h"

#include <string.h>

#include "local_domains.h"
#include "table_list.h"

/* Whether a list of words in Postfix's configuration has this one. */
static bool list_has(const struct postconf *postconf, const char *service, const char *list,
                     const char *word)
{
    return word != NULL && table_list_has(postconf_service_value(postconf, service, list), word);
}

void check_search_rules(struct check *check, const struct config *config,
                        const struct postconf *postconf, const char *service, const char *where,
                        const struct search_wanted *wanted, const struct map_def *map)
{
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
            list_has(postconf, service, "parent_domain_matches_subdomains", wanted->parents))
        check_problem(check, "%s: map %s needs parent_domain_matches_subdomains = %s", where,
                      map->name, map->rules.plain_parents ? "no" : "yes");
    if (search == SEARCH_ALIAS &&
        map->rules.propagate_extension !=
            list_has(postconf, service, "propagate_unmatched_extensions", wanted->propagation))
        check_problem(check, "%s: map %s needs propagate_extension = %s", where, map->name,
                      map->rules.propagate_extension ? "no" : "yes");
    if (search_has_localparts(search))
        check_local_domains(check, config, postconf, service, map);
}

/* explain_text - see the header. */
#include "explain_text.h"

#include "human.h"
#include "table.h"

static void add_quoted(struct slice bytes, struct buffer *out)
{
    buffer_add_char(out, '"');
    explain_bytes(bytes, out);
    buffer_add_char(out, '"');
}

void explain_bytes(struct slice bytes, struct buffer *out)
{
    size_t shown = bytes.len < EXPLAIN_TEXT_SHOWN ? bytes.len : EXPLAIN_TEXT_SHOWN;
    size_t start = out->len;

    buffer_add(out, bytes.data, shown);
    buffer_mask_controls(out, start);
    if (shown < bytes.len)
        buffer_printf(out, "... (%zu bytes)", bytes.len);
}

static void add_rules(const struct map_def *map, struct buffer *out)
{
    const struct search_rules *rules = &map->rules;

    buffer_printf(out, "map %s: search = %s", map->name, search_words[rules->search]);
    if (search_has_extensions(rules->search))
        buffer_printf(out, ", recipient_delimiter = %s", rules->recipient_delimiter);
    if (rules->search == SEARCH_ALIAS)
        buffer_printf(out, ", propagate_extension = %s", rules->propagate_extension ? "yes" : "no");
    if (search_has_parents(rules->search))
        buffer_printf(out, ", parent_domain_matches_subdomains = %s",
                      rules->plain_parents ? "yes" : "no");
    buffer_add_char(out, '\n');
}

void explain_map(const struct map_def *map, struct slice request, const struct search_keys *keys,
                 struct buffer *out)
{
    add_rules(map, out);
    buffer_add_text(out, "key ");
    add_quoted(request, out);
    if (keys->count > 0 && !slice_equal(search_key(keys, 0), request)) {
        buffer_add_text(out, ", folded to ");
        add_quoted(search_key(keys, 0), out);
    }
    if (keys->extension.len > 0) {
        buffer_add_text(out, ", with the extension ");
        add_quoted(keys->extension, out);
    }
    buffer_add_char(out, '\n');
}

static const char *part_text(enum search_part part)
{
    static const char *const texts[] = {
        [SEARCH_ASKED] = "as asked",
        [SEARCH_UNQUOTED] = "without the quotes",
        [SEARCH_STRIPPED] = "without the extension",
        [SEARCH_IS_LOCAL] = "the domain: is it one of local_domains?",
        [SEARCH_LOCALPART] = "the localpart of a local domain",
        [SEARCH_STRIPPED_LOCALPART] = "the localpart of a local domain, without the extension",
        [SEARCH_EVERYBODY] = "everybody in the domain",
        [SEARCH_OWN_DOMAIN] = "the domain",
        [SEARCH_PARENT] = "a parent domain",
        [SEARCH_ANYWHERE] = "the localpart in any domain",
        [SEARCH_NETWORK] = "a network",
    };

    return texts[part];
}

void explain_key(const struct search_keys *keys, size_t index, struct buffer *out)
{
    buffer_printf(out, "\n%zu. ", index + 1);
    add_quoted(search_key(keys, index), out);
    buffer_printf(out, " (%s)\n", part_text(keys->part[index]));
}

void explain_suppressed(const struct table_def *table, struct slice key, struct buffer *out)
{
    if (!template_key_fits(table->rules.template, key)) {
        buffer_add_text(out, "     not asked: the key has no part for each % in ");
        add_quoted(slice_of(table->query), out);
    } else {
        buffer_add_text(out, "     not asked: not an address in a domain of domain = ");
        explain_bytes(slice_of(table->domain), out);
    }
    buffer_add_char(out, '\n');
}

/* How long an answer goes on to be given; a stale one only instead of none. */
void explain_trouble(const struct share *share, uint64_t now_ms, struct buffer *out)
{
    struct human since = human_seconds((now_ms - share->since_ms) / 1000);

    switch (share->state) {
    case SHARE_WELL:
        return;
    case SHARE_SLOW:
        buffer_printf(out, "     slow for %s, old answers are told at once: ", since.text);
        break;
    case SHARE_TROUBLED:
        buffer_printf(out, "     in trouble for %s, lookups ask it once a second: ", since.text);
        break;
    }
    explain_bytes(slice_of(share->reason), out);
    buffer_add_char(out, '\n');
}

static struct human time_left(const struct table_def *table, const struct cache_answer *cached)
{
    uint64_t lifetime_ms = cached->negative ? table->negative_ttl_ms : table->ttl_ms;

    if (cached->state == CACHE_STALE)
        lifetime_ms += table->stale_ttl_ms;
    return human_seconds(lifetime_ms > cached->age_ms ? (lifetime_ms - cached->age_ms) / 1000 : 0);
}

void explain_cached(const struct table_def *table, const struct cache_answer *cached,
                    struct buffer *out)
{
    if (!table->cache) {
        buffer_add_text(out, "     cache: not used (cache = no)\n");
        return;
    }
    if (cached->state == CACHE_NOTHING) {
        buffer_add_text(out, cached->negative ? "     cache: not found, but past its time\n"
                                              : "     cache: nothing\n");
        return;
    }
    buffer_add_text(out, "     cache: ");
    if (cached->negative)
        buffer_add_text(out, "not found");
    else
        add_quoted(cached->value, out);
    buffer_printf(out, ", %s old, ", human_seconds(cached->age_ms / 1000).text);
    if (cached->state == CACHE_STALE)
        buffer_printf(out, "stale: for %s more, if the database cannot answer\n",
                      time_left(table, cached).text);
    else
        buffer_printf(out, "good for %s%s\n", time_left(table, cached).text,
                      cached->state == CACHE_REFRESH ? ", refreshed when next used" : "");
}

void explain_mirror(const struct mirror_answer *said, struct buffer *out)
{
    buffer_add_text(out, "     mirror: ");
    switch (said->said) {
    case MIRROR_SILENT:
        buffer_add_text(out, "nothing (see vmapctl stats)\n");
        return;
    case MIRROR_LAPSED:
        buffer_add_text(out, "not found before the restart\n");
        return;
    case MIRROR_FOUND:
        add_quoted(said->value, out);
        break;
    case MIRROR_NOT_FOUND:
        buffer_add_text(out, "not found");
        break;
    case MIRROR_ASK:
        buffer_add_text(out, "only the database can tell");
        break;
    }
    if (said->is_told) {
        buffer_add_text(out, ", live by the stream of changes\n");
        return;
    }
    buffer_printf(out, ", confirmed %llu.%llu s ago%s\n", (unsigned long long)said->age_ms / 1000,
                  (unsigned long long)said->age_ms % 1000 / 100,
                  said->has_changed ? ", the table has changed since"
                  : said->is_live   ? ""
                                    : ", too long to be told before the database is asked");
}

void explain_row(unsigned columns, const char *const *fields, const unsigned long *lengths,
                 struct buffer *out)
{
    buffer_add_text(out, "     row:");
    for (unsigned i = 0; i < columns; i++) {
        buffer_add_text(out, i > 0 ? ", " : " ");
        if (fields[i] == NULL)
            buffer_add_text(out, "NULL");
        else
            add_quoted((struct slice){fields[i], lengths[i]}, out);
    }
    buffer_add_char(out, '\n');
}

/* What the cache makes of it that the database has no answer. */
static void explain_failure(const struct cache_answer *cached, struct buffer *out)
{
    if (cached->state == CACHE_NOTHING && cached->negative)
        buffer_add_text(out,
                        "     A lookup looks for an old value under the next keys and tables.\n");
    else if (cached->state != CACHE_NOTHING && !cached->negative)
        buffer_add_text(out, "     The cache has an answer though the database gives none.\n");
}

void explain_difference(const struct table_def *table, const struct cache_answer *cached,
                        enum outcome outcome, struct slice value, struct buffer *out)
{
    bool found = outcome == OUTCOME_OK;

    if (!table->cache)
        return;
    if (!found && outcome != OUTCOME_NOTFOUND) {
        explain_failure(cached, out);
        return;
    }
    if (cached->state == CACHE_NOTHING)
        return;
    if (found != cached->negative && (!found || slice_equal(value, cached->value)))
        return;
    buffer_add_text(out, "     The cache and the database differ. ");
    if (cached->state == CACHE_STALE)
        buffer_add_text(out, "The next lookup gets what the database says.\n");
    else
        buffer_printf(out,
                      "For %s more, lookups get what the cache has, unless it is flushed\n"
                      "     (vmapctl flush MAP KEY).\n",
                      time_left(table, cached).text);
}

void explain_mirror_difference(const struct mirror_answer *said, enum outcome outcome,
                               struct slice value, struct buffer *out)
{
    if (outcome == OUTCOME_NOTFOUND || (outcome == OUTCOME_OK && !slice_equal(value, said->value)))
        buffer_add_text(
            out, "     The mirror and the database differ: lookups get the change when it is "
                 "seen.\n");
}

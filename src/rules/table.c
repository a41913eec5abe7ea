/* table - see the header. The rules are those of dict_mysql_lookup() of Postfix. */
#include "table.h"

#include "socketmap.h"

#define VALUE_MAX (SOCKETMAP_REPLY_MAX - strlen("OK "))

/* db_common_check_domain(): with a domain list only localpart@domain is eligible. */
static bool domain_is_listed(const struct domain_list *domains, struct slice key)
{
    const char *at = memrchr(key.data, '@', key.len);
    struct slice domain;

    if (at == NULL || at == key.data)
        return false;
    domain = (struct slice){at + 1, (size_t)(key.data + key.len - at - 1)};
    return domain_list_match(domains, domain);
}

bool table_wants_key(const struct table_rules *rules, struct slice folded)
{
    if (folded.len == 0)
        return false;
    if (rules->domains != NULL && !domain_is_listed(rules->domains, folded))
        return false;
    return template_key_fits(rules->template, folded);
}

static const char *failure(const struct table_answer *answer)
{
    if (answer->over_limit)
        return "expansion_limit is exceeded";
    if (answer->too_long)
        return "the value is too long for a reply";
    if (answer->has_nul)
        return "a value holds a NUL byte";
    return NULL;
}

static bool has_nul(const char *data, size_t len)
{
    return memchr(data, '\0', len) != NULL;
}

static void add_value(struct table_answer *answer, struct slice value)
{
    const struct table_rules *rules = answer->rules;
    size_t before = answer->value.len;

    answer->has_nul = has_nul(value.data, value.len);
    answer->too_long = value.len > VALUE_MAX;
    if (failure(answer) != NULL)
        return;
    if (!template_result(rules->template, answer->key, value, &answer->value))
        return;
    /* result_format can take one from the key as well. */
    answer->has_nul = has_nul(answer->value.data + before, answer->value.len - before);
    answer->expansions++;
    answer->over_limit = rules->expansion_limit != 0 && answer->expansions > rules->expansion_limit;
    answer->too_long = answer->value.len > VALUE_MAX;
}

bool table_answer_row(struct table_answer *answer, unsigned columns, const char *const *fields,
                      const unsigned long *lengths)
{
    for (unsigned i = 0; i < columns && failure(answer) == NULL; i++) {
        if (fields[i] == NULL)
            continue;
        if (lengths[i] == 0)
            answer->empty_values++;
        else
            add_value(answer, (struct slice){fields[i], lengths[i]});
    }
    return failure(answer) == NULL;
}

enum outcome table_answer_outcome(const struct table_answer *answer, const char **reason)
{
    const char *what = failure(answer);

    if (what != NULL) {
        *reason = what;
        return OUTCOME_TEMP;
    }
    return answer->value.len != 0 ? OUTCOME_OK : OUTCOME_NOTFOUND;
}

enum outcome table_answer_judge(const struct table_answer *answer, bool has_rows_set,
                                const char **reason)
{
    if (has_rows_set)
        return table_answer_outcome(answer, reason);
    if (!answer->rules->require_result_set)
        return OUTCOME_NOTFOUND;
    *reason = "the query gave no result set";
    return OUTCOME_TEMP;
}

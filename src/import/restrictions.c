/* restrictions - see the header. The word before a table says what it is asked for. */
#include "restrictions.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "overrides.h"
#include "parameters.h"
#include "table_list.h"
#include "xmalloc.h"

/* The restriction that a table belongs to: the word before it, or what the list is about. */
static bool find_search(const struct postconf_setting *setting, struct slice before,
                        const char **restriction, enum search *search)
{
    *restriction = parameters_bare_restriction(setting->name);
    if (parameters_restriction(before, search)) {
        *restriction = NULL;
        return true;
    }
    return *restriction != NULL && parameters_restriction(slice_of(*restriction), search);
}

bool import_is_restrictions(const struct postconf *postconf, const struct postconf_setting *setting)
{
    enum parameter_kind kind = parameters_find(setting->name)->kind;
    struct slice rest = slice_of(setting->written), before = slice_of("");
    struct list_member member;
    enum search search;

    if (kind == PARAMETER_RESTRICTIONS ||
        table_list_has(postconf_value(postconf, "smtpd_restriction_classes"), setting->name))
        return true;
    if (kind != PARAMETER_UNKNOWN)
        return false;
    while (table_list_next(&rest, &member)) {
        if (names_mysql_table(member.text))
            return parameters_restriction(before, &search);
        before = member.text;
    }
    return false;
}

/* The text with each $name replaced, where that can be told: guides write mysql:$config_directory/x.cf. */
static char *expand(const struct import_plan *plan, const struct postconf_setting *setting,
                    const char *text)
{
    struct buffer expanded = BUFFER_EMPTY;
    char *result;

    if (import_expand_for_service(plan->postconf, setting->service, text, &expanded))
        result = xstrdup(buffer_text(&expanded));
    else
        result = xstrdup(text);
    buffer_free(&expanded);
    return result;
}

/* A service for which a $name in the text of main.cf stands for something else; NULL: none. */
static const char *other_service(const struct import_plan *plan,
                                 const struct postconf_setting *setting, const char *text)
{
    for (size_t i = 0; setting->service[0] == '\0' && i < postconf_count(plan->postconf); i++) {
        const char *service = postconf_setting(plan->postconf, i)->service;

        if (service[0] != '\0' && import_takes_from_service(plan->postconf, service, text))
            return service;
    }
    return NULL;
}

/* Why this table stays; out is empty if it moves, and then path is its file's. */
static void find_reason(const struct import_plan *plan, const struct postconf_setting *setting,
                        const struct list_member *written, bool has_search, import_check *check,
                        char **path, struct buffer *out)
{
    char *as_written = xstrndup(written->text.data, written->text.len);
    char *text = expand(plan, setting, as_written);
    const char *service = other_service(plan, setting, as_written);
    struct slice rest = slice_of(text);
    struct list_member member = {.text = rest};

    table_list_next(&rest, &member);
    *path = xstrndup(member.name.data, member.name.len);
    if (!list_member_is_mysql(&member) || member.negated)
        buffer_printf(out, "%s has a mysql: table inside.", text);
    else if ((*path)[0] != '/' || strchr(*path, '$') != NULL)
        buffer_printf(out, "%s is not the path of a file.", text);
    else if (service != NULL)
        buffer_printf(out, "%s is something else for the service %s.", as_written, service);
    else if (!has_search)
        buffer_printf(out, "No restriction that vmapctl import knows stands before %s.", text);
    else
        check(*path, out);
    free(text);
    free(as_written);
}

/* Append the table's new name, or its old one and a sentence to reasons. */
static bool move_table(struct import_plan *plan, const struct postconf_setting *setting,
                       struct slice before, const struct list_member *member, import_check *check,
                       struct buffer *after, struct buffer *reasons)
{
    const char *bare = NULL;
    enum search search = SEARCH_EXACT;
    bool has_search = find_search(setting, before, &bare, &search);
    struct buffer reason = BUFFER_EMPTY;
    bool moves;
    char *path;

    find_reason(plan, setting, member, has_search, check, &path, &reason);
    moves = reason.len == 0;
    if (moves) {
        char *restriction = bare != NULL ? xstrdup(bare) : xstrndup(before.data, before.len);
        const struct import_map *map =
            import_plan_access_map(plan, setting, restriction, search, path);

        buffer_printf(after, IMPORT_SOCKETMAP "%s", map->name);
        free(restriction);
    } else {
        buffer_add(after, member->text.data, member->text.len);
        buffer_printf(reasons, "%s%s", reasons->len > 0 ? " " : "", buffer_text(&reason));
    }
    buffer_free(&reason);
    free(path);
    return moves;
}

/*
 * A service with rules of its own about addresses would need maps of its own for lists that it only
 * has by way of $name.
 */
static bool is_shared_by_unequal(const struct import_plan *plan,
                                 const struct postconf_setting *setting)
{
    return setting->service[0] == '\0' &&
           parameters_find(setting->name)->kind == PARAMETER_UNKNOWN &&
           import_plan_unequal_service(plan) != NULL;
}

void import_plan_restrictions(struct import_plan *plan, const struct postconf_setting *setting,
                              import_check *check)
{
    struct slice rest = slice_of(setting->written), before = slice_of("");
    struct buffer after = BUFFER_EMPTY, reasons = BUFFER_EMPTY;
    const char *copied = setting->written;
    struct list_member member;
    bool moves = false;

    if (is_shared_by_unequal(plan, setting)) {
        char *reason = xasprintf("The service %s has rules of its own about addresses "
                                 "(recipient_delimiter, parent_domain_matches_subdomains), and may "
                                 "use this list, too.",
                                 import_plan_unequal_service(plan));

        import_plan_add_stay(plan, setting, reason, "Leave it as it is.");
        free(reason);
        return;
    }
    for (; table_list_next(&rest, &member); before = member.text) {
        if (!names_mysql_table(member.text))
            continue;
        buffer_add(&after, copied, (size_t)(member.text.data - copied));
        copied = member.text.data + member.text.len;
        moves = move_table(plan, setting, before, &member, check, &after, &reasons) || moves;
    }
    buffer_add_text(&after, copied);
    if (moves)
        import_plan_add_change(plan, setting, buffer_text(&after));
    if (reasons.len > 0)
        import_plan_add_stay(plan, setting, buffer_text(&reasons),
                             "These stay where they are in the list.");
    buffer_free(&after);
    buffer_free(&reasons);
}

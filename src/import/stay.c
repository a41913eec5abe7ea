/* stay - why a parameter keeps its mysql: tables, and what to do about it; see the header. */
#include "stay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "overrides.h"
#include "restrictions.h"
#include "table_list.h"
#include "virtual_agent.h"
#include "xmalloc.h"

/* --- virtual(8) ----------------------------------------------------------------------------- */

static void stay_for_virtual(struct import_plan *plan, const struct postconf_setting *setting,
                             const char *after)
{
    struct slice service = virtual_agent_of(plan->postconf, setting);
    char *own = xasprintf("%.*s/unix", (int)service.len, service.data);
    struct buffer reason = BUFFER_EMPTY;
    struct buffer advice = BUFFER_EMPTY;

    buffer_printf(&reason,
                  "Mailboxes are delivered by virtual(8) (the service \"%.*s\"), which refuses "
                  "socketmap tables: mail would be deferred.",
                  (int)service.len, service.data);
    if (setting->service[0] != '\0') {
        buffer_add_text(&advice, "Leave it as it is; what main.cf says can move.");
    } else {
        buffer_add_text(&advice,
                        "Leave it as it is, the other parameters can move without it. Or deliver "
                        "by LMTP (virtual_transport = lmtp:unix:private/dovecot-lmtp). Or give "
                        "virtual(8) the old value for itself, and all others the new one:\n\t");
        import_command_set(plan->postconf, own, setting->name, setting->expanded, &advice);
        buffer_add_text(&advice, "\n\t");
        import_command_set(plan->postconf, "", setting->name, after, &advice);
    }
    import_plan_add_stay(plan, setting, buffer_text(&reason), buffer_text(&advice));
    free(own);
    buffer_free(&reason);
    buffer_free(&advice);
}

/* --- the order of keys ---------------------------------------------------------------------- */

/*
 * The member that must not stand beside our tables, or NULL. Postfix asks all tables for a key
 * before it goes on to the next key; one map in their place answers all its keys at once. Only a
 * table that is asked for whole keys alone, and before us, makes no difference.
 */
static const struct import_member *order_trouble(const struct postconf_setting *setting,
                                                 const struct import_list *list)
{
    bool seen = false;

    if (!parameters_partial(parameters_find(setting->name)))
        return NULL;
    for (size_t i = 0; i < list->count; i++) {
        if (list->member[i].empty)
            continue;
        if (list->member[i].table != NULL)
            seen = true;
        else if (seen || !list->member[i].pattern)
            return &list->member[i];
    }
    return NULL;
}

static void stay_for_order(struct import_plan *plan, const struct postconf_setting *setting,
                           const struct import_member *other, const char *after)
{
    struct buffer reason = BUFFER_EMPTY;
    struct buffer advice = BUFFER_EMPTY;

    buffer_printf(&reason,
                  "%s is in the same list. Postfix asks every table for the whole key before it "
                  "asks any of them for a part of it (without extension, @domain, parent domain). "
                  "vmapd answers for the whole key and its parts at once, so that a catch-all of "
                  "one could win over a full match in the other.",
                  other->text);
    buffer_printf(&advice,
                  "Put the entries of %s into the database and take it out of the list, then "
                  "import again; or leave the parameter as it is. If no address and no domain is "
                  "in both, the order makes no difference; then switch by hand:\n\t",
                  other->text);
    import_command_set(plan->postconf, setting->service, setting->name, after, &advice);
    import_plan_add_stay(plan, setting, buffer_text(&reason), buffer_text(&advice));
    buffer_free(&reason);
    buffer_free(&advice);
}

/* --- local domains -------------------------------------------------------------------------- */

/* What of mydestination vmapd cannot know, if this parameter's answers depend on it; "" = nothing. */
static const char *locals_trouble(const struct import_plan *plan,
                                  const struct postconf_setting *setting)
{
    if (!search_has_localparts(parameters_find(setting->name)->search))
        return "";
    return import_plan_locals(plan, setting->service)->trouble;
}

static void stay_for_locals(struct import_plan *plan, const struct postconf_setting *setting,
                            const char *trouble, const char *after)
{
    struct buffer reason = BUFFER_EMPTY;
    struct buffer advice = BUFFER_EMPTY;

    buffer_printf(
        &reason,
        "%.*s In the domains of mydestination, and in no others, Postfix asks for the localpart "
        "alone, too; vmapd would not know which these are, and an entry such as \"info\" would "
        "not be found any more, or be found for others.",
        (int)strcspn(trouble, "\n"), trouble);
    buffer_add_text(
        &advice, "Write the names themselves into mydestination, or into a mysql: table there, "
                 "then import again; or leave the parameter as it is. If all entries of its tables "
                 "have an \"@\", it makes no difference; then switch by hand:\n\t");
    import_command_set(plan->postconf, setting->service, setting->name, after, &advice);
    import_plan_add_stay(plan, setting, buffer_text(&reason), buffer_text(&advice));
    buffer_free(&reason);
    buffer_free(&advice);
}

bool import_list_moves_alone(const struct import_plan *plan, const struct postconf_setting *setting,
                             const struct import_list *list)
{
    return virtual_agent_of(plan->postconf, setting).len == 0 &&
           order_trouble(setting, list) == NULL && locals_trouble(plan, setting)[0] == '\0';
}

void import_stay_by_hand(struct import_plan *plan, const struct postconf_setting *setting,
                         const struct import_list *list, const char *after)
{
    const struct import_member *other = order_trouble(setting, list);

    if (virtual_agent_of(plan->postconf, setting).len > 0)
        stay_for_virtual(plan, setting, after);
    else if (other != NULL)
        stay_for_order(plan, setting, other, after);
    else
        stay_for_locals(plan, setting, locals_trouble(plan, setting), after);
}

/* --- tables that vmapd cannot serve --------------------------------------------------------- */

static void stay_for_main_cf_form(struct import_plan *plan, const struct postconf_setting *setting,
                                  const char *table)
{
    char *reason = xasprintf("mysql:%s is not a file: its parameters are in main.cf (%s_query and "
                             "so on).",
                             table, table);
    char *advice =
        xasprintf("Write them into a file, without the \"%s_\" before each name, and put "
                  "mysql:/path/of/the/file here; then import again.",
                  table);

    import_plan_add_stay(plan, setting, reason, advice);
    free(reason);
    free(advice);
}

static void stay_for_composition(struct import_plan *plan, const struct postconf_setting *setting,
                                 const char *text)
{
    char *reason = xasprintf("%s has a mysql: table inside.", text);

    import_plan_add_stay(
        plan, setting, reason,
        "Write one query that gives what they give together (UNION, or a join) and "
        "put its mysql: table here, then import again; or leave it as it is.");
    free(reason);
}

static void stay_for_file(struct import_plan *plan, const struct postconf_setting *setting,
                          const char *problem)
{
    import_plan_add_stay(plan, setting, problem,
                         "Mend the file, then import again. Only root may be able to read it.");
}

bool import_stays_for_service(struct import_plan *plan, const struct postconf_setting *setting)
{
    for (size_t i = 0; i < postconf_count(plan->postconf); i++) {
        const char *service = postconf_setting(plan->postconf, i)->service;
        struct buffer ignored = BUFFER_EMPTY;
        char *reason;
        bool good;

        if (setting->service[0] != '\0' || service[0] == '\0' ||
            postconf_find(plan->postconf, service, setting->name) != NULL ||
            !import_takes_from_service(plan->postconf, service, setting->written))
            continue;
        good = import_expand_for_service(plan->postconf, service, setting->written, &ignored);
        buffer_free(&ignored);
        if (good)
            continue;
        reason = xasprintf("The service %s has something else for a $name in it, under conditions "
                           "that vmapctl import does not follow.",
                           service);
        import_plan_add_stay(plan, setting, reason,
                             "Give the service the whole parameter with -o in master.cf, then "
                             "import again; or leave it as it is.");
        free(reason);
        return true;
    }
    return false;
}

/* --- tables in files ------------------------------------------------------------------------ */

static bool file_names_mysql_table(const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    bool found = false;

    while (!found && file != NULL && getline(&line, &size, file) >= 0)
        found = line[strspn(line, " \t")] != '#' && names_mysql_table(slice_of(line));
    free(line);
    if (file != NULL)
        fclose(file);
    return found;
}

void import_stay_in_files(struct import_plan *plan, const struct postconf_setting *setting)
{
    struct slice rest = slice_of(setting->expanded);
    struct list_member member;

    if (parameters_find(setting->name)->kind != PARAMETER_LIST)
        return;
    while (table_list_next(&rest, &member)) {
        char *path = xstrndup(member.name.data, member.name.len);
        char *reason = xasprintf("%s has a mysql: table in it.", path);

        if (member.type.len == 0 && path[0] == '/' && file_names_mysql_table(path))
            import_plan_add_stay(plan, setting, reason,
                                 "Write the table into main.cf's list, then import again; or leave "
                                 "it as it is: Postfix goes on to ask it.");
        free(reason);
        free(path);
    }
}

bool import_list_stays(struct import_plan *plan, const struct postconf_setting *setting,
                       const struct import_list *list, import_check *check)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct import_member *member = &list->member[i];
        struct buffer problem = BUFFER_EMPTY;
        bool stays = true;

        if (member->composed)
            stay_for_composition(plan, setting, member->text);
        else if (member->table != NULL && member->table[0] != '/')
            stay_for_main_cf_form(plan, setting, member->table);
        else if (member->table != NULL && !check(member->table, &problem))
            stay_for_file(plan, setting, buffer_text(&problem));
        else
            stays = false;
        buffer_free(&problem);
        if (stays)
            return true;
    }
    return false;
}

/* --- parameters that vmapd does not know or cannot serve ------------------------------------ */

/* A name that Postfix does not know, but that another setting, of that kind, uses as $name. */
static bool is_referenced(const struct import_plan *plan, const struct postconf_setting *setting,
                          bool (*is_kind)(const struct postconf *postconf,
                                          const struct postconf_setting *setting))
{
    size_t len = strlen(setting->name);

    for (size_t i = 0; i < postconf_count(plan->postconf); i++) {
        const struct postconf_setting *user = postconf_setting(plan->postconf, i);
        const char *at = user->written;

        if (is_kind != NULL && !is_kind(plan->postconf, user))
            continue;

        while ((at = strchr(at, '$')) != NULL) {
            at += strspn(at, "${(");
            if (strncmp(at, setting->name, len) == 0 && strchr(" ,})?:\t/", at[len]) != NULL)
                return true;
        }
    }
    return false;
}

void import_stay_by_kind(struct import_plan *plan, const struct postconf_setting *setting)
{
    enum parameter_kind kind = parameters_find(setting->name)->kind;

    if (kind == PARAMETER_BY_VIRTUAL)
        import_plan_add_stay(
            plan, setting, "Only virtual(8) asks for it, which refuses socketmap tables.",
            "Leave it as it is; a value that is the same for all is static:NUMBER.");
    else if (kind == PARAMETER_BY_LOCAL)
        import_plan_add_stay(plan, setting, "local(8) asks for it, which refuses socketmap tables.",
                             "Leave it as it is.");
    else if (kind == PARAMETER_BY_USERS)
        import_plan_add_stay(plan, setting,
                             "postdrop(1) asks for it, as whoever sends mail on this machine, and "
                             "they may not open vmapd's socket.",
                             "Leave it as it is.");
    else if (is_referenced(plan, setting, import_is_restrictions))
        import_plan_add_stay(plan, setting, "It is used by $name in a list of restrictions.",
                             "Write the table itself into the list, then import again; or leave it "
                             "as it is.");
    else if (!is_referenced(plan, setting, NULL))
        import_plan_add_stay(plan, setting,
                             "Which keys Postfix asks for here is not known to vmapctl import, or "
                             "Postfix does not know the parameter.",
                             "Leave it as it is.");
}

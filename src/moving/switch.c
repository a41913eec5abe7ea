/* switch - see the header. What is printed is what is run, by the shell. */
#include "switch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "command.h"
#include "identity.h"
#include "origin.h"
#include "saved.h"
#include "table_list.h"
#include "write.h"
#include "xmalloc.h"

#define NO_ALIAS_DOMAINS "virtual_alias_domains"

/* --- commands ------------------------------------------------------------------------------- */

static bool run(const char *command, struct buffer *error)
{
    const char *const words[] = {"sh", "-c", command, NULL};
    struct buffer out = BUFFER_EMPTY, complaints = BUFFER_EMPTY;
    bool good = child_run(&(struct child){words, {"", 0}, NULL}, &out, &complaints) == 0;

    if (!good)
        buffer_printf(error, "%s: %s", command, child_last_line(&complaints));
    buffer_free(&out);
    buffer_free(&complaints);
    return good;
}

static void write_reload(const struct origin *origin, struct buffer *out)
{
    import_command_reload(origin->postconf, out);
    buffer_add_char(out, '\n');
}

static bool run_all(const struct buffer *commands, struct buffer *error)
{
    char *text = xstrdup(buffer_text(commands)), *save = NULL;
    bool good = true;

    for (char *line = strtok_r(text, "\n", &save); good && line != NULL;
         line = strtok_r(NULL, "\n", &save))
        good = run(line, error);
    free(text);
    return good;
}

static void print_indented(const struct buffer *commands)
{
    char *text = xstrdup(buffer_text(commands)), *save = NULL;

    for (char *line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
        printf("    %s\n", line);
    free(text);
}

/* A Postfix that does not run reads its configuration when it starts. */
static bool reload(const struct origin *origin, struct buffer *error)
{
    const char *directory = postconf_directory(origin->postconf);
    const char *const words[] = {"postfix", "-c", directory, "status", NULL};
    struct buffer out = BUFFER_EMPTY, complaints = BUFFER_EMPTY, command = BUFFER_EMPTY;
    bool runs = child_run(&(struct child){words, {"", 0}, NULL}, &out, &complaints) == 0;
    bool good = true;

    import_command_reload(origin->postconf, &command);
    if (runs)
        good = run(buffer_text(&command), error);
    buffer_free(&out);
    buffer_free(&complaints);
    buffer_free(&command);
    return good;
}

/* --- does vmapd answer? --------------------------------------------------------------------- */

/* One map, asked by Postfix's own program as its own user. */
static bool ask_map(const struct origin *origin, const char *map, struct buffer *error)
{
    char *table = xasprintf("socketmap:unix:%s/" IMPORT_SOCKET ":%s",
                            postconf_value(origin->postconf, "queue_directory"), map);
    const char *const words[] = {
        "postmap", "-c", postconf_directory(origin->postconf), "-q", "vmapctl-switch@invalid",
        table,     NULL};
    const char *owner = postconf_value(origin->postconf, "mail_owner");
    struct buffer out = BUFFER_EMPTY, complaints = BUFFER_EMPTY;
    int status = child_run(&(struct child){words, {"", 0}, owner}, &out, &complaints);
    bool good = status == 0 || (status == 1 && complaints.len == 0);

    if (!good)
        buffer_printf(error, "as user %s: %s: %s", owner, table, child_last_line(&complaints));
    free(table);
    buffer_free(&out);
    buffer_free(&complaints);
    return good;
}

static bool ask_maps(const struct origin *origin, struct buffer *error)
{
    const struct import_plan *plan = origin->plan;
    bool good = true;

    for (size_t i = 0; good && i < plan->map_count; i++)
        good = plan->map[i].by_hand || ask_map(origin, plan->map[i].name, error);
    return good;
}

/* --- domains with aliases only -------------------------------------------------------------- */

static bool is_set(const struct origin *origin, const char *parameter)
{
    return postconf_find(origin->postconf, "", parameter) != NULL;
}

static bool changes(const struct import_plan *plan, const char *parameter)
{
    for (size_t i = 0; i < plan->change_count; i++)
        if (plan->change[i].service[0] == '\0' && strcmp(plan->change[i].parameter, parameter) == 0)
            return true;
    return false;
}

/*
 * By default Postfix asks virtual_alias_maps whether a domain is one with aliases only, before it looks
 * for mailboxes. While the database is away that would be no answer for long.
 */
static void add_alias_domains(const struct origin *origin, struct buffer *commands,
                              struct buffer *notes)
{
    const struct import_map *aliases = identity_map_of(origin->plan, "virtual_alias_maps");
    struct buffer detail = BUFFER_EMPTY;

    if (aliases == NULL || !changes(origin->plan, "virtual_alias_maps") ||
        is_set(origin, NO_ALIAS_DOMAINS))
        return;
    switch (identity_alias_domains(aliases, &detail)) {
    case DOMAINS_NONE:
        import_command_set(origin->postconf, "", NO_ALIAS_DOMAINS, "", commands);
        buffer_add_char(commands, '\n');
        break;
    case DOMAINS_SOME:
        buffer_printf(notes,
                      NO_ALIAS_DOMAINS
                      " stays as it is: %s is a domain with aliases only. While "
                      "the database is away, mail waits after negative_ttl; list such domains in "
                      "main.cf, " NO_ALIAS_DOMAINS " = %s ..., and it does not.\n",
                      buffer_text(&detail), buffer_text(&detail));
        break;
    case DOMAINS_UNKNOWN:
        buffer_printf(notes,
                      NO_ALIAS_DOMAINS " stays as it is: %s. If no domain has aliases only, set "
                                       "it to nothing (postconf -e '" NO_ALIAS_DOMAINS
                                       " ='), or mail waits after "
                                       "negative_ttl while the database is away.\n",
                      buffer_text(&detail));
        break;
    }
    buffer_free(&detail);
}

/* --- there ---------------------------------------------------------------------------------- */

static void print_rest(const struct origin *origin, const struct buffer *notes)
{
    const struct import_plan *plan = origin->plan;

    fputs(buffer_text(notes), stdout);
    for (size_t i = 0; i < plan->stay_count; i++)
        printf("%s%s", i == 0 ? "Not moved, and vmapctl import says why: " : ", ",
               plan->stay[i].what);
    if (plan->stay_count > 0)
        putchar('\n');
}

/* All changes, or none. */
static bool apply(const struct origin *origin, const struct buffer *commands, struct buffer *error)
{
    const char *directory = postconf_directory(origin->postconf);
    struct buffer ignored = BUFFER_EMPTY;

    if (!saved_keep(directory, error))
        return false;
    if (run_all(commands, error) && saved_keep_switched(directory, error) &&
        reload(origin, error) && ask_maps(origin, error))
        return true;
    if (saved_restore(directory, error)) {
        saved_forget(directory);
        reload(origin, &ignored);
    }
    buffer_free(&ignored);
    return false;
}

static bool switch_with(const struct origin *origin, bool dry_run, struct buffer *error)
{
    struct buffer commands = BUFFER_EMPTY, notes = BUFFER_EMPTY;
    bool good = true;

    import_write_commands(origin->plan, false, &commands);
    add_alias_domains(origin, &commands, &notes);
    if (!dry_run) {
        good = ask_maps(origin, error) && apply(origin, &commands, error);
        puts(good ? "vmapd answers Postfix's user. Done:" : "Not done, all is as it was:");
    }
    write_reload(origin, &commands);
    print_indented(&commands);
    print_rest(origin, &notes);
    if (good && !dry_run)
        printf("What was is kept in %s/before-vmapd; vmapctl switch --back goes back to it.\n"
               "Next: vmapctl check\n",
               postconf_directory(origin->postconf));
    buffer_free(&commands);
    buffer_free(&notes);
    return good;
}

bool switch_to_vmapd(const char *directory, bool dry_run)
{
    struct buffer error = BUFFER_EMPTY;
    struct origin origin;
    bool good = false;

    if (!origin_read(&origin, directory, &error))
        goto end;
    if (origin.is_saved)
        buffer_printf(&error, "%s is switched already; vmapctl switch --back goes back",
                      postconf_directory(origin.postconf));
    else if (origin.plan->change_count == 0)
        buffer_printf(&error,
                      "%s has no mysql: table that moves by itself; vmapctl import says why",
                      postconf_directory(origin.postconf));
    else
        good = switch_with(&origin, dry_run, &error);
end:
    if (error.len > 0)
        fprintf(stderr, "vmapctl switch: %s\n", buffer_text(&error));
    origin_free(&origin);
    buffer_free(&error);
    return good;
}

/* --- and back ------------------------------------------------------------------------------- */

/* Blanks and commas are the same between the members of a list. */
static bool is_same_list(const char *one, const char *other)
{
    struct slice rest = slice_of(one), other_rest = slice_of(other);
    struct list_member member, other_member;
    bool more;

    do {
        more = table_list_next(&rest, &member);
        if (more != table_list_next(&other_rest, &other_member) ||
            (more && !slice_equal(member.text, other_member.text)))
            return false;
    } while (more);
    return true;
}

/* Edited since: only what the switch changed, and only where it is still as the switch left it. */
static void write_back(const struct origin *origin, const struct origin *now,
                       struct buffer *commands)
{
    const struct import_plan *plan = origin->plan;
    struct import_setting *settings = xcalloc(plan->change_count + 1, sizeof(*settings));
    const struct postconf_setting *domains = postconf_find(now->postconf, "", NO_ALIAS_DOMAINS);
    size_t count = 0;

    for (size_t i = 0; i < plan->change_count; i++) {
        const struct import_change *change = &plan->change[i];
        const struct postconf_setting *setting =
            postconf_find(now->postconf, change->service, change->parameter);

        if (setting != NULL && (is_same_list(setting->written, change->after) ||
                                strstr(setting->written, IMPORT_SOCKETMAP) != NULL))
            settings[count++] =
                (struct import_setting){change->service, change->parameter, change->before};
    }
    if (!is_set(origin, NO_ALIAS_DOMAINS) && domains != NULL && domains->written[0] == '\0')
        settings[count++] = (struct import_setting){"", NO_ALIAS_DOMAINS, NULL};
    import_commands_set(now->postconf, settings, count, true, commands);
    free(settings);
}

static bool back_with(const struct origin *origin, const char *directory, bool dry_run,
                      struct buffer *error)
{
    bool unedited = saved_is_unedited(directory);
    struct buffer commands = BUFFER_EMPTY;
    struct origin now = {0};
    bool good = unedited || origin_read_now(&now, directory, error);

    if (good && unedited)
        buffer_printf(&commands, "cp -p %s/before-vmapd/main.cf %s/before-vmapd/master.cf %s\n",
                      directory, directory, directory);
    else if (good)
        write_back(origin, &now, &commands);
    if (good && !dry_run)
        good = (unedited ? saved_restore(directory, error) : run_all(&commands, error)) &&
               reload(origin, error);
    if (good && !dry_run)
        saved_forget(directory);
    write_reload(origin, &commands);
    if (good) {
        puts(dry_run ? "To go back:" : "Postfix asks its own tables again. Done:");
        print_indented(&commands);
    }
    buffer_free(&commands);
    origin_free(&now);
    return good;
}

bool switch_back(const char *directory, bool dry_run)
{
    struct buffer error = BUFFER_EMPTY;
    struct origin origin;
    bool good = false;

    if (origin_read(&origin, directory, &error)) {
        if (!origin.is_saved)
            buffer_printf(&error, "%s was not switched by vmapctl switch",
                          postconf_directory(origin.postconf));
        else
            good = back_with(&origin, postconf_directory(origin.postconf), dry_run, &error);
    }
    if (error.len > 0)
        fprintf(stderr, "vmapctl switch: %s\n", buffer_text(&error));
    origin_free(&origin);
    buffer_free(&error);
    return good;
}

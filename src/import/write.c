/* write - vmapd.conf, and the report with the commands; see the header. */
#include "write.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "xmalloc.h"

#define WIDTH 96

/* --- text ----------------------------------------------------------------------------------- */

/* Append the words of one line of text, broken at WIDTH, with indent before each line. */
static void wrap(const char *indent, struct slice text, struct buffer *out)
{
    size_t column = 0;
    const char *at = text.data, *end = text.data + text.len;

    while (at < end) {
        size_t len = 0;

        while (at < end && *at == ' ')
            at++;
        while (at + len < end && at[len] != ' ')
            len++;
        if (len == 0)
            break;
        if (column > 0 && column + 1 + len > WIDTH) {
            buffer_add_char(out, '\n');
            column = 0;
        }
        buffer_add_text(out, column == 0 ? indent : " ");
        column += (column == 0 ? strlen(indent) : 1) + len;
        buffer_add(out, at, len);
        at += len;
    }
    buffer_add_char(out, '\n');
}

/* Sentences are wrapped; lines that begin with a tab are commands and stay as they are. */
static void write_lines(const char *indent, const char *text, struct buffer *out)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        if (text[0] == '\t')
            buffer_printf(out, "%s    %.*s\n", indent, (int)len - 1, text + 1);
        else
            wrap(indent, (struct slice){text, len}, out);
        text += len + (text[len] == '\n');
    }
}

/* --- vmapd.conf ----------------------------------------------------------------------------- */

/* Postfix can be told to split owner-list and list-request; vmapd cannot. */
static void write_delimiter(const struct import_plan *plan, struct buffer *out)
{
    const char *delimiter = postconf_value(plan->postconf, "recipient_delimiter");

    buffer_add_text(
        out, "# As in main.cf: Postfix leaves it to vmapd to ask for parts of an address.\n");
    if (strchr(delimiter, '-') != NULL &&
        strcmp(postconf_value(plan->postconf, "owner_request_special"), "no") == 0)
        write_lines("# ",
                    "Note: owner_request_special = no is not taken over, so owner-* and *-request "
                    "are asked without being split: they need entries of their own.",
                    out);
    buffer_printf(out, "recipient_delimiter =%s%s\n\n", delimiter[0] != '\0' ? " " : "", delimiter);
}

/* Names, and the tables that have more of them. */
static void write_locals(const struct import_locals *locals, struct buffer *out)
{
    bool first = locals->names[0] == '\0';

    write_lines("# ", locals->trouble, out);
    buffer_printf(out, "local_domains =%s%s", first ? "" : " ", locals->names);
    for (size_t i = 0; i < locals->table_count; i++)
        buffer_printf(out, "%s table:%s", i > 0 || !first ? "," : "", locals->tables[i]);
    buffer_add_char(out, '\n');
}

static void write_server(const struct import_plan *plan, struct buffer *out)
{
    buffer_printf(out,
                  "[server]\n"
                  "# In Postfix's queue directory and owned by its user, so that it can be reached "
                  "from the chroot.\n"
                  "listen = unix:%s/" IMPORT_SOCKET "\n"
                  "socket_mode = 0660\n"
                  "socket_owner = %s\n"
                  "\n",
                  postconf_value(plan->postconf, "queue_directory"),
                  postconf_value(plan->postconf, "mail_owner"));
    write_delimiter(plan, out);
    buffer_add_text(
        out, "# myorigin and mydestination: in these domains the localpart alone is asked, "
             "too.\n"
             "# (Postfix takes user@[192.0.2.1] for local as well if that is an address of this "
             "machine;\n# write [192.0.2.1] into the list if it matters.)\n");
    write_locals(import_plan_locals(plan, ""), out);
}

/* What a service has set for itself, where [server] has main.cf's. */
static void write_service_rules(const struct import_plan *plan, const struct import_map *map,
                                struct buffer *out)
{
    const struct import_locals *locals = import_plan_locals(plan, map->service);
    const char *delimiter = import_map_delimiter(plan, map);

    if (search_has_extensions(map->search) &&
        strcmp(delimiter, postconf_value(plan->postconf, "recipient_delimiter")) != 0)
        buffer_printf(out, "recipient_delimiter =%s%s\n", delimiter[0] != '\0' ? " " : "",
                      delimiter);
    if (search_has_localparts(map->search) && locals->service[0] != '\0')
        write_locals(locals, out);
}

static void write_map(const struct import_plan *plan, const struct import_map *map,
                      struct buffer *out)
{
    buffer_add_char(out, '\n');
    wrap("# ", slice_of(map->origin), out);
    if (map->by_hand)
        buffer_add_text(out, "# Not in use before it is switched by hand, see below.\n");
    buffer_printf(out, "[map %s]\nsearch = %s\n", map->name, search_words[map->search]);
    if (map->search == SEARCH_ALIAS && !map->propagates)
        buffer_printf(out,
                      "# propagate_unmatched_extensions does not have \"%s\".\n"
                      "propagate_extension = no\n",
                      map->parameter->propagation);
    if (map->parents_undotted)
        buffer_printf(out,
                      "# It has \"%s\": example.com stands for its subdomains, too.\n"
                      "parent_domain_matches_subdomains = yes\n",
                      map->is_access ? "smtpd_access_maps" : map->parameter->parents);
    if (map->service[0] != '\0')
        write_service_rules(plan, map, out);
    if (strcmp(map->parameter->name, "virtual_alias_maps") == 0)
        buffer_add_text(
            out, "# Without the database, mail for a mailbox goes on for long only if one of "
                 "these tables has it\n"
                 "# as an alias of itself, see vmapctl(1), MOVING OVER.\n");
    buffer_add_text(out, "tables =");
    for (size_t i = 0; i < map->table_count; i++)
        buffer_printf(out, "%s%s", map->table_count > 1 ? "\n    " : " ", map->tables[i]);
    buffer_add_char(out, '\n');
}

/* Every line of text behind "# ". */
void import_write_comment(const char *text, struct buffer *out)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "\n");

        buffer_printf(out, "#%s%.*s\n", len > 0 ? " " : "", (int)len, text);
        text += len + (text[len] == '\n');
    }
}

void import_write_maps(const struct import_plan *plan, struct buffer *out)
{
    write_server(plan, out);
    for (size_t i = 0; i < plan->map_count; i++)
        write_map(plan, &plan->map[i], out);
}

void import_write_config(const struct import_plan *plan, struct buffer *out)
{
    struct buffer report = BUFFER_EMPTY;

    buffer_printf(out,
                  "# vmapd.conf, made by vmapctl import from %s. See vmapd.conf(5).\n"
                  "# How to use it, and how to go back, is said at the end.\n\n",
                  postconf_directory(plan->postconf));
    import_write_maps(plan, out);
    buffer_add_char(out, '\n');
    import_write_report(plan, &report);
    import_write_comment(buffer_text(&report), out);
    buffer_free(&report);
}

/* --- the report ----------------------------------------------------------------------------- */

void import_write_stays(const struct import_plan *plan, struct buffer *out)
{
    if (plan->stay_count == 0)
        return;
    buffer_add_text(out, "Not moved:\n");
    for (size_t i = 0; i < plan->stay_count; i++) {
        const struct import_stay *stay = &plan->stay[i];

        buffer_printf(out, "\n  %s\n", stay->what);
        write_lines("    ", stay->reason, out);
        write_lines("    ", stay->advice, out);
    }
    buffer_add_char(out, '\n');
}

void import_write_commands(const struct import_plan *plan, bool back, struct buffer *out)
{
    struct import_setting *settings = xcalloc(plan->change_count + 1, sizeof(*settings));

    for (size_t i = 0; i < plan->change_count; i++) {
        const struct import_change *change = &plan->change[i];

        settings[i] = (struct import_setting){change->service, change->parameter,
                                              back ? change->before : change->after};
    }
    import_commands_set(plan->postconf, settings, plan->change_count, back, out);
    free(settings);
}

static void write_indented(const struct import_plan *plan, bool back, struct buffer *out)
{
    struct buffer commands = BUFFER_EMPTY;
    const char *line;

    import_write_commands(plan, back, &commands);
    import_command_reload(plan->postconf, &commands);
    buffer_add_char(&commands, '\n');
    for (line = buffer_text(&commands); *line != '\0'; line += strcspn(line, "\n") + 1)
        buffer_printf(out, "    %.*s\n", (int)strcspn(line, "\n"), line);
    buffer_free(&commands);
}

void import_write_report(const struct import_plan *plan, struct buffer *out)
{
    import_write_stays(plan, out);
    if (plan->change_count == 0) {
        buffer_add_text(out, "Nothing moves by itself, so there is no command to run.\n");
        return;
    }
    buffer_printf(out,
                  "Nothing of Postfix was changed. Start vmapd with this configuration "
                  "(vmapctl check finds what\n"
                  "is wrong with it; vmapd's user has to be able to read the files under tables), "
                  "and compare:\n"
                  "    postmap -q KEY socketmap:unix:%s/" IMPORT_SOCKET ":%s\n\n"
                  "Switch:\n",
                  postconf_value(plan->postconf, "queue_directory"), plan->map[0].name);
    write_indented(plan, false, out);
    buffer_add_text(out, "\nGo back:\n");
    write_indented(plan, true, out);
}

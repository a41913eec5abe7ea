/*
 * What import prints can be used as it is: the configuration by vmapd, the commands by a shell. The
 * commands are run by a real shell here, with a postconf of our own that prints its arguments.
 */
#include "write.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "config.h"
#include "decide.h"
#include "locals.h"
#include "unit.h"

static char directory[64];
static char *table; /* a mysql_table(5) file */

static void write_text(const char *name, const char *text, mode_t mode)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

static void setup(void)
{
    char path[128];

    strcpy(directory, "/tmp/test_import.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    write_text("a.cf", "dbname = d\nquery = SELECT 1 FROM t WHERE k='%s'\n", 0600);
    write_text("postconf", "#!/bin/sh\nfor a; do printf '<%s>' \"$a\"; done\n", 0700);
    write_text("domains", "# names\na.example\n b.example !c.example\n", 0600);
    write_text("mailname", "name.example\n", 0600);
    snprintf(path, sizeof(path), "%s/a.cf", directory);
    table = strdup(path);
}

static void teardown(void)
{
    static const char *const names[] = {"a.cf", "postconf", "domains", "mailname"};
    char path[128];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        unlink(path);
    }
    rmdir(directory);
    free(table);
}

static bool check(const char *path, struct buffer *error)
{
    (void)path;
    (void)error;
    return true;
}

static void add(struct postconf *postconf, enum postconf_output output, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add(struct postconf *postconf, enum postconf_output output, const char *format, ...)
{
    char text[4096];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    postconf_add(postconf, output, slice_of(text));
}

static struct postconf *small(void)
{
    struct postconf *postconf = postconf_new("/etc/postfix");

    add(postconf, POSTCONF_WRITTEN,
        "virtual_alias_maps = mysql:%s\nsmtp_generic_maps = mysql:%s\nrelay_domains = mysql:%s\n",
        table, table, table);
    add(postconf, POSTCONF_VALUES,
        "queue_directory = /q\nmail_owner = postfix\nrecipient_delimiter = +-\n"
        "propagate_unmatched_extensions = virtual\nmyorigin = a.example\n"
        "parent_domain_matches_subdomains = relay_domains\nmydestination = b.example, "
        "a.example,mysql:%s\n",
        table);
    return postconf;
}

START_TEST(the_configuration_is_one)
{
    struct postconf *postconf = small();
    struct import_plan *plan = import_decide(postconf, check);
    struct buffer text = BUFFER_EMPTY;
    struct buffer error = BUFFER_EMPTY;
    struct config *config;
    const struct map_def *map;

    import_write_config(plan, &text);
    config = config_parse("vmapd.conf", buffer_slice(&text), &error);
    ck_assert_msg(config != NULL, "%s\n%s", buffer_text(&error), buffer_text(&text));
    ck_assert_str_eq(config->server.listen[0].text, "unix:/q/private/vmap");
    ck_assert_str_eq(config->server.socket_owner, "postfix");
    ck_assert_uint_eq(config->map_count, 3);
    map = config_map(config, slice_of("aliases"));
    ck_assert_int_eq(map->rules.search, SEARCH_ALIAS);
    ck_assert(map->rules.propagate_extension);
    ck_assert_str_eq(map->rules.recipient_delimiter, "+-");
    ck_assert_str_eq(map->rules.local_domains[0], "a.example");
    ck_assert_str_eq(map->rules.local_domains[1], "b.example");
    ck_assert_ptr_null(map->rules.local_domains[2]);
    ck_assert_uint_eq(map->local_table_count, 1);
    ck_assert_str_eq(map->local_tables[0]->name, table);
    ck_assert_str_eq(map->tables[0]->name, table);
    ck_assert(!config_map(config, slice_of("smtp_generic_maps"))->rules.propagate_extension);
    ck_assert(config_map(config, slice_of("relay_domains"))->rules.plain_parents);
    config_unref(config);
    import_plan_free(plan);
    postconf_free(postconf);
    buffer_free(&text);
    buffer_free(&error);
}
END_TEST

/* Nobody's delimiter is not ours. */
START_TEST(no_delimiter_is_none)
{
    struct postconf *postconf = postconf_new("/etc/postfix");
    struct buffer text = BUFFER_EMPTY;
    struct buffer error = BUFFER_EMPTY;
    struct import_plan *plan;
    struct config *config;

    add(postconf, POSTCONF_WRITTEN, "virtual_alias_maps = mysql:%s\n", table);
    add(postconf, POSTCONF_VALUES,
        "queue_directory = /q\nmail_owner = p\nrecipient_delimiter =\nmydestination =\n");
    plan = import_decide(postconf, check);
    import_write_config(plan, &text);
    config = config_parse("vmapd.conf", buffer_slice(&text), &error);
    ck_assert_msg(config != NULL, "%s\n%s", buffer_text(&error), buffer_text(&text));
    ck_assert_str_eq(config->maps[0]->rules.recipient_delimiter, "");
    config_unref(config);
    import_plan_free(plan);
    postconf_free(postconf);
    buffer_free(&text);
    buffer_free(&error);
}
END_TEST

/* What the configuration says of owner-* and *-request. */
static bool has_note_of_owners(const char *delimiter, const char *special)
{
    struct postconf *postconf = postconf_new("/etc/postfix");
    struct buffer text = BUFFER_EMPTY;
    struct import_plan *plan;
    bool found;

    add(postconf, POSTCONF_WRITTEN, "virtual_alias_maps = mysql:%s\n", table);
    add(postconf, POSTCONF_VALUES,
        "queue_directory = /q\nmail_owner = p\nmydestination =\n"
        "recipient_delimiter = %s\nowner_request_special = %s\n",
        delimiter, special);
    plan = import_decide(postconf, check);
    import_write_config(plan, &text);
    found = strstr(buffer_text(&text), "owner_request_special") != NULL;
    import_plan_free(plan);
    postconf_free(postconf);
    buffer_free(&text);
    return found;
}

START_TEST(owners_that_postfix_splits_are_told)
{
    ck_assert(has_note_of_owners("+-", "no"));
    ck_assert(!has_note_of_owners("+-", "yes"));
    ck_assert(!has_note_of_owners("+", "no"));
}
END_TEST

static void check_words(const char *command, const char *wanted)
{
    char line[1024], got[1024];
    FILE *shell;

    snprintf(line, sizeof(line), "PATH=%s:$PATH; %s", directory, command);
    shell = popen(line, "r");
    ck_assert_ptr_nonnull(shell);
    got[fread(got, 1, sizeof(got) - 1, shell)] = '\0';
    ck_assert_int_eq(pclose(shell), 0);
    ck_assert_str_eq(got, wanted);
}

START_TEST(commands_survive_the_shell)
{
    struct postconf *here = postconf_new("/etc/postfix");
    struct postconf *there = postconf_new("/etc/post fix's");
    struct buffer command = BUFFER_EMPTY;

    import_command_set(here, "", "p", "a, $b `c` \"d\" 'e' \\f", &command);
    check_words(buffer_text(&command), "<-e><p = a, $b `c` \"d\" 'e' \\f>");
    buffer_clear(&command);
    import_command_set(here, "submission/inet", "p", "$a,  b {c, d} ,e ", &command);
    check_words(buffer_text(&command), "<-P><submission/inet/p=$a,b,{c,d},e>");
    buffer_clear(&command);
    import_command_set(there, "", "p", "", &command);
    check_words(buffer_text(&command), "<-c></etc/post fix's><-e><p = >");
    buffer_free(&command);
    postconf_free(here);
    postconf_free(there);
}
END_TEST

START_TEST(the_report_leads_there_and_back)
{
    struct postconf *postconf = postconf_new("/etc/postfix");
    struct buffer text = BUFFER_EMPTY;
    struct import_plan *plan;

    add(postconf, POSTCONF_WRITTEN, "virtual_alias_maps = proxy:mysql:${x}/a.cf\n");
    add(postconf, POSTCONF_EXPANDED, "virtual_alias_maps = proxy:mysql:/e/a.cf\n");
    add(postconf, POSTCONF_VALUES, "queue_directory = /q\n");
    plan = import_decide(postconf, check);
    import_write_report(plan, &text);
    ck_assert_str_eq(
        buffer_text(&text),
        "Nothing of Postfix was changed. Start vmapd with this configuration (vmapctl check finds "
        "what\n"
        "is wrong with it; vmapd's user has to be able to read the files under tables), and "
        "compare:\n"
        "    postmap -q KEY socketmap:unix:/q/private/vmap:aliases\n"
        "\n"
        "Switch:\n"
        "    postconf -e 'virtual_alias_maps = socketmap:unix:private/vmap:aliases'\n"
        "    postfix reload\n"
        "\n"
        "Go back:\n"
        "    postconf -e 'virtual_alias_maps = proxy:mysql:${x}/a.cf'\n"
        "    postfix reload\n");
    import_plan_free(plan);
    postconf_free(postconf);
    buffer_free(&text);
}
END_TEST

START_TEST(local_domains_are_found)
{
    struct postconf *postconf = postconf_new("/etc/postfix");
    struct locals locals = {0};

    add(postconf, POSTCONF_VALUES,
        "myorigin = %s/mailname\n"
        "mydestination = localhost, proxy:mysql:/w.cf !b.example, %s/domains mysql:/x.cf, "
        "!%s/nothing, localhost, !hash:/y\n",
        directory, directory, directory);
    locals_find(postconf, "", &locals);
    ck_assert_str_eq(buffer_text(&locals.names), "name.example, localhost, a.example");
    ck_assert_uint_eq(locals.table_count, 2);
    ck_assert_str_eq(locals.tables[0], "mysql:/w.cf");
    ck_assert_str_eq(locals_table_file(locals.tables[1]), "/x.cf");
    ck_assert_ptr_nonnull(strstr(buffer_text(&locals.notes), "!b.example in front of mysql:/x.cf"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&locals.notes), "/nothing cannot be read"));
    ck_assert_ptr_nonnull(strstr(buffer_text(&locals.notes), "has !hash:/y"));
    postconf_free(postconf);
    locals_free(&locals);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("import_write");
    TCase *t = tcase_create("import_write");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, the_configuration_is_one);
    tcase_add_test(t, no_delimiter_is_none);
    tcase_add_test(t, owners_that_postfix_splits_are_told);
    tcase_add_test(t, commands_survive_the_shell);
    tcase_add_test(t, the_report_leads_there_and_back);
    tcase_add_test(t, local_domains_are_found);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

/* Each kind of trouble is found where it is, once, and nothing is found where there is none. */
#include "checks.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit.h"

static struct check check;
static struct config *config;

static void start(void)
{
    memset(&check, 0, sizeof(check));
}

static void stop(void)
{
    config_unref(config);
    config = NULL;
    buffer_free(&check.text);
}

static void configure(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void configure(const char *format, ...)
{
    struct buffer error = BUFFER_EMPTY;
    char text[4000];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    config = config_parse("vmapd.conf", slice_of(text), &error);
    ck_assert_msg(config != NULL, "%s", buffer_text(&error));
}

static void expect(unsigned problems, const char *text)
{
    ck_assert_msg(check.problems == problems, "%u problems:\n%s", check.problems,
                  buffer_text(&check.text));
    ck_assert_str_eq(buffer_text(&check.text), text);
}

static void expect_part(unsigned problems, const char *part)
{
    ck_assert_msg(check.problems == problems, "%u problems:\n%s", check.problems,
                  buffer_text(&check.text));
    ck_assert_msg(strstr(buffer_text(&check.text), part) != NULL, "\"%s\" is not in:\n%s", part,
                  buffer_text(&check.text));
}

/* --- lines ---------------------------------------------------------------------------------- */

START_TEST(a_problem_is_told_once)
{
    check_problem(&check, "%s", "one");
    check_note(&check, "one");
    check_problem(&check, "two");
    check_problem(&check, "one");
    check_problem(&check, "on");
    check_ok(&check, "good");
    expect(3, "problem: one\nnote: one\nproblem: two\nproblem: on\nok: good\n");
}
END_TEST

/* --- the configuration ------------------------------------------------------------------------ */

static char path[64];

static void write_config(const char *text, mode_t mode)
{
    int fd;

    strcpy(path, "/tmp/test_checks.XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

START_TEST(a_good_configuration_is_good)
{
    char wanted[200];

    write_config("[database]\npassword = x\ndbname = d\n[map m]\nquery = SELECT '%s'\n", 0640);
    config = check_config(&check, path);
    unlink(path);
    ck_assert_ptr_nonnull(config);
    snprintf(wanted, sizeof(wanted), "ok: %s: 1 maps, 1 tables\n", path);
    expect(0, wanted);
}
END_TEST

START_TEST(a_wrong_configuration_is_a_problem)
{
    write_config("[server]\nnonsense = 1\n", 0640);
    config = check_config(&check, path);
    unlink(path);
    ck_assert_ptr_null(config);
    expect_part(1, ":2: ");
    expect_part(1, "nonsense");
}
END_TEST

START_TEST(a_password_for_everybody_is_a_problem)
{
    write_config("[database]\npassword = secret\ndbname = d\n[map m]\nquery = SELECT '%s'\n", 0644);
    config = check_config(&check, path);
    unlink(path);
    ck_assert_ptr_nonnull(config);
    expect_part(1, ":2: every user of this machine has access to this password");
    ck_assert_ptr_null(strstr(buffer_text(&check.text), "secret"));
}
END_TEST

/* --- queries -------------------------------------------------------------------------------- */

static const char one_table[] = "[map m]\ndbname = d\nquery = SELECT x FROM t WHERE a='%s'\n";

static void explain(const char *table, const char *type, const char *keys, const char *rows)
{
    const char *const mariadb[] = {"1",  "SIMPLE", table, type, keys,
                                   NULL, NULL,     NULL,  rows, "Using where"};

    check_plan_row(&check, config->tables[0], 10, mariadb);
}

START_TEST(a_scan_is_a_problem)
{
    configure("%s", one_table);
    explain("t", "ALL", NULL, "3");
    expect(1, "problem: vmapd.conf:1: the query of table m reads all of t for every key; CREATE "
              "INDEX a ON t (a)\n");
    explain("t", "ALL", NULL, "3");
    explain("t", "index", NULL, "3");
    ck_assert_uint_eq(check.problems, 1);
    explain("s", "ALL", NULL, "3");
    expect_part(2, "an index on the columns of s that are compared would help");
}
END_TEST

START_TEST(mysql_has_more_columns)
{
    static const char *const mysql[] = {"1",  "SIMPLE", "t",  NULL, "ALL", NULL,
                                        NULL, NULL,     NULL, "3",  "100", "Using where"};

    configure("%s", one_table);
    check_plan_row(&check, config->tables[0], 12, mysql);
    expect_part(1, "reads all of t");
}
END_TEST

START_TEST(an_index_is_no_problem)
{
    configure("%s", one_table);
    explain("t", "const", "a", "1");
    explain("t", "ref", "a", "5000");
    explain("t", "ALL", "a", "20"); /* small: the server does not bother */
    explain(NULL, NULL, NULL, NULL);
    explain("<derived2>", "ALL", NULL, "2");
    expect(0, "");
    explain("t", "ALL", "a", "20000");
    expect_part(1, "though there is an index (a)");
}
END_TEST

START_TEST(odd_plans_are_no_problem)
{
    configure("%s", one_table);
    check_plan_row(&check, config->tables[0], 0, NULL);
    expect(0, "");
}
END_TEST

/* --- sockets ---------------------------------------------------------------------------------- */

static char directory[64];

static void make_directory(mode_t mode)
{
    strcpy(directory, "/tmp/test_checks.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    ck_assert_int_eq(chmod(directory, mode), 0);
}

static void listen_there(void)
{
    configure("[server]\nlisten = unix:%s/s\nsocket_mode = 0660\n[map m]\ndbname = d\n"
              "query = '%%s'\n",
              directory);
}

static void make_socket(mode_t mode)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/s", directory);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(chmod(address.sun_path, mode), 0);
    close(fd);
}

static void remove_directory(void)
{
    char name[128];

    snprintf(name, sizeof(name), "%s/s", directory);
    unlink(name);
    rmdir(directory);
}

START_TEST(sockets_are_looked_at)
{
    make_directory(0755);
    listen_there();
    make_socket(0666);
    check_sockets(&check, config, "nobody");
    expect_part(0, "user nobody can connect");
    remove_directory();
}
END_TEST

START_TEST(a_closed_socket_is_a_problem)
{
    make_directory(0755);
    listen_there();
    make_socket(0660);
    check_sockets(&check, config, "nobody");
    expect_part(1, "user nobody may not connect (mode 0660)");
    remove_directory();
}
END_TEST

START_TEST(a_closed_directory_is_a_problem)
{
    make_directory(0700);
    listen_there();
    make_socket(0666);
    check_sockets(&check, config, "nobody");
    expect_part(1, "user nobody may not enter");
    expect_part(1, directory);
    remove_directory();
}
END_TEST

START_TEST(a_missing_directory_is_a_problem)
{
    strcpy(directory, "/nonexistent/x");
    listen_there();
    check_sockets(&check, config, "nobody");
    expect_part(1, "/nonexistent: No such file or directory; create the directory");
}
END_TEST

START_TEST(what_is_no_socket_is_a_problem)
{
    char name[128];

    make_directory(0755);
    listen_there();
    snprintf(name, sizeof(name), "%s/s", directory);
    ck_assert_int_eq(mkdir(name, 0777), 0);
    check_sockets(&check, config, "nobody");
    expect_part(1, "not a socket");
    rmdir(name);
    remove_directory();
}
END_TEST

START_TEST(a_socket_to_be_is_judged_by_the_configuration)
{
    make_directory(0755);
    listen_there();
    check_sockets(&check, config, "nobody");
    expect_part(1, "user nobody could not connect");
    stop();
    start();
    configure("[server]\nlisten = unix:%s/s\nsocket_owner = nobody\n[map m]\ndbname = d\n"
              "query = '%%s'\n",
              directory);
    check_sockets(&check, config, "nobody");
    expect_part(0, "not there, so vmapd does not run");
    remove_directory();
}
END_TEST

START_TEST(an_unknown_user_is_a_note)
{
    strcpy(directory, "/tmp");
    listen_there();
    check_sockets(&check, config, "no-such-user");
    expect_part(0, "note: there is no user no-such-user");
}
END_TEST

START_TEST(unknown_accounts_are_problems)
{
    configure("[server]\nuser = no-such-user\nsocket_owner = 12345\nsocket_group = no-such-group\n"
              "control_owner = nobody\ncontrol_group = no-such-group-either\n[map m]\ndbname = d\n"
              "query = '%%s'\n");
    check_accounts(&check, config);
    expect_part(3, "user = no-such-user: there is no such user");
    expect_part(3, "socket_group = no-such-group: there is no such group");
    expect_part(3, "control_group = no-such-group-either: there is no such group");
}
END_TEST

START_TEST(no_accounts_are_no_problem)
{
    configure("[map m]\ndbname = d\nquery = '%%s'\n");
    check_accounts(&check, config);
    expect(0, "");
}
END_TEST

/* --- files ------------------------------------------------------------------------------------ */

/* What nobody may not read of a configuration with this map, which is given the name of a file. */
static void look_at_files(const char *map, const char *file)
{
    stop();
    start();
    configure("[map m]\n%s%s\n", map, file);
    check_files(&check, config, "nobody");
}

START_TEST(files_are_looked_at)
{
    write_config("dbname = d\nquery = SELECT '%s'\n", 0640);
    look_at_files("tables = ", path);
    expect_part(1, "user nobody, as which vmapd runs, may not read /tmp/test_checks.");
    check_files(&check, config, "root");
    ck_assert_uint_eq(check.problems, 1);
    ck_assert_int_eq(chmod(path, 0644), 0);
    look_at_files("tables = ", path);
    expect(0, "");
    check_files(&check, config, "no-such-user");
    expect_part(0, "note: there is no user no-such-user");
    unlink(path);
}
END_TEST

/* A password, or names of domains: whatever stands in the file. */
static const char *const named_files[] = {"dbname = d\nquery = '%s'\npassword_file = ",
                                          "dbname = d\nquery = '%s'\ndomain = other.example "};

START_TEST(a_file_that_is_named_and_the_way_to_it_are_looked_at)
{
    const char *map = named_files[_i];
    char in[] = "/tmp/test_checks.XXXXXX", file[sizeof(in) + sizeof("/password")];

    ck_assert_ptr_nonnull(mkdtemp(in)); /* mode 0700 */
    snprintf(file, sizeof(file), "%s/password", in);
    write_config("secret\n", 0640);
    ck_assert_int_eq(rename(path, file), 0);
    look_at_files(map, file);
    expect_part(1, "may not enter /tmp/test_checks.");
    ck_assert_int_eq(chmod(in, 0711), 0);
    look_at_files(map, file);
    expect_part(1, "may not read /tmp/test_checks.");
    ck_assert_int_eq(chmod(file, 0644), 0);
    look_at_files(map, file);
    expect(0, "");
    unlink(file);
    rmdir(in);
}
END_TEST

/* --- Postfix ---------------------------------------------------------------------------------- */

static const char maps[] = "[server]\n"
                           "listen = unix:/q/private/vmap inet:127.0.0.1:2527\n"
                           "recipient_delimiter = +\n"
                           "[database]\ndbname = d\n"
                           "[map domains]\nquery = '%s'\n"
                           "[map mailboxes]\nsearch = address\nquery = '%s'\n"
                           "[map aliases]\nsearch = alias\nquery = '%s'\n"
                           "[map relay]\nsearch = domain\nparent_domain_matches_subdomains = yes\n"
                           "query = '%s'\n";

static struct postconf *postfix_with(const char *main_cf, const char *values)
{
    struct postconf *postconf = postconf_new("/etc/postfix");

    postconf_add(postconf, POSTCONF_WRITTEN, slice_of(main_cf));
    postconf_add(postconf, POSTCONF_VALUES,
                 slice_of("queue_directory = /q\n"
                          "parent_domain_matches_subdomains = relay_domains\n"));
    postconf_add(postconf, POSTCONF_VALUES, slice_of(values));
    postconf_add(postconf, POSTCONF_SERVICES, slice_of("virtual unix - n n - - virtual\n"));
    return postconf;
}

static const char usual[] = "recipient_delimiter = +\n"
                            "propagate_unmatched_extensions = canonical, virtual\n"
                            "virtual_transport = lmtp:unix:private/dovecot-lmtp\n";

static void check_with(const char *main_cf, const char *values)
{
    struct postconf *postconf = postfix_with(main_cf, values);

    configure("%s", maps);
    check_postfix(&check, config, postconf);
    postconf_free(postconf);
}

START_TEST(all_is_well)
{
    check_with("virtual_mailbox_domains = socketmap:unix:private/vmap:domains\n"
               "virtual_mailbox_maps = socketmap:unix:/q/private/vmap:mailboxes\n"
               "virtual_alias_maps = socketmap:inet:127.0.0.1:2527:aliases\n"
               "relay_domains = $mydestination socketmap:unix:private/vmap:relay\n"
               "proxy_read_maps = socketmap:unix:private/vmap:nonsense\n"
               "sender_bcc_maps = socketmap:unix:private/other:nonsense\n",
               usual);
    expect(0, "ok: /etc/postfix: 4 uses of these maps\n");
}
END_TEST

static const struct {
    const char *main_cf, *values, *finding;
} troubles[] = {
    {"virtual_alias_maps = socketmap:unix:private/vmap:aliasses\n", usual,
     "problem: /etc/postfix/main.cf: virtual_alias_maps: there is no map aliasses in vmapd.conf"},
    {"virtual_alias_maps = socketmap:unix:private/vmap:mailboxes\n", usual,
     "map mailboxes has search = address, and Postfix needs search = alias here"},
    {"virtual_alias_maps = socketmap:unix:private/vmap:aliases\n",
     "recipient_delimiter = +-\npropagate_unmatched_extensions = virtual\n",
     "map aliases has recipient_delimiter = +, and Postfix has \"+-\""},
    {"virtual_alias_maps = socketmap:unix:private/vmap:aliases\n", "recipient_delimiter = +\n",
     "map aliases needs propagate_extension = no"},
    {"transport_maps = socketmap:unix:private/vmap:relay\n", usual,
     "map relay needs parent_domain_matches_subdomains = no"},
    {"virtual_mailbox_maps = socketmap:unix:private/vmap:mailboxes\n",
     "recipient_delimiter = +\nvirtual_transport = virtual\n",
     "virtual(8) (the service virtual) refuses socketmap tables"},
    {"virtual_uid_maps = socketmap:unix:private/vmap:domains\n", "virtual_transport = virtual\n",
     "virtual(8) (the service virtual) refuses socketmap tables"},
    {"virtual_mailbox_limit_maps = socketmap:unix:private/vmap:domains\n",
     "virtual_transport = virtual\n", "virtual(8) (the service virtual) refuses socketmap tables"},
    {"alias_maps = socketmap:unix:private/vmap:domains\n", usual,
     "local(8) refuses socketmap tables"},
    {"virtual_alias_maps = socketmap:unix:private/vmap:aliases, "
     "socketmap:unix:private/vmap:aliases\n",
     usual, "2 maps in one list"},
};

START_TEST(trouble_is_found)
{
    check_with(troubles[_i].main_cf, troubles[_i].values);
    expect_part(1, troubles[_i].finding);
}
END_TEST

START_TEST(a_postfix_that_does_not_ask_us_is_a_note)
{
    check_with("virtual_alias_maps = hash:/etc/postfix/virtual\n", usual);
    expect_part(0, "note: /etc/postfix: Postfix does not use these maps");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("check");
    TCase *t = tcase_create("check");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, a_problem_is_told_once);
    tcase_add_test(t, a_good_configuration_is_good);
    tcase_add_test(t, a_wrong_configuration_is_a_problem);
    tcase_add_test(t, a_password_for_everybody_is_a_problem);
    tcase_add_test(t, a_scan_is_a_problem);
    tcase_add_test(t, mysql_has_more_columns);
    tcase_add_test(t, an_index_is_no_problem);
    tcase_add_test(t, odd_plans_are_no_problem);
    tcase_add_test(t, sockets_are_looked_at);
    tcase_add_test(t, a_closed_socket_is_a_problem);
    tcase_add_test(t, a_closed_directory_is_a_problem);
    tcase_add_test(t, a_missing_directory_is_a_problem);
    tcase_add_test(t, what_is_no_socket_is_a_problem);
    tcase_add_test(t, a_socket_to_be_is_judged_by_the_configuration);
    tcase_add_test(t, an_unknown_user_is_a_note);
    tcase_add_test(t, unknown_accounts_are_problems);
    tcase_add_test(t, no_accounts_are_no_problem);
    tcase_add_test(t, files_are_looked_at);
    tcase_add_loop_test(t, a_file_that_is_named_and_the_way_to_it_are_looked_at, 0, 2);
    tcase_add_test(t, all_is_well);
    tcase_add_loop_test(t, trouble_is_found, 0, (int)(sizeof(troubles) / sizeof(troubles[0])));
    tcase_add_test(t, a_postfix_that_does_not_ask_us_is_a_note);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

/*
 * Every mistake in a configuration is told with file and line and what was expected, and none is let
 * through.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "config_case.h"
#include "unit.h"

/* That the text is refused with just this message, or one that begins so if it ends in "...". */
static void refuses(const char *text, const char *message)
{
    struct buffer error = BUFFER_EMPTY;
    size_t len = strlen(message);

    write_file("c", text);
    ck_assert_msg(config_load("c", &error) == NULL, "accepted: %s", text);
    if (len > 3 && strcmp(message + len - 3, "...") == 0)
        ck_assert_msg(strncmp(buffer_text(&error), message, len - 3) == 0, "%s",
                      buffer_text(&error));
    else
        ck_assert_str_eq(buffer_text(&error), message);
    buffer_free(&error);
}

START_TEST(refuses_wrong_passwords)
{
    refuses(MAP "password_file = /nowhere/p\n",
            "c:4: password_file: cannot read /nowhere/p: No such file or directory");
    refuses(MAP "password = x\npassword_file = /p\n",
            "c:5: expected either password or password_file; password is in line 4");
    write_file("p", "\nx\n");
    refuses(MAP "password_file = p\n",
            "c:4: password_file: expected a password of 1 to 1023 bytes in the first line of p");
}
END_TEST

/* A FIFO, for one, would hold up whoever reads it. */
START_TEST(refuses_what_is_no_file)
{
    ck_assert_int_eq(mkfifo("fifo", 0600), 0);
    refuses(MAP "password_file = fifo\n",
            "c:4: password_file: cannot read fifo: it is not a regular file");
    refuses(MAP "domain = /dev/zero\n",
            "c:4: domain: cannot read /dev/zero: it is not a regular file");
    refuses("[map m]\ntables = /dev/zero\n", "/dev/zero: cannot read it: it is not a regular file");
    refuses(MAP "domain = /dev/null\n",
            "c:4: domain: cannot read /dev/null: it is not a regular file");
}
END_TEST

START_TEST(refuses_wrong_sections)
{
    refuses("", "c:1: expected at least one [map NAME] section");
    refuses("listen = x\n", "c:1: expected a [section] line such as [server] before the first "
                            "parameter");
    refuses("[srever]\n", "c:1: unknown section [srever], expected [server], [database], [cache], "
                          "[map NAME] or [table NAME]");
    refuses("[server x]\n", "c:1: expected [server] without a name");
    refuses("\n[cache]\n[server]\n[cache]\n", "c:4: [cache] began already in line 2");
    refuses("[map]\n",
            "c:1: expected [map NAME], where NAME is of letters, digits, '_', '-' and '.'");
    refuses("[map a b]\n", "c:1: expected [map NAME], where ...");
    refuses("[table a/b]\n", "c:1: expected [table NAME], where ...");
    refuses(MAP "[map m]\n", "c:4: [map m] began already in line 1");
    refuses("[table t]\n[table t]\n", "c:2: [table t] began already in line 1");
}
END_TEST

START_TEST(refuses_wrong_names)
{
    refuses("[server]\nlisten = unix:/x\nfoo = 1\n", "c:3: unknown parameter \"foo\"");
    refuses("[database]\npool-size = 1\n",
            "c:2: unknown parameter \"pool-size\", did you mean \"pool_size\"?");
    refuses("[cache]\npool_size = 1\n",
            "c:2: pool_size does not belong in [cache]; expected it in [database], [map NAME] or "
            "[table NAME]");
    refuses("[map m]\nlisten = 1\n",
            "c:2: listen does not belong in [map m]; expected it in [server]");
    refuses("[database]\nquery = 1\n",
            "c:2: query does not belong in [database]; expected it in [map NAME] or [table NAME]");
    refuses("[table t]\nttl = 1\nttl = 1\n", "c:3: ttl was set already in line 2");
    refuses("[server]\nlookup_timeout = 1s\n[database]\nlookup_timeout = 1s\n" MAP,
            "c:4: lookup_timeout was set already in line 2");
    refuses("[server]\nstate_file = /s\n[cache]\nstate_file = /s\n" MAP,
            "c:2: state_file was set already in line 4");
}
END_TEST

START_TEST(refuses_wrong_values)
{
    refuses("[cache]\nttl = 5min\n" MAP,
            "c:2: ttl: expected a time such as 500ms, 10s, 5m, 2h or 1d, found \"5min\"");
    refuses("[cache]\nttl = 5m # minutes\n" MAP,
            "c:2: ttl: the '#' and all behind it are part of the value; write comments on lines of "
            "their own, with '#' in the first column");
    refuses(MAP "pool_size = 0\n", "c:4: pool_size: expected a value from 1 to 1000, found \"0\"");
    refuses(MAP "search = like\n", "c:4: search: expected exact, address, alias, domain, access, "
                                   "client or name, found \"like\"");
    refuses(MAP "cache = maybe\n", "c:4: cache: expected yes or no, found \"maybe\"");
    refuses(MAP "hosts = a b:nosuchservice\n",
            "c:4: hosts: expected unix:PATH, HOST or HOST:PORT (a number or a service), found "
            "\"b:nosuchservice\"");
    refuses(MAP "result_format = %q\n", "c:4: result_format: ...");
    refuses("[database]\nresult_format = %q\n" MAP, "c:2: result_format: ...");
    refuses("[map m]\ndbname = d\nquery = SELECT %q\n", "c:3: query: ...");
    refuses("[map m]\ndbname = d\n\ntable = a\nselect_field = b\nwhere_field = %q\n",
            "c:6: query: ...");
    refuses(MAP "domain = hash:/etc/x\n", "c:4: domain: \"hash:/etc/x\": ...");
    refuses(MAP "local_domains = \xff\n", "c:4: local_domains: expected UTF-8 text");
    refuses(
        MAP "local_domains = a\n  mysql:/x.cf\n",
        "c:4: local_domains: expected a domain, or table:NAME for a [table], or table:/PATH for "
        "a mysql_table(5) file, found \"mysql:/x.cf\"");
    refuses(MAP "local_domains = /etc/names\n", "c:4: local_domains: expected a domain, ...");
    refuses(MAP "local_domains = !a\n", "c:4: local_domains: expected a domain, ...");
    refuses("[server]\nlocal_domains = table:\n" MAP, "c:2: local_domains: there is no [table ]");
    refuses("[server]\nlocal_domains = a, table:dest\n" MAP
            "[table dests]\ndbname = d\nquery = SELECT '%s'\n",
            "c:2: local_domains: there is no [table dest], did you mean \"dests\"?");
    refuses(MAP "local_domains = table:/nowhere.cf\n",
            "c:4: local_domains: cannot read /nowhere.cf: No such file or directory");
    refuses("[map m]\nquery = SELECT '%s'\n", "c:1: expected dbname, here or in [database]");
    refuses("[cache]\n[database]\nuser = u\n[map m]\nquery = SELECT '%s'\n",
            "c:2: expected dbname in [database], or in [map m]");
    write_file("x.cf", "dbname = e\nquery = SELECT '%s'\n");
    refuses(with_directory("[database]\npassword = p\nhosts = a:x\n[map m]\ntables = @/x.cf\n"),
            "c:3: hosts: expected unix:PATH...");
    refuses("[map m]\ndbname =\nquery = SELECT '%s'\n",
            "c:2: dbname: expected a value, found nothing");
}
END_TEST

/* Good syntax, but nobody means it; what is behind the colon. */
static void refuses_comment(const char *text, const char *where)
{
    char expected[200];

    snprintf(expected, sizeof(expected), "%s: the '#' and all behind it are part of the value; ...",
             where);
    refuses(text, expected);
}

START_TEST(refuses_comments_behind_values)
{
    refuses_comment(MAP "hosts = db # the master\n", "c:4: hosts");
    refuses_comment("[map m]\nquery = SELECT '%s'\ndbname = d # x\n", "c:3: dbname");
    refuses_comment("[server]\nsocket_owner = vmail\t# x\n" MAP, "c:2: socket_owner");
    refuses_comment("[server]\nrecipient_delimiter = + # x\n" MAP, "c:2: recipient_delimiter");
    refuses_comment("[server]\nuser = # nobody\n" MAP, "c:2: user");
    refuses_comment("[server]\nlisten = unix:/a\n  # not this\n  unix:/b # but this\n" MAP,
                    "c:4: listen");
    config_unref(load("[server]\nrecipient_delimiter = #\nsyslog_name = a#b\n" MAP));
}
END_TEST

START_TEST(refuses_quoted_names)
{
    refuses("[map m]\nquery = SELECT '%s'\ndbname = \"d\"\n",
            "c:3: dbname: the quotes around the value are part of it; write it without them");
    refuses(MAP "hosts = 'db'\n", "c:4: hosts: the quotes around ...");
    config_unref(load(MAP "user = it's\n"));
}
END_TEST

START_TEST(refuses_parameters_that_continue_a_line)
{
    refuses("[database]\nhosts = 127.0.0.1\n  user = mailuser\n" MAP,
            "c:3: hosts: this line continues the value, for it begins with white space; begin "
            "\"user\" in the first column if it is a parameter");
    refuses("[server]\nlisten = unix:/a\n\n#\n  unix:/b\n\tmax_clinets=3\n" MAP,
            "c:6: listen: this line continues the value, ...");
    config_unref(load("[server]\nlisten = unix:/a\n  unix:/b\n" MAP));
}
END_TEST

START_TEST(refuses_wrong_tables)
{
    refuses("[map m]\nsearch = exact\n", "c:1: expected query or tables in this section");
    refuses("[map m]\ntables =\n", "c:2: tables: expected at least one table");
    refuses("[map m]\ntables = t u\n[table t]\ndbname = d\nquery = SELECT '%s'\n",
            "c:2: tables: there is no [table u]");
    refuses("[map m]\ntables = alais\n[table alias]\ndbname = d\nquery = SELECT '%s'\n",
            "c:2: tables: there is no [table alais], did you mean \"alias\"?");
    refuses("[map m]\nquery = SELECT '%s'\ntables = t\n",
            "c:2: query belongs in the [table] section: this map has tables (line 3)");
    refuses("[map m]\ntables = t\npool_size = 3\n",
            "c:3: pool_size belongs in the [table] section: this map has tables (line 2)");
    refuses("[map m]\ntables = /nowhere/x.cf\n",
            "c:2: tables: cannot read /nowhere/x.cf: No such file or directory");
    refuses("[map m]\ntables = mysql:/etc/x.cf\n",
            "c:2: tables: expected the name of a [table] section or the absolute path ...");
    refuses("[map m]\ntables = x.cf/y\n",
            "c:2: tables: expected the name of a [table] section ...");
    refuses("[table t]\ndbname = d\n" MAP, "c:1: expected query");
}
END_TEST

/* path/x.cf, which is no part of any message before its own name. */
static void refuses_cf(const char *text, const char *message)
{
    char expected[200];

    write_file("x.cf", text);
    snprintf(expected, sizeof(expected), "%s/x.cf:%s", directory, message);
    refuses(with_directory("[database]\ndbname = d\n[map m]\ntables = @/x.cf\n"), expected);
}

START_TEST(refuses_wrong_cf_files)
{
    catch_log();
    refuses_cf("query = SELECT '%s'\n", "1: expected dbname");
    refuses_cf("dbname = e\n", "1: expected query");
    refuses_cf("dbname = e\nquery\n", "2: expected \"name = value\", found no '=' after \"query\"");
    refuses_cf("[map x]\n", "1: expected \"name = value\", this file has no [section] lines");
    refuses_cf("dbname = e\nquery = SELECT '%s'\nidle_interval = 0\n",
               "3: idle_interval: expected a value from 1s to 365d, found \"0\"");
    refuses_cf("dbname = e\nquery = SELECT '%s'\nidle_interval = x\nidle_interval = y\n",
               "4: idle_interval: expected a time ...");
}
END_TEST

START_TEST(guards_the_listeners)
{
    refuses("[server]\nlisten = inet:0.0.0.0:2527\n" MAP,
            "c:2: listen: expected a loopback address, found \"inet:0.0.0.0:2527\"; to listen "
            "elsewhere, name the networks of the clients in allow");
    refuses("[server]\nlisten = inet:*:2527\n" MAP, "c:2: listen: expected a loopback address...");
    refuses("[server]\nlisten = inet:[::]:2527\n" MAP, "c:2: listen: expected a loopback ...");
    refuses("[server]\nlisten = inet:mail.example.com:2527\n" MAP,
            "c:2: listen: expected a loop...");
    refuses("[server]\nmetrics = inet:*:9786\n" MAP,
            "c:2: metrics: expected a loopback address...");
    refuses("[server]\nmetrics = unix:/m\n" MAP,
            "c:2: metrics: expected inet:HOST:PORT, found \"unix:/m\"");
    refuses("[server]\ncontrol = inet:127.0.0.1:1\n" MAP,
            "c:2: control: expected unix:/PATH, found \"inet:127.0.0.1:1\"");
    refuses("[server]\nlisten = unix:/a\ncontrol = unix:/a\n" MAP,
            "c:3: control: expected another socket than listen has");
    refuses("[server]\nlisten = unix:/a unix:/a\n" MAP, "c:2: listen: expected each address once");
    refuses("[server]\nlisten =\n" MAP, "c:2: listen: expected at least one address");
    refuses("[server]\nlisten = unix:/a /b\n" MAP,
            "c:2: listen: expected unix:/PATH or inet:HOST:PORT, found \"/b\"");
    refuses("[server]\nallow = 10.0.0.0/8 10.1.0.0/8\n" MAP, "c:2: allow: expected a network, ...");
}
END_TEST

START_TEST(refuses_half_a_legacy_query)
{
    refuses("[map m]\ndbname = d\ntable = t\nselect_field = s\n",
            "c:1: expected where_field, or query instead of the older parameters");
    refuses("[map m]\ndbname = d\ntable =\nselect_field = s\nwhere_field = w\n",
            "c:3: expected table, or query instead of the older parameters");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("config_errors");
    TCase *t = tcase_create("config_errors");

    tcase_add_checked_fixture(t, make_directory, remove_directory);
    tcase_add_test(t, refuses_wrong_passwords);
    tcase_add_test(t, refuses_what_is_no_file);
    tcase_add_test(t, refuses_wrong_sections);
    tcase_add_test(t, refuses_wrong_names);
    tcase_add_test(t, refuses_wrong_values);
    tcase_add_test(t, refuses_comments_behind_values);
    tcase_add_test(t, refuses_quoted_names);
    tcase_add_test(t, refuses_parameters_that_continue_a_line);
    tcase_add_test(t, refuses_wrong_tables);
    tcase_add_test(t, refuses_wrong_cf_files);
    tcase_add_test(t, guards_the_listeners);
    tcase_add_test(t, refuses_half_a_legacy_query);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

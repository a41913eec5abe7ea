/* What postconf(1) prints is understood; of what it prints about nothing, nothing remains. */
#include "postconf.h"

#include <stdio.h>
#include <unistd.h>

#include "unit.h"

static struct postconf *of_texts(void)
{
    struct postconf *postconf = postconf_new("/etc/postfix");

    postconf_add(postconf, POSTCONF_WRITTEN,
                 slice_of("mydestination = $myhostname, localhost\n"
                          "recipient_delimiter =\n"
                          "virtual_alias_maps = proxy:mysql:/a.cf, hash:/b=c\n"));
    postconf_add(postconf, POSTCONF_EXPANDED,
                 slice_of("mydestination = host.example.com, localhost\n"
                          "recipient_delimiter =\n"
                          "virtual_alias_maps = proxy:mysql:/a.cf, hash:/b=c"));
    postconf_add(postconf, POSTCONF_OVERRIDES_WRITTEN,
                 slice_of("127.0.0.1:10025/inet/virtual_alias_maps = $x\n"));
    postconf_add(postconf, POSTCONF_OVERRIDES_EXPANDED,
                 slice_of("127.0.0.1:10025/inet/virtual_alias_maps = mysql:/d.cf\n"));
    postconf_add(postconf, POSTCONF_VALUES,
                 slice_of("mail_owner = postfix\nmyorigin = host.example.com\n"));
    postconf_add(postconf, POSTCONF_SERVICES,
                 slice_of("smtp      inet  n - y - - smtpd -o x=y\n"
                          "virtual   unix  - n n - - virtual\n"
                          "dovecot   unix  - n n - - pipe flags=DRh user=vmail argv=/x\n"));
    return postconf;
}

START_TEST(settings_are_read)
{
    struct postconf *postconf = of_texts();
    const struct postconf_setting *setting;

    ck_assert_uint_eq(postconf_count(postconf), 4);
    setting = postconf_setting(postconf, 0);
    ck_assert_str_eq(setting->service, "");
    ck_assert_str_eq(setting->name, "mydestination");
    ck_assert_str_eq(setting->written, "$myhostname, localhost");
    ck_assert_str_eq(setting->expanded, "host.example.com, localhost");
    ck_assert_str_eq(postconf_setting(postconf, 1)->expanded, "");
    ck_assert_str_eq(postconf_setting(postconf, 2)->written, "proxy:mysql:/a.cf, hash:/b=c");
    setting = postconf_setting(postconf, 3);
    ck_assert_str_eq(setting->service, "127.0.0.1:10025/inet");
    ck_assert_str_eq(setting->name, "virtual_alias_maps");
    ck_assert_str_eq(setting->expanded, "mysql:/d.cf");
    postconf_free(postconf);
}
END_TEST

START_TEST(values_are_those_of_main_cf)
{
    struct postconf *postconf = of_texts();

    ck_assert_str_eq(postconf_value(postconf, "mail_owner"), "postfix");
    ck_assert_str_eq(postconf_value(postconf, "mydestination"), "host.example.com, localhost");
    ck_assert_str_eq(postconf_value(postconf, "virtual_alias_maps"),
                     "proxy:mysql:/a.cf, hash:/b=c");
    ck_assert_str_eq(postconf_value(postconf, "never_heard_of"), "");
    postconf_free(postconf);
}
END_TEST

START_TEST(agents_are_known_by_their_service)
{
    struct postconf *postconf = of_texts();

    ck_assert_str_eq(postconf_agent(postconf, slice_of("virtual")), "virtual");
    ck_assert_str_eq(postconf_agent(postconf, slice_of("dovecot")), "pipe");
    ck_assert_ptr_null(postconf_agent(postconf, slice_of("smtp"))); /* an inet service */
    ck_assert_ptr_null(postconf_agent(postconf, slice_of("virtua")));
    postconf_free(postconf);
}
END_TEST

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(the_real_postconf_is_run)
{
    char directory[] = "/tmp/test_postconf.XXXXXX";
    struct buffer error = BUFFER_EMPTY;
    struct postconf *postconf;
    char path[64];

    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/main.cf", directory);
    write_text(path, "compatibility_level = 3.6\nmyhostname = a.example.com\n"
                     "mydestination = $myhostname,\n    # comment\n    localhost\n"
                     "virtual_alias_maps = mysql:${config_directory}/a.cf\n");
    snprintf(path, sizeof(path), "%s/master.cf", directory);
    write_text(path, "lmtp unix - - y - - lmtp\n");
    postconf = postconf_read(directory, &error);
    ck_assert_msg(postconf != NULL, "%s", buffer_text(&error));
    ck_assert_str_eq(postconf_value(postconf, "mydestination"), "a.example.com, localhost");
    ck_assert_str_eq(postconf_value(postconf, "virtual_transport"), "virtual");
    snprintf(path, sizeof(path), "mysql:%s/a.cf", directory);
    ck_assert_str_eq(postconf_value(postconf, "virtual_alias_maps"), path);
    ck_assert_str_eq(postconf_agent(postconf, slice_of("lmtp")), "lmtp");
    ck_assert_ptr_null(postconf_agent(postconf, slice_of("virtual")));
    postconf_free(postconf);
    snprintf(path, sizeof(path), "%s/master.cf", directory);
    unlink(path);
    postconf = postconf_read(directory, &error);
    ck_assert_msg(postconf != NULL, "%s", buffer_text(&error));
    ck_assert_str_eq(postconf_agent(postconf, slice_of("virtual")), "virtual");
    ck_assert_ptr_null(postconf_agent(postconf, slice_of("lmtp")));
    postconf_free(postconf);
    snprintf(path, sizeof(path), "%s/main.cf", directory);
    unlink(path);
    rmdir(directory);
}
END_TEST

START_TEST(what_cannot_be_read_is_an_error)
{
    struct buffer error = BUFFER_EMPTY;

    ck_assert_ptr_null(postconf_read("/nonexistent", &error));
    ck_assert_str_eq(buffer_text(&error), "/nonexistent: No such file or directory");
    buffer_clear(&error);
    ck_assert_ptr_null(postconf_read("/", &error));
    ck_assert_msg(strstr(buffer_text(&error), "main.cf") != NULL, "%s", buffer_text(&error));
    buffer_free(&error);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("postconf");
    TCase *t = tcase_create("postconf");

    tcase_add_test(t, settings_are_read);
    tcase_add_test(t, values_are_those_of_main_cf);
    tcase_add_test(t, agents_are_known_by_their_service);
    tcase_add_test(t, the_real_postconf_is_run);
    tcase_add_test(t, what_cannot_be_read_is_an_error);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

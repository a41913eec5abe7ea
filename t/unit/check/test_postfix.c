/* What main.cf and vmapd.conf disagree about is found. */
#include "postfix.h"

#include <stdlib.h>

#include "check_case.h"
#include "xmalloc.h"

static const char maps[] = "[server]\n"
                           "listen = unix:/q/private/vmap inet:127.0.0.1:2527\n"
                           "recipient_delimiter = +\n"
                           "[database]\ndbname = d\n"
                           "[map domains]\nquery = '%s'\n"
                           "[map mailboxes]\nsearch = address\nquery = '%s'\n"
                           "[map aliases]\nsearch = alias\nquery = '%s'\n"
                           "[map relay]\nsearch = domain\nparent_domain_matches_subdomains = yes\n"
                           "query = '%s'\n"
                           "[map senders]\nsearch = access\nquery = '%s'\n"
                           "[map clients]\nsearch = client\n"
                           "parent_domain_matches_subdomains = yes\nquery = '%s'\n";

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
               "sender_bcc_maps = socketmap:unix:/tmp:nonsense\n",
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
    /* Restrictions: the word before the table says how it is asked. */
    {"smtpd_sender_restrictions = check_sender_access socketmap:unix:private/vmap:clients\n", usual,
     "map clients has search = client, and Postfix needs search = access here"},
    {"smtpd_client_restrictions = reject_unknown_client_hostname, "
     "socketmap:unix:private/vmap:senders\n",
     usual, "map senders has search = access, and Postfix needs search = client here"},
    {"mua = check_client_access socketmap:unix:private/vmap:clients\n", usual,
     "mua: map clients needs parent_domain_matches_subdomains = no"},
    {"sender_bcc_maps = socketmap:unix:private/other:nonsense\n", usual,
     "sender_bcc_maps: there is no socket /q/private/other, so mail is deferred; start what"},
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

/* What a service of master.cf has for itself counts for what it asks, its own tables or main.cf's. */
START_TEST(services_have_rules_of_their_own)
{
    struct postconf *postconf =
        postfix_with("virtual_alias_maps = socketmap:unix:private/vmap:aliases\n"
                     "transport_maps = socketmap:unix:private/vmap:relay\n",
                     usual);

    postconf_add(postconf, POSTCONF_VALUES, slice_of("parent_domain_matches_subdomains =\n"));
    postconf_add(postconf, POSTCONF_SERVICES,
                 slice_of("smtp inet n - y - - smtpd\nlmtp unix - - y - - lmtp\n"));
    postconf_add(postconf, POSTCONF_OVERRIDES_WRITTEN,
                 slice_of("smtp/inet/recipient_delimiter = -\n"
                          "smtp/inet/virtual_mailbox_maps = socketmap:unix:private/vmap:mailboxes\n"
                          "lmtp/unix/recipient_delimiter = =\n"));
    configure("%s", maps);
    check_postfix(&check, config, postconf);
    expect_part(3, "problem: /etc/postfix/master.cf: smtp/inet: recipient_delimiter "
                   "(virtual_alias_maps): map aliases has recipient_delimiter = +, and Postfix has "
                   "\"-\"");
    expect_part(3,
                "problem: /etc/postfix/master.cf: smtp/inet: virtual_mailbox_maps: map mailboxes "
                "has recipient_delimiter = +, and Postfix has \"-\"");
    postconf_free(postconf);
}
END_TEST

START_TEST(local_domains_that_are_missing_are_named)
{
    check_with("mydestination = localhost, hash:/d\n"
               "virtual_mailbox_maps = socketmap:unix:private/vmap:mailboxes\n"
               "virtual_alias_maps = socketmap:unix:private/vmap:aliases\n",
               usual);
    expect(0,
           "note: /etc/postfix/main.cf: localhost: local to Postfix (mydestination, myorigin) and "
           "not in local_domains, so the localpart alone is not asked for there\n"
           "note: /etc/postfix/main.cf: mydestination has a table, hash:/d, whose names vmapd "
           "cannot know; the localpart alone is not asked for in those\n"
           "ok: /etc/postfix: 2 uses of these maps\n");
}
END_TEST

static void check_locals(const char *mydestination, const char *local_domains, const char *expected)
{
    char *main_cf = xasprintf("mydestination = %s\nvirtual_mailbox_maps = "
                              "socketmap:unix:private/vmap:mailboxes\n",
                              mydestination);
    struct postconf *postconf = postfix_with(main_cf, usual);

    buffer_clear(&check.text);
    check.problems = 0;
    config_unref(config);
    configure("[server]\nlisten = unix:/q/private/vmap\nlocal_domains = %s\n"
              "[database]\ndbname = d\n"
              "[map dest]\ntables = d e\n[map mailboxes]\nsearch = address\nquery = '%%s'\n"
              "[table d]\nquery = 'd%%s'\n[table e]\nquery = 'e%%s'\n",
              local_domains);
    check_postfix(&check, config, postconf);
    if (expected == NULL)
        ck_assert_ptr_null(strstr(buffer_text(&check.text), "note: "));
    else
        expect_part(0, expected);
    postconf_free(postconf);
    free(main_cf);
}

START_TEST(local_domains_in_tables_are_compared)
{
    static const char ours[] = "A.example socketmap:unix:private/vmap:dest";

    check_locals(ours, "a.example, table:d, table:e", NULL);
    check_locals(
        ours, "a.example, table:d",
        "note: /etc/postfix/main.cf: mydestination has a table, "
        "socketmap:unix:private/vmap:dest, and local_domains has not all tables of that map");
    check_locals("a.example mysql:/nowhere.cf", "a.example, table:d",
                 "note: /etc/postfix/main.cf: mydestination has a table, mysql:/nowhere.cf, and "
                 "local_domains has not");
    check_locals("a.example", "a.example, table:d",
                 "note: /etc/postfix/main.cf: d: a table in local_domains, and mydestination has "
                 "none");
    check_locals(
        "a.example", "a.example, [192.0.2.1], B.example",
        "note: /etc/postfix/main.cf: b.example: in local_domains and not local to Postfix");
    check_locals(
        "!hash:/d, a.example", "a.example",
        "note: /etc/postfix/main.cf: mydestination has !hash:/d, whose names are not local.");
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
    Suite *s = suite_create("check_postfix");
    TCase *t = tcase_create("check_postfix");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, all_is_well);
    tcase_add_test(t, a_postfix_that_does_not_ask_us_is_a_note);
    tcase_add_test(t, services_have_rules_of_their_own);
    tcase_add_test(t, local_domains_that_are_missing_are_named);
    tcase_add_test(t, local_domains_in_tables_are_compared);
    tcase_add_loop_test(t, trouble_is_found, 0, (int)(sizeof(troubles) / sizeof(troubles[0])));
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

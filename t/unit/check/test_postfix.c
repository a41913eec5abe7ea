/* What main.cf and vmapd.conf disagree about is found. */
#include "postfix.h"

#include "check_case.h"

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
    Suite *s = suite_create("check_postfix");
    TCase *t = tcase_create("check_postfix");

    tcase_add_checked_fixture(t, start, stop);
    tcase_add_test(t, all_is_well);
    tcase_add_test(t, a_postfix_that_does_not_ask_us_is_a_note);
    tcase_add_loop_test(t, trouble_is_found, 0, (int)(sizeof(troubles) / sizeof(troubles[0])));
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

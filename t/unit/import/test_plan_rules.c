/* What import makes of restrictions, of defaults, and of services with rules of their own. */
#include <stdlib.h>

#include "plan_case.h"

#include "xmalloc.h"

/* --- restrictions --------------------------------------------------------------------------- */

START_TEST(access_tables_move_in_their_places)
{
    check_plan("smtpd_client_restrictions = permit_mynetworks\tcheck_client_access mysql:/c.cf,"
               " check_client_access hash:/c,  mysql:/bare.cf\n"
               "smtpd_helo_restrictions = check_helo_access proxy:mysql:/h.cf\n"
               "smtpd_recipient_restrictions = check_recipient_access mysql:/r.cf,"
               " check_sender_access mysql:/r.cf, check_sender_mx_access mysql:/r.cf,"
               " check_sasl_access mysql:/r.cf, reject_unauth_destination\n",
               "map check_client_access client undotted /c.cf\n"
               "map check_client_access_2 client undotted /bare.cf\n"
               "map check_helo_access name undotted /h.cf\n"
               "map check_recipient_access access undotted /r.cf\n"
               "map check_sender_mx_access client undotted /r.cf\n"
               "map check_sasl_access exact /r.cf\n"
               "set smtpd_client_restrictions = permit_mynetworks\tcheck_client_access " SOCKETMAP
               "check_client_access, check_client_access hash:/c,  " SOCKETMAP
               "check_client_access_2\n"
               "set smtpd_helo_restrictions = check_helo_access " SOCKETMAP "check_helo_access\n"
               "set smtpd_recipient_restrictions = check_recipient_access " SOCKETMAP
               "check_recipient_access, check_sender_access " SOCKETMAP
               "check_recipient_access, check_sender_mx_access " SOCKETMAP
               "check_sender_mx_access, check_sasl_access " SOCKETMAP
               "check_sasl_access, reject_unauth_destination\n");
}
END_TEST

START_TEST(what_cannot_move_stays_alone_in_its_list)
{
    check_plan(
        "smtpd_recipient_restrictions = check_ccert_access { mysql:/t.cf { search_order = "
        "cert_fingerprint } }, check_sender_access mysql:sender, check_recipient_access"
        " mysql:/bad.cf, check_recipient_access mysql:/r.cf\n"
        "smtpd_data_restrictions = mysql:/bare.cf\n",
        "map check_recipient_access access undotted /r.cf\n"
        "set smtpd_recipient_restrictions = check_ccert_access { mysql:/t.cf { search_order = "
        "cert_fingerprint } }, check_sender_access mysql:sender, check_recipient_access"
        " mysql:/bad.cf, check_recipient_access " SOCKETMAP "check_recipient_access\n"
        "stay smtpd_recipient_restrictions\n"
        "stay smtpd_data_restrictions\n");
}
END_TEST

START_TEST(a_list_with_braces_moves_in_its_service)
{
    struct postconf *postconf = postconf_of("myhostname = host.example.com\n", NULL);

    postconf_add(postconf, POSTCONF_OVERRIDES_WRITTEN,
                 slice_of("smtp/inet/smtpd_recipient_restrictions = check_policy_service { inet:x, "
                          "timeout=1s }, check_recipient_access mysql:/r.cf\n"));
    check_plan_of(postconf, "map check_recipient_access_smtp_inet access undotted /r.cf\n"
                            "set smtp/inet smtpd_recipient_restrictions = check_policy_service { "
                            "inet:x, timeout=1s }, check_recipient_access " SOCKETMAP
                            "check_recipient_access_smtp_inet\n");
}
END_TEST

/* A list that is put together of others is left to them, and a path may be below Postfix's own. */
START_TEST(lists_of_ones_own_move_where_they_are_set)
{
    check_plan_of(
        postconf_of("mua_sender = check_sender_access mysql:$config_directory/s.cf\n"
                    "nothing = permit_mynetworks\n"
                    "table = mysql:/t.cf\n"
                    "smtpd_sender_restrictions = $mua_sender, check_client_access $table\n"
                    "smtpd_recipient_restrictions = $nothing\n",
                    "mua_sender = check_sender_access mysql:/etc/postfix/s.cf\n"
                    "smtpd_sender_restrictions = check_sender_access mysql:/etc/postfix/s.cf, "
                    "check_client_access mysql:/t.cf\n"
                    "smtpd_recipient_restrictions = permit_mynetworks\n"),
        "map check_sender_access access undotted /etc/postfix/s.cf\n"
        "set mua_sender = check_sender_access " SOCKETMAP "check_sender_access\n"
        "stay table\n");
}
END_TEST

/* --- defaults, services, lists -------------------------------------------------------------- */

START_TEST(a_default_that_asks_otherwise_becomes_a_setting)
{
    struct postconf *postconf = postconf_of("mydestination = localhost, mysql:/d.cf\n", NULL);

    postconf_add(postconf, POSTCONF_VALUES,
                 slice_of("relay_domains = localhost, mysql:/d.cf\n"
                          "fast_flush_domains = localhost, mysql:/d.cf\n"));
    check_plan_of(postconf, "map mydestination exact /d.cf\n"
                            "map relay_domains domain undotted /d.cf\n"
                            "set mydestination = localhost, " SOCKETMAP "mydestination\n"
                            "set relay_domains = localhost, " SOCKETMAP "relay_domains\n");
}
END_TEST

START_TEST(a_service_with_rules_of_its_own_has_maps_of_its_own)
{
    struct postconf *postconf = postconf_of("virtual_alias_maps = mysql:/a.cf\n"
                                            "transport_maps = mysql:/t.cf\n"
                                            "smtpd_sender_restrictions = check_sender_access"
                                            " mysql:/s.cf\n",
                                            NULL);

    postconf_add(postconf, POSTCONF_OVERRIDES_WRITTEN,
                 slice_of("smtp/inet/recipient_delimiter = -\n"
                          "lmtp/unix/recipient_delimiter = -\n"));
    check_plan_of(postconf,
                  "map aliases alias propagates /a.cf\n"
                  "map transport_maps domain /t.cf\n"
                  "map check_sender_access access undotted /s.cf\n"
                  "map aliases_smtp_inet alias propagates /a.cf\n"
                  "map check_sender_access_smtp_inet access undotted /s.cf\n"
                  "set virtual_alias_maps = " SOCKETMAP "aliases\n"
                  "set transport_maps = " SOCKETMAP "transport_maps\n"
                  "set smtpd_sender_restrictions = check_sender_access " SOCKETMAP
                  "check_sender_access\n"
                  "set smtp/inet virtual_alias_maps = " SOCKETMAP "aliases_smtp_inet\n"
                  "set smtp/inet smtpd_sender_restrictions = check_sender_access " SOCKETMAP
                  "check_sender_access_smtp_inet\n");
}
END_TEST

static void check_plan_with_destination(const char *mydestination, const char *wanted)
{
    struct postconf *postconf = postconf_new("/etc/postfix");
    char *text = xasprintf("mydestination = %s\n"
                           "virtual_alias_maps = mysql:/a.cf\n"
                           "virtual_mailbox_domains = mysql:/m.cf\n"
                           "transport_maps = mysql:/t.cf\n",
                           mydestination);

    postconf_add(postconf, POSTCONF_WRITTEN, slice_of(text));
    check_plan_of(postconf, wanted);
    free(text);
}

START_TEST(local_domains_in_other_tables_keep_addresses_from_moving)
{
    static const char *const others[] = {"localhost, hash:/d", "regexp:/d x", "!x.example hash:/d",
                                         "unionmap:{hash:/a,hash:/b}"};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        check_plan_with_destination(others[i],
                                    "map aliases alias by hand /a.cf\n"
                                    "map domains exact /m.cf\n"
                                    "map transport_maps domain /t.cf\n"
                                    "set virtual_mailbox_domains = " SOCKETMAP "domains\n"
                                    "set transport_maps = " SOCKETMAP "transport_maps\n"
                                    "stay virtual_alias_maps\n");
}
END_TEST

START_TEST(local_domains_in_a_table_move_with_the_addresses)
{
    check_plan_with_destination("localhost, proxy:mysql:/d.cf",
                                "map mydestination exact /d.cf\n"
                                "map aliases alias /a.cf\n"
                                "map domains exact /m.cf\n"
                                "map transport_maps domain /t.cf\n"
                                "set mydestination = localhost, " SOCKETMAP "mydestination\n"
                                "set virtual_alias_maps = " SOCKETMAP "aliases\n"
                                "set virtual_mailbox_domains = " SOCKETMAP "domains\n"
                                "set transport_maps = " SOCKETMAP "transport_maps\n");
    /* One that vmapd could not serve stays, and so does what depends on it. */
    check_plan_with_destination("localhost, mysql:/bad.cf",
                                "map aliases alias by hand /a.cf\n"
                                "map domains exact /m.cf\n"
                                "map transport_maps domain /t.cf\n"
                                "set virtual_mailbox_domains = " SOCKETMAP "domains\n"
                                "set transport_maps = " SOCKETMAP "transport_maps\n"
                                "stay mydestination\n"
                                "stay virtual_alias_maps\n");
    /* Who is refused before the table is asked would be local to vmapd. */
    check_plan_with_destination("!x.example, mysql:/d.cf",
                                "map mydestination exact /d.cf\n"
                                "map aliases alias by hand /a.cf\n"
                                "map domains exact /m.cf\n"
                                "map transport_maps domain /t.cf\n"
                                "set mydestination = !x.example, " SOCKETMAP "mydestination\n"
                                "set virtual_mailbox_domains = " SOCKETMAP "domains\n"
                                "set transport_maps = " SOCKETMAP "transport_maps\n"
                                "stay virtual_alias_maps\n");
}
END_TEST

START_TEST(a_name_that_stands_for_nothing_is_in_nobodys_way)
{
    check_plan_of(postconf_of("relay_recipient_maps = mysql:/r.cf $relocated_maps\n",
                              "relay_recipient_maps = mysql:/r.cf\n"),
                  "map relay_recipient_maps address /r.cf\n"
                  "set relay_recipient_maps = " SOCKETMAP
                  "relay_recipient_maps, $relocated_maps\n");
}
END_TEST

/* What users run may not open the socket; clients' networks are asked by name and whole address. */
START_TEST(who_asks_decides)
{
    check_plan("local_login_sender_maps = mysql:/l.cf\nmynetworks = 127.0.0.0/8 mysql:/n.cf\n",
               "map mynetworks name undotted /n.cf\n"
               "set mynetworks = 127.0.0.0/8, " SOCKETMAP "mynetworks\n"
               "stay local_login_sender_maps\n");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("import_plan_rules");
    TCase *t;

    t = tcase_create("restrictions");
    tcase_add_test(t, access_tables_move_in_their_places);
    tcase_add_test(t, what_cannot_move_stays_alone_in_its_list);
    tcase_add_test(t, a_list_with_braces_moves_in_its_service);
    tcase_add_test(t, lists_of_ones_own_move_where_they_are_set);
    suite_add_tcase(s, t);
    t = tcase_create("what else decides");
    tcase_add_test(t, a_default_that_asks_otherwise_becomes_a_setting);
    tcase_add_test(t, a_service_with_rules_of_its_own_has_maps_of_its_own);
    tcase_add_test(t, local_domains_in_other_tables_keep_addresses_from_moving);
    tcase_add_test(t, local_domains_in_a_table_move_with_the_addresses);
    tcase_add_test(t, a_name_that_stands_for_nothing_is_in_nobodys_way);
    tcase_add_test(t, who_asks_decides);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

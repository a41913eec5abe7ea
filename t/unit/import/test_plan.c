/* Layouts of mail systems that are in use, as their main.cf would look, and what import makes of them. */
#include "plan_case.h"

/* --- layouts -------------------------------------------------------------------------------- */

START_TEST(three_tables)
{
    check_plan("virtual_alias_maps = mysql:/p/aliases.cf\n"
               "virtual_mailbox_domains = mysql:/p/domains.cf\n"
               "virtual_mailbox_maps = mysql:/p/maps.cf\n"
               "virtual_transport = lmtp:unix:private/dovecot-lmtp\n",
               "map aliases alias propagates /p/aliases.cf\n"
               "map domains exact /p/domains.cf\n"
               "map mailboxes address /p/maps.cf\n"
               "set virtual_alias_maps = " SOCKETMAP "aliases\n"
               "set virtual_mailbox_domains = " SOCKETMAP "domains\n"
               "set virtual_mailbox_maps = " SOCKETMAP "mailboxes\n");
}
END_TEST

START_TEST(three_and_two_tables_in_their_order)
{
    check_plan("virtual_alias_maps = proxy:mysql:/p/a.cf, proxy:mysql:/p/alias_domain.cf,"
               " proxy:mysql:/p/alias_domain_catchall.cf\n"
               "virtual_mailbox_maps = proxy:mysql:/p/m.cf, proxy:mysql:/p/alias_domain_m.cf\n"
               "relay_domains = proxy:mysql:/p/relay.cf\n"
               "transport_maps = proxy:mysql:/p/transport.cf\n"
               "virtual_transport = dovecot\n",
               "map aliases alias propagates /p/a.cf /p/alias_domain.cf"
               " /p/alias_domain_catchall.cf\n"
               "map mailboxes address /p/m.cf /p/alias_domain_m.cf\n"
               "map relay_domains domain undotted /p/relay.cf\n"
               "map transport_maps domain /p/transport.cf\n"
               "set virtual_alias_maps = " SOCKETMAP "aliases\n"
               "set virtual_mailbox_maps = " SOCKETMAP "mailboxes\n"
               "set relay_domains = " SOCKETMAP "relay_domains\n"
               "set transport_maps = " SOCKETMAP "transport_maps\n");
}
END_TEST

START_TEST(identity_table_and_sender_login)
{
    check_plan("virtual_alias_maps = mysql:/p/alias.cf,mysql:/p/email2email.cf\n"
               "smtpd_sender_login_maps = mysql:/p/email2email.cf\n",
               "map aliases alias propagates /p/alias.cf /p/email2email.cf\n"
               "map smtpd_sender_login_maps address /p/email2email.cf\n"
               "set virtual_alias_maps = " SOCKETMAP "aliases\n"
               "set smtpd_sender_login_maps = " SOCKETMAP "smtpd_sender_login_maps\n");
}
END_TEST

START_TEST(list_with_names_beside_the_table)
{
    check_plan_of(postconf_of("relay_domains = $mydestination proxy:mysql:/p/relay.cf\n"
                              "sender_bcc_maps = proxy:mysql:/p/user.cf proxy:mysql:/p/domain.cf\n",
                              "relay_domains = localhost proxy:mysql:/p/relay.cf\n"),
                  "map relay_domains domain undotted /p/relay.cf\n"
                  "map sender_bcc_maps address /p/user.cf /p/domain.cf\n"
                  "set relay_domains = $mydestination, " SOCKETMAP "relay_domains\n"
                  "set sender_bcc_maps = " SOCKETMAP "sender_bcc_maps\n");
}
END_TEST

START_TEST(patterns_before_the_tables_may_stay_there)
{
    check_plan(
        "transport_maps = pcre:/p/custom, pcre:/p/local, proxy:mysql:/p/t.cf\n"
        "smtp_tls_policy_maps = proxy:mysql:/p/tls.cf, hash:/p/tls\n"
        "smtp_sasl_password_maps = proxy:mysql:/p/sasl.cf\n"
        "recipient_canonical_maps = proxy:mysql:/p/canonical.cf\n"
        "smtpd_recipient_restrictions = permit_mynetworks,"
        " check_recipient_access proxy:mysql:/p/enforce.cf, reject_unauth_destination\n"
        "proxy_read_maps = proxy:mysql:/p/sasl.cf, $virtual_alias_maps\n",
        "map transport_maps domain /p/t.cf\n"
        "map smtp_tls_policy_maps exact /p/tls.cf\n"
        "map smtp_sasl_password_maps address /p/sasl.cf\n"
        "map recipient_canonical_maps alias propagates /p/canonical.cf\n"
        "map check_recipient_access access undotted /p/enforce.cf\n"
        "set transport_maps = pcre:/p/custom, pcre:/p/local, " SOCKETMAP "transport_maps\n"
        "set smtp_tls_policy_maps = " SOCKETMAP "smtp_tls_policy_maps, hash:/p/tls\n"
        "set smtp_sasl_password_maps = " SOCKETMAP "smtp_sasl_password_maps\n"
        "set recipient_canonical_maps = " SOCKETMAP "recipient_canonical_maps\n"
        "set smtpd_recipient_restrictions = permit_mynetworks, check_recipient_access " SOCKETMAP
        "check_recipient_access, reject_unauth_destination\n");
}
END_TEST

START_TEST(other_tables_in_the_list_want_a_person)
{
    check_plan("virtual_alias_maps = hash:/m/virtual-mailman, proxy:mysql:/p/forwardings.cf,"
               " proxy:mysql:/p/email2email.cf\n"
               "smtp_sasl_password_maps = proxy:mysql:/p/auth.cf, texthash:/p/sasl_passwd\n"
               "virtual_uid_maps = mysql:/p/uids.cf\n"
               "virtual_mailbox_limit_maps = mysql:/p/limits.cf\n"
               "alias_maps = hash:/etc/aliases, mysql:/p/aliases.cf\n"
               "virtual_mailbox_domains = proxy:mysql:/p/domains.cf\n",
               "map aliases alias propagates by hand /p/forwardings.cf"
               " /p/email2email.cf\n"
               "map smtp_sasl_password_maps address by hand /p/auth.cf\n"
               "map domains exact /p/domains.cf\n"
               "set virtual_mailbox_domains = " SOCKETMAP "domains\n"
               "stay virtual_alias_maps\n"
               "stay smtp_sasl_password_maps\n"
               "stay virtual_uid_maps\n"
               "stay virtual_mailbox_limit_maps\n"
               "stay alias_maps\n");
}
END_TEST

START_TEST(aliases_of_domains_and_transports)
{
    check_plan("virtual_alias_domains = mysql:/p/sql-domain-aliases.cf\n"
               "transport_maps = mysql:/p/sql-transport.cf mysql:/p/sql-split.cf\n"
               "smtpd_sender_login_maps = mysql:/p/sql-sender-login-map.cf\n",
               "map virtual_alias_domains exact /p/sql-domain-aliases.cf\n"
               "map transport_maps domain /p/sql-transport.cf /p/sql-split.cf\n"
               "map smtpd_sender_login_maps address /p/sql-sender-login-map.cf\n"
               "set virtual_alias_domains = " SOCKETMAP "virtual_alias_domains\n"
               "set transport_maps = " SOCKETMAP "transport_maps\n"
               "set smtpd_sender_login_maps = " SOCKETMAP "smtpd_sender_login_maps\n");
}
END_TEST

/* --- rules ---------------------------------------------------------------------------------- */

START_TEST(a_pattern_behind_the_tables_is_trouble)
{
    check_plan("virtual_alias_maps = mysql:/a.cf, pcre:/b\n",
               "map aliases alias propagates by hand /a.cf\n"
               "stay virtual_alias_maps\n");
    check_plan("virtual_alias_maps = mysql:/a.cf, pcre:/b, mysql:/c.cf\n",
               "map aliases alias propagates by hand /a.cf\n"
               "map aliases_2 alias propagates by hand /c.cf\n"
               "stay virtual_alias_maps\n");
}
END_TEST

START_TEST(lists_keep_their_signs_and_gaps)
{
    check_plan("mydestination = !mysql:/not.cf, mysql:/a.cf, mysql:/b.cf, localhost, mysql:/c.cf\n",
               "map mydestination exact /not.cf\n"
               "map mydestination_2 exact /a.cf /b.cf\n"
               "map mydestination_3 exact /c.cf\n"
               "set mydestination = !" SOCKETMAP "mydestination, " SOCKETMAP "mydestination_2,"
               " localhost, " SOCKETMAP "mydestination_3\n");
}
END_TEST

START_TEST(extensions_are_propagated_by_class)
{
    check_plan("smtp_generic_maps = mysql:/g.cf\ncanonical_maps = mysql:/c.cf\n",
               "map smtp_generic_maps alias /g.cf\n"
               "map canonical_maps alias propagates /c.cf\n"
               "set smtp_generic_maps = " SOCKETMAP "smtp_generic_maps\n"
               "set canonical_maps = " SOCKETMAP "canonical_maps\n");
}
END_TEST

START_TEST(the_virtual_agent_keeps_its_tables)
{
    static const char stays[] = "map mailboxes address by hand /m.cf\n"
                                "stay virtual_mailbox_maps\n";

    check_plan("virtual_mailbox_maps = mysql:/m.cf\nvirtual_transport = virtual\n", stays);
    check_plan("virtual_mailbox_maps = mysql:/m.cf\nvirtual_transport = mailboxes:x\n", stays);
}
END_TEST

START_TEST(the_virtual_agent_with_tables_of_its_own_does_not_mind)
{
    struct postconf *postconf = postconf_of("virtual_mailbox_maps = mysql:/m.cf\n"
                                            "virtual_transport = virtual\n",
                                            NULL);

    postconf_add(postconf, POSTCONF_OVERRIDES_WRITTEN,
                 slice_of("virtual/unix/virtual_mailbox_maps = mysql:/m.cf\n"));
    check_plan_of(postconf, "map mailboxes address /m.cf\n"
                            "map mailboxes_virtual_unix address by hand /m.cf\n"
                            "set virtual_mailbox_maps = " SOCKETMAP "mailboxes\n"
                            "stay virtual/unix/virtual_mailbox_maps\n");
}
END_TEST

START_TEST(services_have_maps_of_their_own)
{
    struct postconf *postconf = postconf_of("virtual_alias_maps = mysql:/a.cf\n", NULL);

    postconf_add(postconf, POSTCONF_OVERRIDES_WRITTEN,
                 slice_of("submission/inet/smtpd_sender_login_maps = $virtual_alias_maps\n"));
    postconf_add(postconf, POSTCONF_OVERRIDES_EXPANDED,
                 slice_of("submission/inet/smtpd_sender_login_maps = mysql:/a.cf\n"));
    check_plan_of(postconf, "map aliases alias propagates /a.cf\n"
                            "map smtpd_sender_login_maps_submission_inet address /a.cf\n"
                            "set virtual_alias_maps = " SOCKETMAP "aliases\n"
                            "set submission/inet smtpd_sender_login_maps = " SOCKETMAP
                            "smtpd_sender_login_maps_submission_inet\n");
}
END_TEST

START_TEST(what_stays_keeps_the_tables_it_took_from_others)
{
    check_plan_of(postconf_of("virtual_alias_maps = mysql:/a.cf\n"
                              "relay_recipient_maps = hash:/r, $virtual_alias_maps\n"
                              "sender_bcc_maps = hash:/r, mysql:/x.cf\n",
                              "relay_recipient_maps = hash:/r, mysql:/a.cf\n"),
                  "map aliases alias propagates /a.cf\n"
                  "map relay_recipient_maps address by hand /a.cf\n"
                  "map sender_bcc_maps address by hand /x.cf\n"
                  "set virtual_alias_maps = " SOCKETMAP "aliases\n"
                  "set relay_recipient_maps = hash:/r, mysql:/a.cf\n"
                  "stay relay_recipient_maps\n"
                  "stay sender_bcc_maps\n");
}
END_TEST

START_TEST(what_stays_may_still_be_opened_by_proxymap)
{
    check_plan_of(postconf_of("virtual_alias_maps = proxy:mysql:/a.cf\n"
                              "sender_bcc_maps = hash:/r, proxy:mysql:/a.cf, proxy:mysql:/x.cf\n"
                              "proxy_read_maps = $virtual_alias_maps proxy:mysql:/x.cf\n",
                              "proxy_read_maps = proxy:mysql:/a.cf proxy:mysql:/x.cf\n"),
                  "map aliases alias propagates /a.cf\n"
                  "map sender_bcc_maps address by hand /a.cf /x.cf\n"
                  "set virtual_alias_maps = " SOCKETMAP "aliases\n"
                  "set proxy_read_maps = $virtual_alias_maps proxy:mysql:/x.cf"
                  " proxy:mysql:/a.cf\n"
                  "stay sender_bcc_maps\n");
}
END_TEST

START_TEST(what_vmapd_cannot_serve_stays)
{
    check_plan("virtual_alias_maps = mysql:aliases\n"
               "virtual_mailbox_maps = mysql:/good.cf, mysql:/bad.cf\n"
               "smtpd_sender_login_maps = unionmap:{mysql:/a.cf, mysql:/b.cf}\n"
               "header_checks = mysql:/h.cf\n"
               "virtual_mailbox_limit_maps = mysql:/l.cf\n",
               "stay virtual_alias_maps\n"
               "stay virtual_mailbox_maps\n"
               "stay smtpd_sender_login_maps\n"
               "stay header_checks\n"
               "stay virtual_mailbox_limit_maps\n");
}
END_TEST

START_TEST(names_of_ones_own_are_seen_where_they_are_used)
{
    check_plan_of(postconf_of("tables = mysql:/p\n"
                              "virtual_alias_maps = ${tables}/a.cf\n"
                              "smtpd_restriction_classes = strict\n"
                              "strict = check_client_access mysql:/c.cf\n",
                              "virtual_alias_maps = mysql:/p/a.cf\n"),
                  "map aliases alias propagates /p/a.cf\n"
                  "map check_client_access client undotted /c.cf\n"
                  "set virtual_alias_maps = " SOCKETMAP "aliases\n"
                  "set strict = check_client_access " SOCKETMAP "check_client_access\n");
}
END_TEST

START_TEST(nothing_to_do)
{
    check_plan("virtual_alias_maps = hash:/etc/postfix/virtual\nmyhostname = mysql.example.com\n",
               "");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("import_plan");
    TCase *t = tcase_create("layouts");

    tcase_add_test(t, three_tables);
    tcase_add_test(t, three_and_two_tables_in_their_order);
    tcase_add_test(t, identity_table_and_sender_login);
    tcase_add_test(t, list_with_names_beside_the_table);
    tcase_add_test(t, patterns_before_the_tables_may_stay_there);
    tcase_add_test(t, other_tables_in_the_list_want_a_person);
    tcase_add_test(t, aliases_of_domains_and_transports);
    suite_add_tcase(s, t);
    t = tcase_create("rules");
    tcase_add_test(t, a_pattern_behind_the_tables_is_trouble);
    tcase_add_test(t, lists_keep_their_signs_and_gaps);
    tcase_add_test(t, extensions_are_propagated_by_class);
    tcase_add_test(t, the_virtual_agent_keeps_its_tables);
    tcase_add_test(t, the_virtual_agent_with_tables_of_its_own_does_not_mind);
    tcase_add_test(t, services_have_maps_of_their_own);
    tcase_add_test(t, what_stays_keeps_the_tables_it_took_from_others);
    tcase_add_test(t, what_stays_may_still_be_opened_by_proxymap);
    tcase_add_test(t, what_vmapd_cannot_serve_stays);
    tcase_add_test(t, names_of_ones_own_are_seen_where_they_are_used);
    tcase_add_test(t, nothing_to_do);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)

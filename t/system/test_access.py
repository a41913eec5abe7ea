"""Tables of access(5) behind restrictions, and lists of clients: a Postfix that asks vmapd says the
same to everybody as one that asks the same table as a mysql: table, and the database is asked for
the same keys in the same order."""
import pytest

from harness import access
from harness.access_sites import Sites, Talk, Use, compare, compare_keys, restriction
from harness.keys import SEED

MANY = 200
FEW = 6

USES = {
    "check_recipient_access": Use(*restriction("check_recipient_access"), "access", access.address,
                                  Talk.recipient),
    "check_sender_access": Use(*restriction("check_sender_access", "sender"), "access",
                               access.address, Talk.sender),
    "check_recipient_access, domains as .parent": Use(
        *restriction("check_recipient_access"), "access", access.address, Talk.recipient,
        ("parent_domain_matches_subdomains=",)),
    "check_helo_access": Use(*restriction("check_helo_access", "helo"), "name", access.helo,
                             Talk.helo),
    "check_helo_access, domains as .parent": Use(
        *restriction("check_helo_access", "helo"), "name", access.helo, Talk.helo,
        ("parent_domain_matches_subdomains=",)),
    "check_etrn_access": Use(*restriction("check_etrn_access", "etrn"), "name", access.names,
                             Talk.etrn),
    "check_client_access": Use(*restriction("check_client_access", "client"), "client",
                               access.client, Talk.client),
    "check_client_access, domains as .parent": Use(
        *restriction("check_client_access", "client"), "client", access.client, Talk.client,
        ("parent_domain_matches_subdomains=",)),
    "check_reverse_client_hostname_access": Use(
        *restriction("check_reverse_client_hostname_access", "client"), "client", access.client,
        Talk.client),
    "check_sender_mx_access": Use(*restriction("check_sender_mx_access", "sender"), "client",
                                  access.literal, Talk.sender),
    "check_sender_a_access": Use(*restriction("check_sender_a_access", "sender"), "client",
                                 access.literal, Talk.sender),
    "check_recipient_mx_access": Use(*restriction("check_recipient_mx_access"), "client",
                                     access.literal, Talk.recipient),
    "check_recipient_a_access": Use(*restriction("check_recipient_a_access"), "client",
                                    access.literal, Talk.recipient),
    "check_helo_mx_access": Use(*restriction("check_helo_mx_access", "helo"), "client",
                                lambda chance: f"[{access.ipv4(chance)}]", Talk.helo),
    "check_helo_a_access": Use(*restriction("check_helo_a_access", "helo"), "client",
                               lambda chance: f"[{access.ipv4(chance)}]", Talk.helo),
    "check_sasl_access": Use(*restriction("check_sasl_access"), "exact", access.login, Talk.login),
    "mynetworks": Use("mynetworks", "{table}", "name", access.client, Talk.client,
                      ("smtpd_relay_restrictions=permit_mynetworks,reject",)),
}


@pytest.fixture(scope="module")
def sites(loaded, workdir, show_logs):
    made = Sites(loaded, workdir, USES)
    show_logs += [made.vmapd.log, made.mysql.postfix.log, made.ours.postfix.log]
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.mark.parametrize("name", USES)
def test_same_replies(sites, name, figures):
    use = USES[name]
    whos = access.take(use.make, MANY, f"{SEED} {name}")
    if use.say is Talk.sender:
        whos.append("")
    reasons = compare(sites, name, whos)
    figures(name, f"{len(whos)} asked", f"{len(reasons)} different replies", "0 differences")


@pytest.mark.parametrize("name", USES)
def test_same_keys_in_the_same_order(sites, mariadb, name, figures):
    whos = access.take(USES[name].make, FEW, f"{SEED} order {name}")
    figures(name, f"{FEW} asked", f"{compare_keys(sites, mariadb, name, whos)} keys")

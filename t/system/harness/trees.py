"""Postfix installations with mysql: tables as people set them up: what is in main.cf, what services
have for themselves, and to whom mail is sent. {name} stands for the mysql: table of that name."""
from typing import NamedTuple

TABLES = """
DROP DATABASE IF EXISTS trees;
CREATE DATABASE trees CHARACTER SET utf8mb4;
GRANT SELECT ON trees.* TO 'mailuser'@'127.0.0.1';
USE trees;
CREATE TABLE aliases (k varchar(100) PRIMARY KEY, v varchar(200));
CREATE TABLE boxes (k varchar(100) PRIMARY KEY, v varchar(200));
CREATE TABLE domains (k varchar(100) PRIMARY KEY, v varchar(200));
CREATE TABLE dest (k varchar(100) PRIMARY KEY, v varchar(200));
CREATE TABLE relay (k varchar(100) PRIMARY KEY, v varchar(200));
CREATE TABLE access (k varchar(100) PRIMARY KEY, v varchar(200));
CREATE TABLE canonical (k varchar(100) PRIMARY KEY, v varchar(200));
CREATE TABLE nets (k varchar(100) PRIMARY KEY, v varchar(200));
INSERT INTO aliases VALUES ('info', 'joe@virtual.example'), ('al@virtual.example', 'joe@virtual.example'),
  ('joe@virtual.example', 'joe@virtual.example'), ('far@virtual.example', 'her@far.example'),
  ('@catch.example', 'joe@virtual.example');
INSERT INTO boxes VALUES ('joe@virtual.example', '1'), ('ann@virtual.example', '1'),
  ('ann-x@virtual.example', '1');
INSERT INTO domains VALUES ('virtual.example', '1'), ('catch.example', '1');
INSERT INTO dest VALUES ('my.example', '1');
INSERT INTO relay VALUES ('relay.example', '1'), ('who@relay.example', '1'), ('@open.relay.example', '1');
INSERT INTO access VALUES ('al@virtual.example', 'REJECT al'), ('far.example', 'REJECT far'),
  ('sub@', 'REJECT sub'), ('elsewhere.example', 'REJECT elsewhere'), ('.catch.example', 'REJECT dotted'),
  ('stranger.example', 'REJECT helo'), ('127.0', 'REJECT network');
INSERT INTO canonical VALUES ('old@virtual.example', 'joe@virtual.example');
INSERT INTO nets VALUES ('127.0.0.1', '1');
"""
NAMES = ["aliases", "boxes", "domains", "dest", "relay", "access", "canonical", "nets"]

# Each tree is asked about all of them.
RECIPIENTS = [
    "joe@virtual.example", "joe+x@virtual.example", "joe-x@virtual.example", "ann-x@virtual.example",
    "ann-y@virtual.example", "al@virtual.example", "al+x@virtual.example", "al-x@virtual.example",
    "far@virtual.example", "old@virtual.example", "old+x@virtual.example", "nobody@virtual.example",
    "any@catch.example", "any+x@catch.example", "any@sub.catch.example", "info@my.example",
    "info+x@my.example", "info@localhost", "info-x@localhost", "other@localhost", "info@sub.my.example",
    "who@relay.example", "who+x@relay.example", "no@relay.example", "a@open.relay.example",
    "sub@virtual.example", "her@far.example", "a@sub.far.example", '"al x"@virtual.example',
]


class Tree(NamedTuple):
    main: dict = {}
    services: dict = {}  # options by service of master.cf
    stays: tuple = ()  # parameters that keep their tables
    level: str = "3.6"


VIRTUAL = {"virtual_alias_maps": "{aliases}", "virtual_mailbox_maps": "{boxes}",
           "virtual_mailbox_domains": "{domains}"}
DEST = {"mydestination": "localhost, {dest}"}
# With tables of other kinds in mydestination they stay.
ADDRESSES = ("virtual_alias_maps", "virtual_mailbox_maps")


def tree(main=None, services=None, stays=(), level="3.6", base=None):
    return Tree({**(VIRTUAL if base is None else base), **(main or {})}, services or {}, tuple(stays),
                level)


def rcpt(value):
    return {"smtpd_recipient_restrictions": value}


TREES = {
    "plain": tree(),
    "plain, proxied": tree({"virtual_alias_maps": "proxy:{aliases}",
                            "proxy_read_maps": "$virtual_alias_maps {boxes}"}),
    "a table of local domains": tree(DEST),
    "a table of local domains, proxied": tree({"mydestination": "localhost, proxy:{dest}",
                                               "proxy_read_maps": "$mydestination $virtual_alias_maps"}),
    "two tables of local domains": tree({"mydestination": "{domains}, localhost {dest}",
                                         "virtual_mailbox_domains": ""}),
    "tables of local domains in a file": tree({"mydestination": "localhost, {directory}/my-tables"},
                                              stays=("mydestination",)),
    "relay domains by name, and services with other names": tree(
        {**DEST, "relay_domains": "$mydestination, {relay}"},
        {"trivial-rewrite": {"mydestination": "my.example"}}),
    "relay domains by default, and services with others": tree(
        DEST, {"trivial-rewrite": {"mydestination": "{dest},localhost,relay.example"}}, level="1"),
    "a name that a service has otherwise": tree(
        {"one": "{aliases}", "virtual_alias_maps": "$one, {canonical}"}, {"cleanup": {"one": "{canonical}"}}),
    "a name under conditions that a service has otherwise": tree(
        {"one": "", "virtual_alias_maps": "{aliases} ${{one?{{{canonical}}}}}"}, {"cleanup": {"one": "yes"}},
        stays=("virtual_alias_maps",)),
    "one or the other": tree({"one": "yes", "virtual_alias_maps": "${{one?{{{aliases}}}:{{{canonical}}}}}"}),
    "local domains, and one that is none": tree({"mydestination": "!my.example, localhost, {dest}"},
                                                stays=ADDRESSES),
    "local domains but those of a table": tree({"mydestination": "localhost, !{dest}, my.example"},
                                               stays=ADDRESSES),
    "senders in a table of local domains": tree({**DEST, "sender_canonical_maps": "{aliases}",
                                                 "recipient_canonical_maps": "{canonical}"}),
    "patterns of local domains": tree({"mydestination": "localhost, regexp:{directory}/my"},
                                      stays=ADDRESSES),
    "local domains in a file": tree({"mydestination": "localhost, {directory}/my-names"}),
    **{f"local domains that may be relayed to, level {level}": tree(DEST, level=level)
       for level in ("", "0", "1", "2", "3", "3.5", "3.6")},
    "relay by default, no parents": tree({**DEST, "parent_domain_matches_subdomains": ""}, level="0"),
    "relay domains and recipients": tree({"relay_domains": "{relay}", "relay_recipient_maps": "{relay}"}),
    "relay domains but one": tree({"relay_domains": "!open.relay.example, {relay}"}),
    "relay recipients and nothing": tree({"relay_domains": "{relay}", "relocated_maps": "",
                                          "relay_recipient_maps": "{relay} $relocated_maps"}),
    "other delimiter": tree({"recipient_delimiter": "-"}),
    "two delimiters": tree({"recipient_delimiter": "+-"}),
    "no delimiter": tree({"recipient_delimiter": ""}),
    "nothing is propagated": tree({"propagate_unmatched_extensions": ""}),
    "smtpd with another delimiter": tree({}, {"smtpd": {"recipient_delimiter": "-"}}),
    "smtpd with another delimiter and a table": tree(
        {}, {"smtpd": {"recipient_delimiter": "-", "virtual_mailbox_maps": "{boxes}"}}),
    "cleanup with another delimiter": tree({}, {"cleanup": {"recipient_delimiter": "-"}}),
    "cleanup that propagates nothing": tree({}, {"cleanup": {"propagate_unmatched_extensions": ""}}),
    "services with other local domains": tree(
        {}, {"smtpd": {"mydestination": "localhost,my.example"},
             "cleanup": {"mydestination": "my.example"}}),
    "smtpd with a table of local domains": tree(
        {}, {"smtpd": {"mydestination": "localhost,{dest}"}}),
    "other tables of local domains in services": tree(
        {"mydestination": "localhost, regexp:{directory}/my"},
        {"smtpd": {"mydestination": "localhost,{dest}"}}, stays=ADDRESSES),
    "one's own names": tree({"one": "{aliases}", "two": "$one", "virtual_alias_maps": "$two"}),
    "a path by name": tree({"tables": "mysql:{directory}", "virtual_alias_maps": "${{tables}}/aliases.cf"}),
    "patterns first": tree({"virtual_alias_maps": "regexp:{directory}/patterns, {aliases}"}),
    "patterns last": tree({"virtual_alias_maps": "{aliases}, regexp:{directory}/patterns"},
                          stays=("virtual_alias_maps",)),
    "two tables": tree({"virtual_alias_maps": "{aliases}, {canonical}"}),
    "two tables and a name": tree({"virtual_alias_maps": "{aliases}, $canonical_maps",
                                   "canonical_maps": "{canonical}"}),
    "canonical and copies": tree({"recipient_canonical_maps": "{canonical}",
                                  "relocated_maps": "{canonical}"}),
    "access": tree(rcpt("check_recipient_access {access}, reject_unauth_destination")),
    "access, four tables": tree({
        "smtpd_sender_restrictions": "check_sender_access {access}",
        "smtpd_helo_restrictions": "warn_if_reject check_helo_access {access}",
        **rcpt("check_recipient_access {access}\n    reject_unauth_destination, {access}")}),
    "access for clients": tree({"smtpd_client_restrictions": "check_client_access {access}"}),
    "access, domains with a dot": tree({
        **rcpt("check_recipient_access {access}, reject_unauth_destination"),
        "parent_domain_matches_subdomains": ""}),
    "access by name": tree({"mua_rcpt": "check_recipient_access {access}",
                            **rcpt("$mua_rcpt, reject_unauth_destination")}),
    "access, a path by name": tree({"where": "{directory}", **rcpt(
        "check_recipient_access mysql:$where/access.cf, check_sender_access "
        "mysql:${{config_directory}}/../../access.cf, reject_unauth_destination")}),
    "nothing of it by name": tree({"mua_rcpt": "reject_unauth_destination", **rcpt("$mua_rcpt")}),
    "restriction classes": tree({
        "smtpd_restriction_classes": "strict", "strict": "check_sender_access {access}, reject",
        **rcpt("check_recipient_access static:strict, reject_unauth_destination")}),
    "restrictions of a service": tree({}, {"smtpd": {
        "smtpd_recipient_restrictions": "check_recipient_access,{access},reject_unauth_destination"}}),
    "smtpd with another delimiter, access": tree(
        rcpt("check_recipient_access {access}, reject_unauth_destination"),
        {"smtpd": {"recipient_delimiter": "-"}}),
    "smtpd with other parents, access": tree(
        rcpt("check_recipient_access {access}, reject_unauth_destination"),
        {"smtpd": {"parent_domain_matches_subdomains": "mynetworks"}}),
    "networks": tree({"mynetworks": "{nets}",
                      **rcpt("permit_mynetworks, reject_unauth_destination")}),
    "logins of those on the machine": tree({"local_login_sender_maps": "{access}"},
                                           stays=("local_login_sender_maps",)),
    "domains from the maps": tree({"virtual_mailbox_domains": "$virtual_mailbox_maps, {domains}"}),
}

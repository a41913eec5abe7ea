"""Maps beyond the three of virtual domains: a Postfix that asks vmapd and one that asks the same
tables as mysql: tables say the same, take the same, and deliver to the same place."""
import itertools
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

from harness import mailsystem
from harness.postfix import MASTER_CF, Postfix
from harness.process import wait_until
from harness.sasl import PASSWORD, Logins
from harness.sink import Sink
from harness.smtp import SENDER, Session
from harness.vmapd import Vmapd, vmapctl

# Destinations by name; each is a server of its own, and both sites have the same ones.
PLACES = ("default", "address", "domain", "parent", "near parent", "deep", "below deep")

TABLES = """
DROP DATABASE IF EXISTS other_maps;
CREATE DATABASE other_maps CHARACTER SET utf8mb4;
GRANT SELECT ON other_maps.* TO 'mailuser'@'127.0.0.1';
USE other_maps;
CREATE TABLE relays (name varchar(100) PRIMARY KEY);
CREATE TABLE relay_users (address varchar(100) PRIMARY KEY);
CREATE TABLE routes (name varchar(100) PRIMARY KEY, route varchar(100) NOT NULL);
CREATE TABLE owners (sender varchar(100), login varchar(100), PRIMARY KEY (sender, login));
CREATE TABLE recipients (address varchar(100) PRIMARY KEY, target varchar(100) NOT NULL);
CREATE TABLE senders (address varchar(100) PRIMARY KEY, target varchar(100) NOT NULL);
INSERT INTO relays VALUES ('relay.example'), ('routed.example'), ('renamed.example');
INSERT INTO relay_users VALUES
  ('anna@relay.example'), ('bert@sub.relay.example'), ('@open.relay.example'),
  ('@routed.example'), ('@sub.routed.example'), ('@other.sub.routed.example'),
  ('@deep.sub.routed.example'), ('@deeper.deep.sub.routed.example'), ('@gone.routed.example');
INSERT INTO routes VALUES
  ('boss@routed.example', '{address}'), ('routed.example', '{domain}'),
  ('.routed.example', '{parent}'), ('.sub.routed.example', '{near parent}'),
  ('deep.sub.routed.example', '{deep}'), ('.deep.sub.routed.example', '{below deep}'),
  ('gone.routed.example', 'error:5.1.2 we have moved away');
INSERT INTO owners VALUES
  ('owner@local.example', 'owner'), ('shared@local.example', 'owner'),
  ('shared@local.example', 'helper'), ('@team.example', 'team'), ('root', 'admin');
INSERT INTO recipients VALUES
  ('old@relay.example', 'anna@relay.example'), ('old+own@relay.example', 'bert@sub.relay.example'),
  ('@renamed.example', '@relay.example'), ('hidden@routed.example', 'anna@relay.example');
INSERT INTO senders VALUES
  ('anna@inside.example', 'anna.a@outside.example'), ('@old-inside.example', '@outside.example');
"""


class Map(NamedTuple):
    query: str
    rules: str  # in vmapd.conf


# Of a patch of virtual(8); stock Postfix never asks for it.
LIMITS = "virtual_mailbox_limit_maps"

# By Postfix's parameter. recipient_delimiter and local_domains are those of the whole [server].
MAPS = {
    "relay_domains": Map("SELECT 1 FROM relays WHERE name='%s'",
                         "search = domain\nparent_domain_matches_subdomains = yes"),
    "relay_recipient_maps": Map("SELECT 1 FROM relay_users WHERE address='%s'", "search = address"),
    "transport_maps": Map("SELECT route FROM routes WHERE name='%s'", "search = domain"),
    "smtpd_sender_login_maps": Map("SELECT login FROM owners WHERE sender='%s'",
                                   "search = address"),
    "recipient_canonical_maps": Map("SELECT target FROM recipients WHERE address='%s'",
                                    "search = alias"),
    "sender_canonical_maps": Map("SELECT target FROM senders WHERE address='%s'",
                                 "search = alias"),
    LIMITS: Map("SELECT 1000 FROM relay_users WHERE address='%s'", "search = address"),
}
ASKED = [name for name in MAPS if name != LIMITS]

ANNA = "anna@relay.example"


def arrives(*recipients, at="default", sender=SENDER):
    """What is expected of a message that is taken."""
    return sorted((at, sender, recipient) for recipient in recipients)


NO_RELAY = (554, "5.7.1", "Relay access denied")
NO_USER = (550, "5.1.1", "User unknown in relay recipient table")
NOT_LOGGED_IN = (553, "5.7.1", "Sender address rejected: not logged in")


def not_owned_by(login):
    return (553, "5.7.1", f"Sender address rejected: not owned by user {login}")


# Recipient -> what becomes of mail to it.
RECIPIENTS = {
    # relay_domains, with the subdomains of each, and relay_recipient_maps
    ANNA: arrives(ANNA),
    "Anna@Relay.Example": arrives("Anna@Relay.Example"),
    "anna+x@relay.example": arrives("anna+x@relay.example"),
    "nobody@relay.example": NO_USER,
    "nobody+x@relay.example": NO_USER,
    "bert@sub.relay.example": arrives("bert@sub.relay.example"),
    "anna@sub.relay.example": NO_USER,
    "who+ever@open.relay.example": arrives("who+ever@open.relay.example"),
    "who@sub.open.relay.example": NO_USER,
    "anna@other-relay.example": NO_RELAY,
    "anna@example": NO_RELAY,
    # transport_maps: the address, its domain, then parents with a dot, the nearest first
    "boss@routed.example": arrives("boss@routed.example", at="address"),
    "Boss+x@Routed.Example": arrives("Boss+x@Routed.Example", at="address"),
    "anna@routed.example": arrives("anna@routed.example", at="domain"),
    "boss@sub.routed.example": arrives("boss@sub.routed.example", at="parent"),
    "a@other.sub.routed.example": arrives("a@other.sub.routed.example", at="near parent"),
    "a@deep.sub.routed.example": arrives("a@deep.sub.routed.example", at="deep"),
    "a@deeper.deep.sub.routed.example": arrives("a@deeper.deep.sub.routed.example",
                                                at="below deep"),
    "a@gone.routed.example": (550, "5.1.2", "we have moved away"),
    # recipient_canonical_maps, the extension put back
    "old@relay.example": arrives(ANNA),
    "Old+x@relay.example": arrives("anna+x@relay.example"),
    "old+own@relay.example": arrives("bert@sub.relay.example"),
    "anna+x@renamed.example": arrives("anna+x@relay.example"),
    "anna@sub.renamed.example": NO_USER,
    "hidden@routed.example": arrives(ANNA),
}

# (login, sender) -> what becomes of mail to ANNA
SENDERS = {
    # smtpd_sender_login_maps
    (None, "unlisted@local.example"): arrives(ANNA, sender="unlisted@local.example"),
    (None, "owner@local.example"): NOT_LOGGED_IN,
    (None, "Owner+x@Local.Example"): NOT_LOGGED_IN,
    (None, "whoever@team.example"): NOT_LOGGED_IN,
    (None, "root@localhost"): NOT_LOGGED_IN,
    (None, "root@local.example"): arrives(ANNA, sender="root@local.example"),
    ("owner", "owner@local.example"): arrives(ANNA, sender="owner@local.example"),
    ("owner", "owner+x@local.example"): arrives(ANNA, sender="owner+x@local.example"),
    ("helper", "owner@local.example"): not_owned_by("helper"),
    ("owner", "shared@local.example"): arrives(ANNA, sender="shared@local.example"),
    ("helper", "shared@local.example"): arrives(ANNA, sender="shared@local.example"),
    ("team", "whoever@team.example"): arrives(ANNA, sender="whoever@team.example"),
    ("team", "whoever@sub.team.example"): not_owned_by("team"),
    ("admin", "root@localhost"): arrives(ANNA, sender="root@localhost"),
    ("owner", "unlisted@local.example"): not_owned_by("owner"),
    # sender_canonical_maps
    (None, "Anna@Inside.Example"): arrives(ANNA, sender="anna.a@outside.example"),
    (None, "anna+x@inside.example"): arrives(ANNA, sender="anna.a+x@outside.example"),
    (None, "bert+x@old-inside.example"): arrives(ANNA, sender="bert+x@outside.example"),
    (None, "bert@inside.example"): arrives(ANNA, sender="bert@inside.example"),
}


class Sites:
    """A Postfix with mysql: tables, one with vmapd, and what both have around them."""

    def __init__(self, server, workdir):
        self.directory = Path(tempfile.mkdtemp(prefix="other-", dir=workdir))
        self.directory.chmod(0o755)
        self.sinks = {place: Sink() for place in PLACES}
        self.logins = Logins()
        routes = {place: f"lmtp:inet:[127.0.0.1]:{sink.port}" for place, sink in self.sinks.items()}
        server.sql(TABLES.format_map(routes))
        self.files = {name: self.write_cf(name, server) for name in MAPS}
        self.mysql, self.ours = (mailsystem.Site(self.directory / name)
                                 for name in ("mysql", "ours"))
        os.makedirs(f"{self.ours.postfix.queue}/private", mode=0o700)
        shutil.chown(f"{self.ours.postfix.queue}/private", "postfix")
        self.vmapd_address = f"unix:{self.ours.postfix.queue}/private/vmap"
        self.vmapd = Vmapd(self.directory, mailsystem.vmapd_conf(
            server, self.directory, listen=self.vmapd_address,
            server="local_domains = localhost, host.example.com",
            maps="".join(f"[map {name}]\n{MAPS[name].rules}\ntables = {self.files[name]}\n"
                         for name in MAPS)))
        self.tables = {
            self.mysql: {name: f"mysql:{self.files[name]}" for name in ASKED},
            self.ours: {name: f"socketmap:unix:private/vmap:{name}" for name in ASKED}}
        self.parameters = {
            "relay_transport": routes["default"],
            "smtpd_sender_restrictions": "reject_sender_login_mismatch",
            "smtpd_sasl_auth_enable": "yes",
            "smtpd_sasl_type": "dovecot",
            "smtpd_sasl_path": self.logins.path,
            # There is no scache service.
            "lmtp_connection_cache_on_demand": "no",
        }

    def write_cf(self, name, server):
        path = self.directory / f"{name}.cf"
        path.write_text(f"user = {mailsystem.USER}\npassword = {mailsystem.PASSWORD}\n"
                        f"hosts = 127.0.0.1:{server.port}\ndbname = other_maps\n"
                        f"query = {MAPS[name].query}\n", encoding="utf-8")
        path.chmod(0o640)
        shutil.chown(path, group="postfix")
        return path

    def start(self):
        self.vmapd.start()
        for site, tables in self.tables.items():
            site.start("", "", "", {**self.parameters, **tables})

    def restart(self):
        """What Postfix has looked up once and for all, it looks up again."""
        for site in self.tables:
            site.postfix.stop()
            site.postfix.start()

    def offer(self, site, recipient, login=None, sender=SENDER):
        """The last reply (RCPT TO, or the message's), and what arrived where."""
        with Session(site.postfix.port, sender=sender) as session:
            if login is not None:
                session.smtp.login(login, PASSWORD)
            offer = session.offer(recipient)
        if offer.queue_id is None:
            return offer.data or offer.replies[0], []
        assert site.postfix.wait_removed(offer.queue_id) is None, site.postfix.log_text()
        return offer.replies[0], sorted((place, *delivery) for place, sink in self.sinks.items()
                                        for delivery in sink.deliveries(offer.tag))

    def stop(self):
        self.mysql.stop()
        self.ours.stop()
        self.vmapd.stop()
        self.logins.close()
        for sink in self.sinks.values():
            sink.close()


@pytest.fixture(scope="module")
def sites(loaded, workdir, show_logs):
    made = Sites(loaded, workdir)
    show_logs += [made.vmapd.log, made.mysql.postfix.log, made.ours.postfix.log]
    try:
        made.start()
        yield made
    finally:
        made.stop()


def check(sites, expected, *offer):
    today = sites.offer(sites.mysql, *offer)
    moved = sites.offer(sites.ours, *offer)
    assert moved == today
    reply, arrived = today
    if isinstance(expected, list):
        assert (reply.code, arrived) == (250, expected)
    else:
        code, status, text = expected
        assert reply.code == code and reply.text.startswith(status + " "), reply
        assert text in reply.text and arrived == []


@pytest.mark.parametrize("recipient, expected", RECIPIENTS.items(), ids=RECIPIENTS.keys())
def test_recipients(sites, recipient, expected):
    check(sites, expected, recipient)


@pytest.mark.parametrize("who, expected", SENDERS.items(),
                         ids=[f"{sender} by {login}" for login, sender in SENDERS])
def test_senders(sites, who, expected):
    check(sites, expected, ANNA, *who)


def test_every_map_was_asked(sites):
    """The tests above have seen each map find something, and find nothing."""
    maps = sites.vmapd.stats()["maps"]
    for name in ASKED:
        counters = maps[name]
        assert counters["ok"] > 0 and counters["notfound"] > 0, (name, counters)
        assert counters["temp"] + counters["timeout"] + counters["perm"] == 0, (name, counters)


def test_vmapctl_check_has_no_complaint(sites):
    run = vmapctl("check", "-c", sites.vmapd.conf, "-p", sites.ours.postfix.config)
    assert "main.cf: " not in run.stdout, run.stdout
    assert f"ok: {sites.ours.postfix.config}: {len(ASKED)} uses of these maps" in run.stdout


@pytest.mark.parametrize("name", ASKED)
def test_a_failure_puts_mail_off(sites, mariadb, name):
    """Each time with an address that is new: smtpd(8) remembers how it has resolved others."""
    table = re.search(r"FROM (\w+)", MAPS[name].query).group(1)
    mariadb.sql(f"RENAME TABLE {table} TO away", "other_maps")
    sites.vmapd.ctl("flush")
    try:
        reply, arrived = sites.offer(sites.ours, f"anna+{name}@relay.example")
        assert reply.code == 451 and arrived == [], reply
        assert sites.vmapd.stats()["maps"][name]["temp"] > 0
    finally:
        mariadb.sql(f"RENAME TABLE away TO {table}", "other_maps")
    attempt = itertools.count(1)
    wait_until(lambda: sites.offer(
        sites.ours, f"anna+{name}{next(attempt)}@relay.example")[0].code == 250,
        "mail is taken again")


def test_a_route_for_all_others(sites, mariadb):
    """transport_maps' "*", which Postfix looks up apart from all else."""
    mariadb.sql("INSERT INTO routes "
                "SELECT '*', route FROM routes WHERE name = '.sub.routed.example'", "other_maps")
    sites.vmapd.ctl("flush")
    sites.restart()
    try:
        check(sites, arrives(ANNA, at="near parent"), ANNA)
        check(sites, arrives("anna@routed.example", at="domain"), "anna@routed.example")
    finally:
        mariadb.sql("DELETE FROM routes WHERE name = '*'", "other_maps")


# --- virtual_mailbox_limit_maps ---------------------------------------------------------------


@pytest.fixture(scope="module")
def with_virtual(sites, show_logs):
    """A Postfix that delivers by virtual(8), and has our maps for mailboxes and their limits."""
    table = f"socketmap:{sites.vmapd_address}:"
    postfix = Postfix(sites.directory / "virtual", {
        "alias_maps": "", "virtual_transport": "virtual", "virtual_mailbox_base": "/nonexistent",
        "virtual_mailbox_domains": "open.relay.example",
        "virtual_mailbox_maps": f"{table}relay_recipient_maps", LIMITS: table + LIMITS,
        "virtual_uid_maps": "static:5000", "virtual_gid_maps": "static:5000",
    }, master_cf=f"{MASTER_CF}virtual unix - n n - - virtual\n")
    show_logs.append(postfix.log)
    try:
        postfix.start()
        yield postfix
    finally:
        postfix.stop()


def test_virtual_refuses_and_nothing_asks_for_limits(sites, with_virtual):
    postfix = with_virtual
    with Session(postfix.port) as session:
        offer = session.offer("who@open.relay.example")
    assert offer.data.code == 250
    wait_until(lambda: re.search(f"{offer.queue_id}: .*status=deferred", postfix.log_text()),
               "the mail is put off")
    assert re.search(r"postfix/virtual\[.*socketmap:.*relay_recipient_maps "
                     r"map is not allowed for security-sensitive data", postfix.log_text())

    for table in (f"mysql:{sites.files[LIMITS]}", f"socketmap:{sites.vmapd_address}:{LIMITS}"):
        assert postfix.postmap(ANNA, table) == (0, "1000")
    known = subprocess.run(["postconf", "-c", postfix.config, "-n"], capture_output=True, text=True,
                           check=True)
    assert f"unused parameter: {LIMITS}=" in known.stderr and LIMITS not in known.stdout


def test_vmapctl_check_warns_of_virtual(sites, with_virtual):
    """Of the limits where Postfix knows the name, as it does with the patch; or if any other
    parameter refers to it, as proxy_read_maps does in many guides."""
    def complaints():
        run = vmapctl("check", "-c", sites.vmapd.conf, "-p", with_virtual.config)
        return re.findall(r"main\.cf: (\w+): virtual\(8\) .* refuses socketmap", run.stdout)
    assert complaints() == ["virtual_mailbox_maps"]
    with open(f"{with_virtual.config}/main.cf", "a", encoding="utf-8") as main_cf:
        main_cf.write(f"proxy_read_maps = ${LIMITS}\n")
    assert sorted(complaints()) == [LIMITS, "virtual_mailbox_maps"]

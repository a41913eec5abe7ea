"""Several tables behind one parameter, in several orders: a Postfix with mysql: tables and one with
vmapd say the same to RCPT TO and deliver to the same mailboxes. Postfix asks key by key, not table by
table, so the order decides less, and other things, than one might think."""
import itertools
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from harness import shapes
from harness.mailsystem import Site
from harness.smtp import Session
from harness.vmapd import Vmapd


class Layout(NamedTuple):
    domains: str
    mailboxes: tuple
    aliases: tuple


def postfixadmin():
    tables = ("postfixadmin.alias", "postfixadmin.alias_domain",
              "postfixadmin.alias_domain_catchall")
    mailboxes = ("postfixadmin.mailbox", "postfixadmin.alias_domain_mailbox")
    for number, order in enumerate(itertools.permutations(tables)):
        yield Layout("postfixadmin.domains", mailboxes[::-1 if number % 2 else 1], order)


def forward_and_backward(domains, mailboxes, *aliases):
    yield Layout(domains, mailboxes, aliases)
    yield Layout(domains, mailboxes, aliases[::-1])


LAYOUTS = [
    *postfixadmin(),
    *forward_and_backward("iredmail.mailbox_domains", ("iredmail.mailbox",),
                          "iredmail.alias", "iredmail.domain_alias", "iredmail.catchall",
                          "iredmail.domain_alias_catchall"),
    *forward_and_backward("mailcow.domains", ("mailcow.mailbox",),
                          "mailcow.alias", "mailcow.resource", "mailcow.spamalias",
                          "mailcow.alias_domain"),
    *forward_and_backward("ispmail.mailbox_domains", ("ispmail.mailbox_maps",),
                          "ispmail.alias_maps", "ispmail.email2email"),
]

# In an alias domain, where a catch-all takes any full address if it is asked first.
ORDER_MATTERS = "info@catchall-alias.example"

RECIPIENTS = [
    "info@example.com", "InFo+X@Example.Com", "team+x@example.com", "john@example.com",
    "john+ext@example.com", "jane@example.com", "gone@example.com", "nobody@example.com",
    "o'brien@example.com", '"john doe+x"@example.com', "jürgen@example.com", "user+box@example.com",
    "info@alias.example", "info+x@alias.example", "john+x@alias.example", "nobody@alias.example",
    "box@catchall.example", "who+ever@catchall.example", "who+ever@catchall-alias.example",
    "info+x@catchall.example", ORDER_MATTERS,
    "who@example.org", "jane@example.org", "tmp.john@example.com", "ops@mail.eu.example.net",
    "root@off.example", "john@off-alias.example", "postmaster@localhost", "john@relay.example",
    "info+x@virtual.example", "nobody@virtual.example",
    "info@route.example", "info+x@route.example", "who@route.example", "who@sub.route.example",
    "who@deep.sub.route.example", "who@deeper.deep.sub.route.example",
]

# Domains of recipients that only transport_maps knows.
ROUTED = {"mydestination": "localhost, route.example, sub.route.example, deep.sub.route.example, "
                           "deeper.deep.sub.route.example",
          "local_recipient_maps": "",
          # There is no scache service.
          "lmtp_connection_cache_on_demand": "no"}


class Sites:
    """Two sites with the same tables, and one vmapd for all layouts."""

    def __init__(self, server, workdir):
        shapes.load(server, "utf8mb4")
        directory = tempfile.mkdtemp(prefix="orders-", dir=workdir)
        os.chmod(directory, 0o755)
        self.files = {name: shapes.write_cf(name, directory, server, "utf8mb4")
                      for name in shapes.names()}
        for path in [*self.files.values(), f"{directory}/client.cnf"]:
            os.chmod(path, 0o644)
        self.mysql, self.ours = (Site(Path(directory) / kind) for kind in ("mysql", "ours"))
        self.vmapd = Vmapd(directory, self.config(directory, self.private_directory()))

    def private_directory(self):
        path = f"{self.ours.postfix.queue}/private"
        os.makedirs(path, mode=0o700)
        shutil.chown(path, "postfix")
        return path

    def config(self, directory, private):
        lines = [f"[server]\nlisten = unix:{private}/vmap\nsocket_owner = postfix\n"
                 f"control = unix:{directory}/control\nlocal_domains = localhost\n"
                 f"[map transport]\nsearch = domain\ntables = {self.files['forms.transport']}\n"]
        for number, layout in enumerate(LAYOUTS):
            for kind, search, tables in self.maps(layout):
                lines.append(f"[map {kind}{number}]\nsearch = {search}\n"
                             f"tables = {', '.join(self.files[name] for name in tables)}\n")
        return "".join(lines)

    def maps(self, layout):
        return (("domains", "exact", [layout.domains]), ("mailboxes", "address", layout.mailboxes),
                ("aliases", "alias", layout.aliases))

    def offers(self, number):
        """What becomes of the recipients with mysql: tables, and with vmapd."""
        layout = LAYOUTS[number]
        with ThreadPoolExecutor(2) as pool:
            mysql = pool.submit(
                offers, self.mysql, {"transport_maps": f"mysql:{self.files['forms.transport']}"},
                *(", ".join(f"mysql:{self.files[name]}" for name in tables)
                  for _, _, tables in self.maps(layout)))
            ours = pool.submit(
                offers, self.ours, {"transport_maps": "socketmap:unix:private/vmap:transport"},
                *(f"socketmap:unix:private/vmap:{kind}{number}"
                  for kind, _, _ in self.maps(layout)))
            return mysql.result(), ours.result()

    def stop(self):
        self.mysql.stop()
        self.ours.stop()
        self.vmapd.stop()


@pytest.fixture(scope="module")
def sites(server, workdir):
    made = Sites(server, workdir)
    try:
        made.vmapd.start()
        yield made
    finally:
        made.stop()


def offers(site, parameters, *maps):
    """For each recipient the reply, and where a message to it went."""
    site.start(*maps, {**ROUTED, **parameters})
    try:
        with Session(site.postfix.port) as session:
            made = [session.offer(recipient) for recipient in RECIPIENTS]
        for offer in made:
            if offer.data is not None:
                assert offer.data.code == 250, offer
                assert site.postfix.wait_removed(offer.queue_id) is None, offer
    finally:
        site.postfix.stop()
    return [(offer.replies[0].code, offer.replies[0].text,
             sorted(site.sink.deliveries(offer.tag)) if offer.tag else []) for offer in made]


@pytest.mark.parametrize("number", range(len(LAYOUTS)),
                         ids=lambda number: ",".join(LAYOUTS[number].aliases))
def test_same_mail(sites, number):
    mysql, ours = sites.offers(number)
    for recipient, today, moved in zip(RECIPIENTS, mysql, ours):
        assert moved == today, recipient
    assert_all_was_seen(mysql)
    assert_order_was_kept(LAYOUTS[number].aliases, dict(zip(RECIPIENTS, ours))[ORDER_MATTERS])


def assert_order_was_kept(tables, reply):
    order = [name for name in tables
             if name in ("postfixadmin.alias_domain", "postfixadmin.alias_domain_catchall")]
    if order:
        winner = "box@catchall.example" if "catchall" in order[0] else "john@example.com"
        assert [to for _, to in reply[2]] == [winner]


def assert_all_was_seen(replies):
    """Taken, taken for others, refused for different reasons, routed by each row."""
    assert {code for code, _, _ in replies} == {250, 550, 554}
    assert len({str(delivered) for _, _, delivered in replies}) > 8
    routes = [text.rpartition(": ")[2] for code, text, _ in replies if " rejected: " in text]
    assert {"the address", "the domain", "its subdomains", "the deep domain",
            "the subdomains of the subdomain"} <= set(routes)

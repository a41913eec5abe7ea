"""Rows and recipients made up at random: a Postfix with mysql: tables and one with vmapd say the same
to RCPT TO and deliver to the same mailboxes. Here quotes, extensions, catch-alls and local parts meet
in ways that nobody thought of. VMAPD_TEST_SEED repeats a run."""
import os
import random
import shutil
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import FULL

from harness import shapes
from harness.keys import SEED
from harness.mailsystem import PASSWORD, USER, Site
from harness.smtp import Session
from harness.vmapd import Vmapd

RECIPIENTS = 400 if FULL else 60

LOCALPARTS = ["a", "b", "c", "A", "l", "owner", "a+x", "b+", "a-b", "a.b", "owner-l", "l-request",
              "postmaster", "mailer-daemon", "double-bounce", "o'b", "ü", "é+x", '"c d"', '"c d+x"',
              '"a+x y"', '"+x"', '"a@b"', r'"a\"b"']
EXTENSIONS = ["", "", "", "+x", "+X y", "+", "+a+b", "-z", "-q-r", "--", "+-", "+ü", '+"q']
VIRTUAL = ["v1.example", "v2.example"]
DOMAINS = [*VIRTUAL, "alias.example", "Sub.v1.example", "localhost", "[127.0.0.1]"]
DESTINATIONS = ["f1@final.example", '"f 2"@final.example', "f3+y@final.example", "f4@v2.example",
                "ö@final.example", "f5", "F6@Final.Example", '"f@7"@final.example', "f8@localhost",
                '"f9"@final.example', "<f10@final.example>", "Name <f11@final.example>",
                "f12@final.example (c)"]

# recipient_delimiter, and whether extensions are propagated.
SETTINGS = [("+", True), ("+", False), ("+-", True), ("", True)]


class Chance:
    """Makes it all up."""

    def __init__(self, name):
        self._random = random.Random(f"{SEED} {name}")

    def _key(self):
        domain = self._random.choice(DOMAINS).lower()
        localpart = self._random.choice(LOCALPARTS).lower()
        return self._random.choices([f"@{domain}", localpart, f"{localpart}@{domain}"],
                                    [15, 10, 75])[0]

    def _value(self):
        several = self._random.choices(DESTINATIONS, k=self._random.choice([1, 1, 1, 2, 3]))
        return self._random.choices([
            f"{self._random.choice(LOCALPARTS)}@{self._random.choice(DOMAINS)}",
            self._random.choice(["@final.example", "@v1.example"]),
            self._random.choice([",", ", ", "\n", " , "]).join(several)], [10, 12, 78])[0]

    def rows(self, table, count, value=None):
        pairs = [(self._key(), value or self._value()) for _ in range(count)]
        return "".join(f"INSERT INTO {table} VALUES (x'{key.encode().hex()}', "
                       f"x'{text.encode().hex()}');\n" for key, text in pairs)

    def recipient(self):
        localpart, extension = (self._random.choice(some) for some in (LOCALPARTS, EXTENSIONS))
        if localpart.startswith('"') or {" ", '"'} & set(extension):
            bare = localpart.removeprefix('"').removesuffix('"')
            localpart, extension = f'"{bare}' + extension.replace('"', r'\"'), '"'
        text = localpart + extension
        return (text.upper() if self._random.random() < 0.2 else text) \
            + "@" + self._random.choice(DOMAINS)


TABLES = ("domains", "mailboxes", "first", "second")


def load(server, chance):
    server.sql(
        "DROP DATABASE IF EXISTS chance; CREATE DATABASE chance CHARACTER SET utf8mb4 COLLATE "
        "utf8mb4_bin;" + shapes.grants(server, "chance") + "USE chance;\n"
        + "".join(f"CREATE TABLE {table} (place varchar(190), value text) ENGINE = MyISAM;"
                  for table in TABLES)
        + "".join(f"INSERT INTO domains VALUES ('{domain}', '1');" for domain in VIRTUAL)
        + chance.rows("mailboxes", 14, "1") + chance.rows("first", 14) + chance.rows("second", 10))


class Pair:
    """The two sites, and vmapd behind the second."""

    def __init__(self, server, workdir, delimiter, propagate):
        directory = Path(tempfile.mkdtemp(prefix="chance-", dir=workdir))
        directory.chmod(0o755)
        self.files = {table: self._write_cf(directory, server, table) for table in TABLES}
        self.mysql, self.ours = (Site(directory / kind) for kind in ("mysql", "ours"))
        private = f"{self.ours.postfix.queue}/private"
        os.makedirs(private, mode=0o700)
        shutil.chown(private, "postfix")
        self.vmapd = Vmapd(directory, f"""[server]
listen = unix:{private}/vmap
socket_owner = postfix
control = unix:{directory}/control
recipient_delimiter = {delimiter}
propagate_extension = {"yes" if propagate else "no"}
local_domains = localhost, host.example.com, [127.0.0.1]
[map domains]
search = exact
tables = {self.files["domains"]}
[map mailboxes]
search = address
tables = {self.files["mailboxes"]}
[map aliases]
search = alias
tables = {self.files["first"]} {self.files["second"]}
""")
        self._parameters = {
            "recipient_delimiter": delimiter, "virtual_alias_domains": "alias.example",
            "propagate_unmatched_extensions": "virtual" if propagate else "",
            "local_recipient_maps": "", "lmtp_connection_cache_on_demand": "no"}

    @staticmethod
    def _write_cf(directory, server, table):
        path = directory / f"{table}.cf"
        options = directory / "client.cnf"
        options.write_text("[client]\ndefault-character-set = utf8mb4\n", encoding="utf-8")
        path.write_text(f"hosts = 127.0.0.1:{server.port}\nuser = {USER}\npassword = {PASSWORD}\n"
                        f"dbname = chance\noption_file = {options}\n"
                        f"query = SELECT value FROM {table} WHERE place = '%s'\n", encoding="utf-8")
        return path

    def start(self):
        self.vmapd.start()
        first, second = (f"mysql:{self.files[table]}" for table in ("first", "second"))
        self.mysql.start(f"mysql:{self.files['domains']}", f"mysql:{self.files['mailboxes']}",
                         f"{first}, {second}", self._parameters)
        self.ours.start(*(f"socketmap:unix:private/vmap:{name}"
                          for name in ("domains", "mailboxes", "aliases")), self._parameters)

    def stop(self):
        self.mysql.stop()
        self.ours.stop()
        self.vmapd.stop()


def offers(site, recipients):
    """For each recipient the reply to RCPT TO and to the message, and where it went."""
    with Session(site.postfix.port) as session:
        made = [session.offer(recipient) for recipient in recipients]
    return [(offer.replies[0], offer.data and offer.data.code, destinations(site, offer))
            for offer in made]


def destinations(site, offer):
    if offer.queue_id is None:
        return []
    site.postfix.wait_removed(offer.queue_id)
    return sorted(to for sender, to in site.sink.deliveries(offer.tag) if sender)


@pytest.mark.parametrize("delimiter, propagate", SETTINGS)
def test_same_mail(server, workdir, figures, delimiter, propagate):
    chance = Chance(f"mail {delimiter} {propagate}")
    load(server, chance)
    recipients = [chance.recipient() for _ in range(RECIPIENTS)]
    pair = Pair(server, workdir, delimiter, propagate)
    try:
        pair.start()
        with ThreadPoolExecutor(2) as pool:
            mysql, ours = pool.map(offers, (pair.mysql, pair.ours), (recipients, recipients))
    finally:
        pair.stop()
    for recipient, today, moved in zip(recipients, mysql, ours):
        assert moved == today, recipient
    figures(f"RCPT TO {dict(Counter(reply.code for reply, _, _ in mysql))}",
            f"{len({str(to) for _, _, to in mysql if to})} different deliveries")

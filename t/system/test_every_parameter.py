"""Each parameter in turn: a Postfix with a mysql: table, and one that was moved to vmapd by import and
its commands, give the same replies to 180 recipients or senders, and deliver to the same places."""
import os
import re
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness import every, mailsystem
from harness.keys import SEED
from harness.postfix import MASTER_CF, Postfix
from harness.process import wait_until
from harness.sasl import Logins
from harness.sink import Sink
from harness.smtp import SENDER, Session
from harness.vmapd import Vmapd, vmapctl
from test_moving import commands

# Recipients in one message.
TOGETHER = 30

SERVICES = "smtp unix - - n - - smtp\nlocal unix - n n - - local\n"

DATABASE = """
DROP DATABASE IF EXISTS every;
CREATE DATABASE every CHARACTER SET utf8mb4;
GRANT SELECT ON every.* TO 'mailuser'@'127.0.0.1';
"""


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


class Site:
    """One Postfix with the parameter; moved: as import has it."""

    def __init__(self, places, name, cf, moved):
        self.parameter, self.moved, self.places = every.PARAMETERS[name], moved, places
        self.directory = Path(tempfile.mkdtemp(prefix="every-", dir=places.directory))
        self.directory.chmod(0o755)
        self.postfix = Postfix(self.directory / "postfix", {}, master_cf=MASTER_CF + SERVICES)
        settings = mailsystem.main_cf(places.a.port, "", "", "")
        settings.update({"smtpd_recipient_restrictions": "", "local_recipient_maps": "",
                         "smtpd_relay_restrictions": "reject_unauth_destination",
                         "relay_transport": places.names["a"], "lmtp_connection_cache_on_demand": "no",
                         "smtpd_authorized_xclient_hosts": "127.0.0.1"})
        settings.update({key: value.format(**places.names)
                         for key, value in self.parameter.settings.items()})
        self.postfix.configure({**settings, name: f"mysql:{cf}"})
        self.vmapd = None

    def start(self):
        if self.moved:
            run = vmapctl("import", "-c", self.postfix.config, "-o", f"{self.directory}/vmapd.conf")
            assert run.returncode == 0, run
            os.makedirs(f"{self.postfix.queue}/private")
            shutil.chown(f"{self.postfix.queue}/private", "postfix")
            text = (self.directory / "vmapd.conf").read_text(encoding="utf-8")
            self.vmapd = Vmapd(self.directory / "vmapd", text.replace(
                "[server]", f"[server]\ncontrol = unix:{self.directory}/vmapd/control", 1))
            self.vmapd.start()
            for command in commands(run.stdout, "Switch").splitlines():
                if "reload" not in command:
                    assert os.system(command) == 0, command
            with open(f"{self.postfix.config}/main.cf", encoding="utf-8") as file:
                assert "mysql:" not in file.read()
        self.postfix.start()

    def stop(self):
        self.postfix.stop()
        if self.vmapd is not None:
            self.vmapd.stop()

    def send(self, whos):
        if self.parameter.by_sender:
            return self.collect([(who, ["to@three.test"]) for who in whos])
        groups = [whos[i:i + TOGETHER] for i in range(0, len(whos), TOGETHER)]
        return self.collect([(SENDER, group) for group in groups])

    def collect(self, messages):
        """For each message the replies, and where it went: (place, sender, recipient)."""
        offers = []
        with Session(self.postfix.port) as session:
            if "smtpd_sasl_path" in self.parameter.settings:
                session.smtp.docmd("XCLIENT LOGIN=anna@one.example")
                session.smtp.docmd("EHLO stranger.example")
            for sender, recipients in messages:
                session.sender = sender
                offers.append(session.offer(*recipients))
        for offer in offers:
            bounce = offer.queue_id and self.postfix.wait_removed(offer.queue_id)
            if bounce:  # which ends somewhere, too
                self.postfix.wait_removed(bounce)
        return [([tuple(reply) for reply in offer.replies],
                 sorted((name, *delivery) for name, sink in self.places.sinks.items()
                        for delivery in sink.deliveries(offer.tag))) for offer in offers]


class Places:
    def __init__(self, directory):
        self.directory = directory
        self.a, self.b, self.logins = Sink(), Sink(), Logins()
        self.sinks = {"a": self.a, "b": self.b}
        (directory / "patterns").write_text("/@(one|two|three)/ dest@localhost\n", encoding="utf-8")
        self.names = {"a": f"lmtp:inet:[127.0.0.1]:{self.a.port}",
                      "b": f"lmtp:inet:[127.0.0.1]:{self.b.port}", "port_a": self.a.port,
                      "port_b": self.b.port, "patterns": f"{directory}/patterns",
                      "sasl": self.logins.path}

    def fill(self, server, name):
        table = re.sub(r"\W", "_", name)
        parameter = every.PARAMETERS[name]
        rows = {key: value.format(**self.names)
                for key, value in every.rows(parameter, f"{SEED} {name}").items()}
        server.sql(f"CREATE TABLE {table} (k varchar(200) COLLATE utf8mb4_bin PRIMARY KEY, "
                   f"v varchar(200)); INSERT INTO {table} VALUES "
                   + ", ".join(f"({quoted(key)}, {quoted(value)})" for key, value in rows.items()),
                   "every")
        path = self.directory / f"{table}.cf"
        path.write_text(f"user = {mailsystem.USER}\npassword = {mailsystem.PASSWORD}\n"
                        f"hosts = 127.0.0.1:{server.port}\ndbname = every\n"
                        f"option_file = {self.directory}/client.cnf\n"
                        f"query = SELECT v FROM {table} WHERE k='%s'\n", encoding="utf-8")
        path.chmod(0o640)
        shutil.chown(path, group="postfix")
        return path

    def close(self):
        self.a.close()
        self.b.close()
        self.logins.close()


@pytest.fixture(scope="module", name="places")
def _places(loaded, workdir):
    loaded.sql(DATABASE)
    directory = Path(tempfile.mkdtemp(prefix="every-", dir=workdir))
    directory.chmod(0o755)
    (directory / "client.cnf").write_text("[client]\ndefault-character-set = utf8mb4\n",
                                          encoding="utf-8")
    made = Places(directory)
    yield made
    made.close()


def all_known(results):
    """The results, unless some are still being found out."""
    return results if "verification in progress" not in str(results) else None


def run_site(site, whos):
    try:
        site.start()
        results = site.send(whos)
        if site.parameter.twice:
            results = wait_until(lambda: all_known(site.send(whos)), "all probes are done", 60)
        return results
    finally:
        site.stop()


@pytest.mark.parametrize("name", every.PARAMETERS)
def test_same_replies_and_deliveries(places, loaded, name, figures):
    cf = places.fill(loaded, name)
    whos = every.addresses(f"{SEED} {name}")
    sites = [Site(places, name, cf, moved) for moved in (False, True)]
    with ThreadPoolExecutor(2) as pool:
        today, moved = pool.map(lambda site: run_site(site, whos), sites)
    different = [pair for pair in zip(today, moved) if pair[0] != pair[1]]
    assert not different, (SEED, name, len(different), different[0])
    replies = {text for replies, _ in today for _, text in replies}
    delivered = [delivery for _, deliveries in today for delivery in deliveries]
    # What the table says shows: in different results, or, where rows lead on to each other, in recipients
    # that are not those that were asked.
    assert len(replies) + len(set(delivered)) > 2 or \
        not {recipient for _, _, recipient in delivered} <= set(whos), (SEED, name)
    figures(name, f"{len(whos)} asked", f"{len(delivered)} delivered", "0 differences")

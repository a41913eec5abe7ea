"""A connection sees names and rights as they were when it was opened, so none is used for longer than
max_connection_age: a name that has moved, a right that was taken or given counts by then and a second
later, or at once after a reload. Nothing is cached here, so every lookup needs a server."""
import os
import re
import threading
import time

import pytest

from harness import mailsystem
from harness.mariadb import MariaDB
from harness.process import wait_until

pytestmark = pytest.mark.alone

MAPS = """
[map where]
cache = no
query = SELECT v FROM place WHERE k='%s'
[map other]
cache = no
query = SELECT 1 FROM virtual_users WHERE email='%s'
"""
AGE_S = 2
NAME = "moving.test"


@pytest.fixture(scope="module", name="servers")
def servers_fixture(workdir):
    """Two servers on one port, at two addresses."""
    first = MariaDB(workdir / "here", address="127.0.0.2")
    both = [first, MariaDB(workdir / "there", address="127.0.0.3", port=first.port)]
    try:
        for server in both:
            server.start()
        yield both
    finally:
        for server in both:
            server.stop()


@pytest.fixture(name="pair")
def pair_fixture(servers):
    """Each says for "place" where one is; only the second has "new"."""
    for server, name in zip(servers, ("here", "there")):
        server.sql(f"DROP USER IF EXISTS '{mailsystem.USER}'@'127.0.0.1'")
        mailsystem.load_database(server)
        server.sql("CREATE OR REPLACE TABLE place (k VARCHAR(50) PRIMARY KEY, v VARCHAR(50));"
                   f"INSERT INTO place VALUES ('place', '{name}')", "mailserver")
    servers[1].sql("INSERT INTO place VALUES ('new', 'yes')", "mailserver")
    return servers


class Names:
    """A file that is /etc/hosts for one daemon, in a mount namespace of its own."""

    def __init__(self, directory):
        self.path = f"{directory}/hosts"
        self.point_to("127.0.0.2")

    def point_to(self, address):
        with open(self.path, "w", encoding="ascii") as file:  # not another file: it is mounted
            file.write(f"127.0.0.1 localhost\n{address} {NAME}\n")

    def give_to(self, daemon):
        argv = " ".join(daemon.process.argv)
        daemon.process.argv = ["unshare", "--mount", "sh", "-c",
                               f"mount --bind {self.path} /etc/hosts && exec {argv}"]


def prepare(vmapd, pair, hosts, age):
    daemon = vmapd.new(maps=MAPS, server="lookup_timeout = 5s",
                       database=f"max_connection_age = {age}\nretry_interval = 1s")
    hosts = " ".join(f"{host}:{pair[0].port}" for host in hosts)
    with open(daemon.conf, encoding="utf-8") as file:
        daemon.write_config(re.sub(r"(?m)^hosts = .*", f"hosts = {hosts}", file.read()))
    return daemon


class Asking:
    """Asks all the time, so that connections are in use and not closed because they are idle."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.replies = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        with self.daemon.client() as client:
            while not self._over.wait(0.02):
                self.replies.append(client.ask("where", "place"))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._over.set()
        self._thread.join()


def age_and_a_second(began):
    return AGE_S + 1 - (time.monotonic() - began)


@pytest.fixture(name="moving")
def moving_fixture(vmapd, pair, tmp_path):
    """A function that starts a daemon whose only host is the name, and returns it and the names."""
    before = os.stat("/etc/hosts")

    def start(age):
        daemon, names = prepare(vmapd, pair, [NAME], age), Names(tmp_path)
        names.give_to(daemon)
        daemon.start()
        assert daemon.ask("where", "place") == ("OK", "here")
        assert daemon.ask("where", "new").status == "NOTFOUND"
        return daemon, names
    yield start
    assert os.stat("/etc/hosts") == before


def test_a_name_that_moves_is_followed(moving):
    daemon, names = moving(f"{AGE_S}s")
    with Asking(daemon) as asking:
        wait_until(lambda: len(asking.replies) > 10, "lookups")
        began = time.monotonic()
        names.point_to("127.0.0.3")
        wait_until(lambda: daemon.ask("where", "new") == ("OK", "yes"), "the new server's answer",
                   age_and_a_second(began))
        wait_until(lambda: asking.replies[-1].text == "there", "nobody asks the old one",
                   age_and_a_second(began))
        last = len(asking.replies)
        wait_until(lambda: len(asking.replies) > last + 50, "more lookups")
    assert {reply.text for reply in asking.replies[last:]} == {"there"}
    assert {reply.status for reply in asking.replies} == {"OK"}


def test_a_reload_follows_it_at_once(moving):
    daemon, names = moving("1h")
    with Asking(daemon) as asking:
        names.point_to("127.0.0.3")
        wait_until(lambda: len(asking.replies) > 50, "lookups")
        assert asking.replies[-1].text == "here"
        daemon.reload()
        assert daemon.ask("where", "new") == ("OK", "yes")
    assert {reply.status for reply in asking.replies} == {"OK"}


TAKE_AWAY = {
    "the right": f"REVOKE ALL ON mailserver.* FROM '{mailsystem.USER}'@'127.0.0.1'",
    "the account": f"DROP USER '{mailsystem.USER}'@'127.0.0.1'",
}


@pytest.mark.parametrize("what", TAKE_AWAY)
@pytest.mark.parametrize("is_reloaded", [False, True], ids=["by age", "by reload"])
def test_who_loses_it_moves_to_the_other_host(vmapd, pair, what, is_reloaded):
    """As a replica is taken out that is behind: no lookup fails, and it answers no more."""
    daemon = prepare(vmapd, pair, ["127.0.0.2", "127.0.0.3"], "1h" if is_reloaded else f"{AGE_S}s")
    daemon.start()
    with Asking(daemon) as asking:
        wait_until(lambda: {"here", "there"} <= {reply.text for reply in asking.replies} or reconnect(daemon),
                   "both are used")
        began = time.monotonic()
        pair[0].sql(TAKE_AWAY[what])
        if is_reloaded:
            daemon.reload()
        wait_until(lambda: pair[0].connections_of(mailsystem.USER) == 0, "it is left",
                   age_and_a_second(began))
        last = len(asking.replies)
        wait_until(lambda: len(asking.replies) > last + 50, "more lookups")
    assert {reply.text for reply in asking.replies[last + 1:]} == {"there"}
    assert {reply.status for reply in asking.replies} == {"OK"}


def reconnect(daemon):
    """Hosts are chosen by chance; choose anew."""
    daemon.reload()
    return False


def test_a_new_right_counts(vmapd, pair):
    """A table that the account may not read, and then may: no older connection is in the way."""
    pair[0].sql(f"REVOKE ALL ON mailserver.* FROM '{mailsystem.USER}'@'127.0.0.1';"
                f"GRANT SELECT ON mailserver.virtual_users TO '{mailsystem.USER}'@'127.0.0.1'")
    daemon = prepare(vmapd, pair, ["127.0.0.2"], "1h")
    daemon.start()
    assert daemon.ask("where", "place").status == "TEMP"
    assert daemon.ask("other", "email1@example.com") == ("OK", "1")
    with Asking(daemon) as asking:
        wait_until(lambda: len(asking.replies) > 20, "lookups")
        pair[0].sql(f"GRANT SELECT ON mailserver.* TO '{mailsystem.USER}'@'127.0.0.1'")
        wait_until(lambda: daemon.ask("where", "place") == ("OK", "here"), "the right counts", AGE_S)
        last = len(asking.replies)
        wait_until(lambda: len(asking.replies) > last + 1, "a lookup since then")
    assert {reply.status for reply in asking.replies} == {"TEMP", "OK"}

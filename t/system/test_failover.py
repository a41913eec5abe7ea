"""Two database servers behind "hosts": whatever happens to one of them, lookups go on with the other,
and it is used again when it is well. Nothing is cached here, so every lookup needs a server."""
import os
import re
import socket
import time

import pytest

from harness import mailsystem
from harness.clients import Clients
from harness.mariadb import MariaDB
from harness.process import wait_until
from harness.watch import Watch

pytestmark = pytest.mark.alone

KEYS = [f"key{n}" for n in range(500)]
MAPS = """
[map m]
cache = no
query = SELECT v FROM pair WHERE k='%s'
"""
QUERY_TIMEOUT_S = 1


@pytest.fixture(scope="module")
def second(workdir, request):
    server = MariaDB(workdir / "second")
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def pair(mariadb, second):
    """Both servers with the same table; both run again afterwards, with their usual settings."""
    servers = [mariadb, second]
    second.ensure_running()
    for server in servers:
        mailsystem.load_database(server)
        server.sql(f"ALTER USER '{mailsystem.USER}'@'127.0.0.1' WITH MAX_USER_CONNECTIONS 0")
        server.sql("CREATE OR REPLACE TABLE pair (k VARCHAR(50) PRIMARY KEY, v VARCHAR(50)) "
                   "ENGINE=MyISAM; INSERT INTO pair VALUES "
                   + ",".join(f"('{key}','{key}')" for key in KEYS), "mailserver")
    yield servers
    for server in servers:
        server.stop()  # settings made with SET GLOBAL are gone with it
    mariadb.start()


@pytest.fixture
def daemon(vmapd, pair):
    hosts = " ".join(f"127.0.0.1:{server.port}" for server in pair)
    prepared = vmapd.new(maps=MAPS, server="lookup_timeout = 5s",
                         database=f"query_timeout = {QUERY_TIMEOUT_S}s\nretry_interval = 1s")
    with open(prepared.conf, encoding="utf-8") as file:
        text = file.read()
    prepared.write_config(re.sub(r"(?m)^hosts = .*", f"hosts = {hosts}", text))
    prepared.start()
    return prepared


def selects(server):
    return server.status("Com_select")


def wait_used(server, seconds):
    """Until lookups arrive at that server."""
    before = selects(server)
    wait_until(lambda: selects(server) > before + 10, "the server is used", seconds)


def states(daemon):
    return [host["state"] for host in daemon.stats()["hosts"]]


def test_both_are_used(daemon, pair, figures):
    before = [selects(server) for server in pair]
    with Clients(daemon, "m", KEYS) as clients:
        clients.wait_for_more(3000)
    shares = [selects(server) - old for server, old in zip(pair, before)]
    figures(clients, f"queries of the two: {shares}")
    assert clients.right == clients.total
    # Connections are spread evenly; which one is free first is a matter of chance, and of other load.
    assert min(shares) > sum(shares) / 20
    assert states(daemon) == ["up", "up"]


def kill(server):
    server.kill()


def shut_down(server):
    server.process.send(15)  # sessions under way are told 1053, or cut off


def hang(server):
    server.pause()


def fill_up(server):
    """1040: strangers hold all connections, also those that vmapd had."""
    session = server.session()
    session.run("SET GLOBAL max_connections = 10")
    crowd = [session]

    def is_full():
        session.run(f"KILL USER '{mailsystem.USER}'@'127.0.0.1'")
        crowd.extend(socket.create_connection(("127.0.0.1", server.port)) for _ in range(10))
        return session.run("SELECT COUNT(*) FROM information_schema.processlist "
                           f"WHERE user = '{mailsystem.USER}'") == [["0"]]
    wait_until(is_full, "strangers hold all connections")
    return crowd


def lock_out(server):
    """1226 and 1203: the account has as many connections as it may have."""
    server.sql(f"ALTER USER '{mailsystem.USER}'@'127.0.0.1' WITH MAX_USER_CONNECTIONS 1")
    server.sql(f"KILL USER '{mailsystem.USER}'@'127.0.0.1'")


def crash_table(server):
    """MyISAM finds that its index file is not what it was."""
    server.sql("FLUSH TABLES")
    path = f"{server.directory}/data/mailserver/pair.MYI"
    os.truncate(path, os.path.getsize(path) // 2)


def forbid(server):
    """The right to read is gone."""
    server.sql(f"REVOKE SELECT ON mailserver.* FROM '{mailsystem.USER}'@'127.0.0.1'")


# What is done to the first server, and whether queries of then may take a query_timeout.
TROUBLES = {
    "killed": (kill, False), "shut down": (shut_down, False), "hung": (hang, True),
    "full": (fill_up, False), "account locked out": (lock_out, False),
    "crashed table": (crash_table, False), "right revoked": (forbid, False),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_one_in_trouble(daemon, pair, trouble, figures):
    """Not one lookup fails: the other server answers."""
    spoil, slow = TROUBLES[trouble]
    first, other = pair
    with Watch(daemon) as watch, Clients(daemon, "m", KEYS) as clients:
        clients.wait_for_more(500)
        held = spoil(first)
        clients.wait_for_more(2000)
        wait_used(other, 5)
        after = clients.total
        time.sleep(1)  # what one failing host costs per second is the point
        rate = clients.total - after
    figures(clients, f"{rate} lookups/s with one server", watch)
    for one in held or []:
        one.close()
    assert clients.problems == []
    assert (clients.wrong, clients.temporary) == (0, 0), clients.reasons
    assert clients.longest < (QUERY_TIMEOUT_S + 1 if slow else 1)
    watch.check()


@pytest.mark.parametrize("way", ["killed", "hung"])
def test_one_returns(daemon, pair, way, figures):
    """It is used again within about a retry_interval (1 s), and nothing fails meanwhile."""
    first, _ = pair
    with Clients(daemon, "m", KEYS) as clients:
        clients.wait_for_more(500)
        TROUBLES[way][0](first)
        wait_until(lambda: "down" in states(daemon), "its trouble is noticed", 5)
        clients.wait_for_more(1000)
        first.ensure_running()
        begin = time.monotonic()
        wait_used(first, 3)
        back = time.monotonic() - begin
    figures(clients, f"used again after {back:.1f} s")
    assert (clients.wrong, clients.temporary) == (0, 0), clients.reasons
    assert states(daemon) == ["up", "up"]
    assert re.search(rf"database 127.0.0.1:{first.port}: up again after [0-9.]+ s",
                     daemon.log_text())


def test_read_only_servers_are_as_good_as_any(daemon, pair):
    """A replica takes no changes, and lookups make none."""
    for server in pair:
        server.sql("SET GLOBAL read_only = 1")
    before = [selects(server) for server in pair]
    with Clients(daemon, "m", KEYS) as clients:
        clients.wait_for_more(1000)
    assert clients.right == clients.total
    assert all(selects(server) > old for server, old in zip(pair, before))


def test_both_away_and_one_returns(daemon, pair, figures):
    """Now there is nobody to ask: temporary failures, never "not found"; then one is enough."""
    with Clients(daemon, "m", KEYS) as clients:
        clients.wait_for_more(500)
        for server in pair:
            server.kill()
        clients.wait_for_more(20, "TEMP")
        pair[1].start()
        begin = time.monotonic()
        wait_until(lambda: daemon.ask("m", "key1") == ("OK", "key1"), "lookups work again", 2)
        back = time.monotonic() - begin
        clients.wait_for_more(500, "OK")
    figures(clients, f"back after {back:.2f} s")
    assert clients.problems == []
    assert clients.wrong == 0
    assert all("database unreachable: " in reason or "Lost connection" in reason
               or "closed by the server" in reason for reason in clients.reasons), clients.reasons
    assert "down" in states(daemon) and "up" in states(daemon)

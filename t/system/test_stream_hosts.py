"""The stream goes where lookups go: to another host when one dies, and begins anew when a log does."""
import pytest

from harness.mariadb import MariaDB
from harness.people import mirrors
from harness.process import wait_until
from harness.stream import CONF, DATABASE, OPTIONS, SCHEMA, UNDO, conf, follower, wait_live


@pytest.fixture(scope="module")
def pair(workdir, show_logs):
    """Two servers that know nothing of each other; a test changes both alike, or not."""
    servers = [MariaDB(workdir / name, *OPTIONS) for name in ("stream-a", "stream-b")]
    try:
        for server in servers:
            show_logs.append(server.log)
            server.start()
            server.sql(SCHEMA)
        yield servers
    finally:
        for server in servers:
            server.stop()
            show_logs.remove(server.log)


@pytest.fixture
def clean(pair):
    for server in pair:
        server.ensure_running()
        server.sql(UNDO, DATABASE)
    return pair


@pytest.fixture
def daemon(clean, vmapd):
    hosts = CONF.replace("127.0.0.1:PORT", " ".join(f"127.0.0.1:{server.port}" for server in clean))
    daemon = vmapd(conf(0, hosts))
    wait_live(daemon)
    return daemon


def insert(server, name):
    server.sql(f"INSERT INTO people VALUES ('{name}@s.example', 's.example')", DATABASE)


def followed(servers):
    """Which of them it follows, and the other one. A server notices late that somebody has gone."""
    def found():
        own = [server for server in servers if server.process.alive() and follower(server)]
        return own if len(own) == 1 else None
    server = wait_until(found, "it follows one of them")[0]
    return server, next(other for other in servers if other is not server)


def test_another_host_is_followed_when_one_dies(clean, daemon):
    for _ in range(2):
        server, other = followed(clean)
        insert(server, "here")
        insert(other, "here")
        insert(other, "there")
        wait_until(lambda: daemon.ask("people", "here@s.example").status == "OK", "its change is told", 2)
        wait_live(daemon)  # until then lookups ask a server, which may be the other one
        assert daemon.ask("people", "there@s.example").status == "NOTFOUND"
        server.kill()
        assert wait_until(lambda: daemon.ask("people", "there@s.example").status == "OK", "the other host is read")
        wait_live(daemon, 30)
        assert follower(other)
        other.sql("DELETE FROM people WHERE email = 'there@s.example'", DATABASE)
        wait_until(lambda: daemon.ask("people", "there@s.example").status == "NOTFOUND", "its changes are told", 2)
        server.start()
        for each in clean:
            each.sql("DELETE FROM people WHERE email = 'here@s.example'", DATABASE)
        server.sql("DELETE FROM people WHERE email = 'there@s.example'", DATABASE)
        wait_live(daemon, 30)


@pytest.mark.parametrize("statement", ["RESET MASTER", "FLUSH LOGS; FLUSH LOGS; PURGE BINARY LOGS TO 'LAST'"])
def test_a_log_of_which_files_go(clean, daemon, statement):
    """RESET MASTER takes away the file that is sent (error 1236, or a position that it does not have)."""
    server, _ = followed(clean)
    last = server.sql("SHOW MASTER STATUS")[0][0]
    name, _, number = last.rpartition(".")
    insert(server, "before")
    server.sql(statement.replace("LAST", f"{name}.{int(number) + 2:06}"), DATABASE)
    insert(server, "after")
    for email in ("before@s.example", "after@s.example"):
        wait_until(lambda: daemon.ask("people", email).status == "OK", "it is found")  # pylint: disable=cell-var-from-loop
    wait_live(daemon, 30)
    server.sql("DELETE FROM people WHERE email = 'before@s.example'", DATABASE)
    wait_until(lambda: daemon.ask("people", "before@s.example").status == "NOTFOUND", "changes are told", 2)
    wait_live(daemon)
    assert daemon.ask("people", "after@s.example").status == "OK"
    assert all(mirror["differences"] == 0 for mirror in mirrors(daemon).values())

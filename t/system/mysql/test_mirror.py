"""Mirrors of MySQL's tables, by GTIDs: every kind of change is seen, and nothing is read while there is none."""
import pytest

from harness.mailsystem import PASSWORD, USER
from harness.mysql import MySQLInRoot
from harness.people import answer, mirrors, wait_live
from harness.places import BACK, CHANGES, CONF, DATABASE, KEY, SCHEMA, UNDO
from harness.process import wait_until
from harness.serving import serving

# Without sequences, a file that the server would have to find in its root, and what GTIDs refuse.
NAMES = [name for name in CHANGES if name not in ("large transaction", "LOAD DATA", "trigger")]


@pytest.fixture(scope="module")
def running(workdir, show_logs):
    mysql = MySQLInRoot(workdir / "mirror", "--log-bin=bin", "--server-id=1", "--gtid-mode=ON",
                        "--enforce-gtid-consistency")
    with serving(show_logs, mysql, mysql.log):
        mysql.sql(SCHEMA + mysql.grant("SELECT", DATABASE, USER, PASSWORD))
        yield mysql


@pytest.fixture
def rows(running):
    yield running
    running.ensure_running()
    running.sql(UNDO.replace("DROP TRIGGER IF EXISTS t;", "DROP TRIGGER IF EXISTS people.t;"), DATABASE)


@pytest.fixture
def started(rows, vmapd):
    def start():
        daemon = vmapd(lambda directory: CONF.replace("DIRECTORY", directory).replace(
            "HOSTS", f"127.0.0.1:{rows.port}"))
        wait_live(daemon)
        return daemon
    return start


@pytest.mark.parametrize("name", NAMES)
def test_a_change_is_seen(rows, started, name):
    before, change, table, expected = CHANGES[name]
    if before:
        rows.sql(before, DATABASE)
    daemon = started()
    assert answer(daemon, KEY, table) != expected
    try:
        rows.sql(change, DATABASE)
        wait_until(lambda: answer(daemon, KEY, table) == expected, f"{KEY} gets {expected}")
        assert mirrors(daemon)[table]["differences"] == 0
    finally:
        if name in BACK:
            rows.sql(BACK[name], DATABASE)


def test_nothing_is_read_while_nothing_changes(rows, started):
    daemon = started()
    before, looks = mirrors(daemon), rows.status("Com_select")
    wait_until(lambda: rows.status("Com_select") >= looks + 10, "it was looked at")
    after = mirrors(daemon)
    assert {name: mirror["reads"] for name, mirror in after.items()} == {
        name: mirror["reads"] for name, mirror in before.items()}
    assert {mirror["state"] for mirror in after.values()} == {"live"}


def test_killed_and_started_again(rows, started):
    daemon = started()
    rows.kill()
    assert answer(daemon, "joe@m.example", "nicks") == "OK joe@x.example"
    rows.ensure_running()
    rows.sql("INSERT INTO nicks VALUES ('c@m.example', 'c@x.example', 'm.example')", DATABASE)
    wait_until(lambda: answer(daemon, "c@m.example", "nicks") == "OK c@x.example", "what is new is seen", 20)
    wait_live(daemon)

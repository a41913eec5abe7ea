"""The stream from a MySQL server, which says what it has executed as a set of GTIDs."""
import threading
import time

import pytest

from harness.mailsystem import PASSWORD, USER
from harness.mysql import MySQLInRoot
from harness.people import mirrors
from harness.process import wait_until
from harness.serving import serving
from harness.stream import DATABASE, SCHEMA, STREAM, UNDO, conf, follower, queries, wait_live

ACCOUNTS = f"""
CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'; GRANT SELECT ON people.* TO '{USER}'@'127.0.0.1';
CREATE USER '{STREAM}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';
GRANT REPLICATION SLAVE ON *.* TO '{STREAM}'@'127.0.0.1';
"""
INSERT = "INSERT INTO people VALUES ('a@s.example', 's.example')"
CHANGES = {
    "insert": ("", INSERT, "people", "OK"),
    "delete": (INSERT, "DELETE FROM people WHERE email = 'a@s.example'", "people", "NOTFOUND"),
    "cascade": ("INSERT INTO domains VALUES ('gone.example'); "
                "INSERT INTO people VALUES ('a@s.example', 'gone.example')",
                "DELETE FROM domains WHERE name = 'gone.example'", "people", "NOTFOUND"),
    "truncate": ("INSERT INTO nicks VALUES ('a@s.example', 'b@s.example')", "TRUNCATE nicks", "nicks", "NOTFOUND"),
    "rename": ("CREATE TABLE aside LIKE nicks; INSERT INTO aside VALUES ('a@s.example', 'b@s.example')",
               "RENAME TABLE nicks TO before_it, aside TO nicks", "nicks", "OK"),
    "statement format": ("", "SET SESSION binlog_format = STATEMENT; " + INSERT, "people", "OK"),
    "XA": ("", f"XA START 'x'; {INSERT}; XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x'", "people", "OK"),
    "compressed": ("", "SET binlog_transaction_compression = ON; " + INSERT, "people", "OK"),
    "tagged": ("", "SET gtid_next = 'AUTOMATIC:tag'; " + INSERT, "people", "OK"),
    "with gaps": ("", "SET gtid_next = '11111111-2222-3333-4444-555555555555:7'; " + INSERT, "people", "OK"),
    "of another checksum": ("", "SET GLOBAL binlog_checksum = NONE; " + INSERT, "people", "OK"),
}


@pytest.fixture(scope="module")
def server(workdir, show_logs):
    mysql = MySQLInRoot(workdir / "stream", "--log-bin=log", "--server-id=1", "--gtid-mode=ON",
                        "--enforce-gtid-consistency")
    with serving(show_logs, mysql, mysql.log):
        mysql.sql("\n".join(line for line in SCHEMA.splitlines() if not line.startswith("GRANT")) + ACCOUNTS)
        yield mysql


@pytest.fixture
def daemon(server, vmapd):
    server.sql(UNDO.replace("DROP TRIGGER IF EXISTS t;", ""), DATABASE)
    daemon = vmapd(conf(server.port))
    wait_live(daemon)
    return daemon


def test_unknown_recipients_cost_no_query(daemon):
    before = queries(daemon)
    with daemon.client() as client:
        replies = client.ask_all("people", [f"nobody{i}@s.example" for i in range(2000)])
    assert {reply.status for reply in replies} == {"NOTFOUND"}
    assert queries(daemon) - before <= 10


@pytest.mark.parametrize("name", CHANGES)
def test_an_answer_after_the_commit_is_right(server, daemon, name):
    before, change, table, expected = CHANGES[name]
    if before:
        server.sql(before, DATABASE)
        wait_live(daemon)
    daemon.ask(table, "a@s.example")
    server.sql(change, DATABASE)
    assert wait_until(lambda: daemon.ask(table, "a@s.example").status == expected, "the new answer", 2)
    wait_live(daemon)
    assert daemon.ask(table, "a@s.example").status == expected
    assert mirrors(daemon)[table]["differences"] == 0


def test_its_end_is_noticed_and_mended(server, daemon):
    for number in follower(server):
        server.sql(f"KILL {number}")
    wait_until(lambda: any(mirror["stream"]["restarts"] for mirror in mirrors(daemon).values()), "it ended")
    server.sql(INSERT, DATABASE)
    wait_live(daemon)
    assert daemon.ask("people", "a@s.example").status == "OK"
    server.stop()
    server.start()
    server.sql("DELETE FROM people WHERE email = 'a@s.example'", DATABASE)
    wait_live(daemon, 30)
    assert daemon.ask("people", "a@s.example").status == "NOTFOUND"


def test_a_log_that_begins_anew(server, daemon):
    """Its GTIDs come a second time; what was told of them is of no use."""
    server.sql("RESET BINARY LOGS AND GTIDS; " + INSERT, DATABASE)
    wait_until(lambda: daemon.ask("people", "a@s.example").status == "OK", "it is seen")
    wait_live(daemon)
    assert daemon.ask("people", "a@s.example").status == "OK"


def test_many_writers(server, daemon):
    """Commits that need not become visible in the order of the log: no answer stays wrong."""
    server.sql("SET GLOBAL binlog_order_commits = OFF")
    stop = threading.Event()

    def write(number):
        session = server.session(DATABASE)
        while not stop.is_set():
            session.run(f"INSERT INTO people VALUES ('w{number}@s.example', 's.example')")
            session.run(f"DELETE FROM people WHERE email = 'w{number}@s.example'")
        session.close()
    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    try:
        end = time.monotonic() + 5
        checked = 0
        while time.monotonic() < end:
            name = f"c{checked}@s.example"
            server.sql(f"INSERT INTO people VALUES ('{name}', 's.example')", DATABASE)
            wait_until(lambda: daemon.ask("people", name).status == "OK", "a row is found", 2)  # pylint: disable=cell-var-from-loop
            checked += 1
    finally:
        stop.set()
        for writer in writers:
            writer.join()
        server.sql("SET GLOBAL binlog_order_commits = ON")
    wait_live(daemon)
    for number in range(4):
        assert daemon.ask("people", f"w{number}@s.example").status == "NOTFOUND"
    assert checked > 10
    assert all(mirror["differences"] == 0 for mirror in mirrors(daemon).values())

"""The stream: vmapd follows the server's binary log, knows of a change at once, and tells "not found" without
a query. Whatever ends it, answers stay right."""
import time

import pytest

from harness.mailsystem import PASSWORD
from harness.mariadb import MariaDB
from harness.process import wait_until
from harness.stream import (CONF, DATABASE, OPTIONS, SCHEMA, STREAM, UNDO, conf, follower, mirrors, queries,
                            wait_live)

@pytest.fixture(scope="module")
def logging(workdir, show_logs):
    server = MariaDB(workdir / "stream", *OPTIONS)
    show_logs.append(server.log)
    try:
        server.start()
        server.sql(SCHEMA)
        yield server
    finally:
        server.stop()
        show_logs.remove(server.log)


@pytest.fixture
def streaming(logging, vmapd):
    """streaming(conf) starts a daemon; it waits for its streams unless they are not to come."""
    def start(text=CONF, port=None, live=True):
        logging.ensure_running()
        daemon = vmapd(conf(port or logging.port, text))
        if live:
            wait_live(daemon)
        return daemon
    return start


def test_unknown_recipients_cost_no_query(logging, streaming):
    daemon = streaming()
    before = queries(daemon)
    with daemon.client() as client:
        replies = client.ask_all("people", [f"nobody{i}@s.example" for i in range(2000)])
    assert {reply.status for reply in replies} == {"NOTFOUND"}
    assert queries(daemon) - before <= 10


def ask(daemon, key, table="people"):
    reply = daemon.ask(table, key)
    return f"{reply.status} {reply.text}".strip()


def add(server, name):
    server.sql(f"INSERT INTO people VALUES ('{name}@s.example', 's.example')", DATABASE)


CHANGES = {
    "insert": ("", "INSERT INTO people VALUES ('a@s.example', 's.example')", "people", "OK 1"),
    "delete": ("INSERT INTO people VALUES ('a@s.example', 's.example')",
               "DELETE FROM people WHERE email = 'a@s.example'", "people", "NOTFOUND"),
    "update": ("INSERT INTO nicks VALUES ('a@s.example', 'old@x.example')",
               "UPDATE nicks SET destination = 'new@x.example' WHERE source = 'a@s.example'", "nicks",
               "OK new@x.example"),
    "cascade": ("INSERT INTO domains VALUES ('gone.example'); "
                "INSERT INTO people VALUES ('a@s.example', 'gone.example')",
                "DELETE FROM domains WHERE name = 'gone.example'", "people", "NOTFOUND"),
    "trigger": ("CREATE TRIGGER t AFTER INSERT ON others FOR EACH ROW "
                "INSERT INTO nicks VALUES ('a@s.example', 'by@x.example')",
                "INSERT INTO others VALUES (NULL)", "nicks", "OK by@x.example"),
    "truncate": ("INSERT INTO nicks VALUES ('a@s.example', 'old@x.example')", "TRUNCATE nicks", "nicks", "NOTFOUND"),
    "rename": ("CREATE TABLE aside LIKE nicks; INSERT INTO aside VALUES ('a@s.example', 'new@x.example')",
               "RENAME TABLE nicks TO before_it, aside TO nicks", "nicks", "OK new@x.example"),
    "alter": ("INSERT INTO nicks VALUES ('a@s.example', 'x@x.example')",
              "ALTER TABLE nicks CHANGE destination destination VARCHAR(1000) NOT NULL DEFAULT ''", "nicks",
              "OK x@x.example"),
    "statement format": ("", "SET SESSION binlog_format = STATEMENT; "
                         "INSERT INTO people VALUES ('a@s.example', 's.example')", "people", "OK 1"),
    "another database": ("", "USE mysql; INSERT INTO people.people VALUES ('a@s.example', 's.example')", "people",
                         "OK 1"),
    "XA": ("", "XA START 'x'; INSERT INTO people VALUES ('a@s.example', 's.example'); XA END 'x'; "
           "XA PREPARE 'x'; XA COMMIT 'x'", "people", "OK 1"),
    "a large transaction": ("", "BEGIN; INSERT INTO others SELECT NULL FROM seq_1_to_100000; "
                            "INSERT INTO people VALUES ('a@s.example', 's.example'); COMMIT", "people", "OK 1"),
}
@pytest.fixture
def tables(logging):
    logging.ensure_running()
    yield logging
    logging.ensure_running()
    logging.sql(UNDO, DATABASE)


@pytest.mark.parametrize("name", CHANGES)
def test_an_answer_after_the_commit_is_right(tables, streaming, name):
    before, change, table, expected = CHANGES[name]
    if before:
        tables.sql(before, DATABASE)
    daemon = streaming(CONF.replace("[cache]", "[cache]\nttl = 1h\nnegative_ttl = 1h"))
    ask(daemon, "a@s.example", table)
    tables.sql(change, DATABASE)
    time.sleep(0.1)  # the promise is about a tenth of a second
    assert ask(daemon, "a@s.example", table) == expected
    wait_live(daemon)
    before = queries(daemon)
    assert ask(daemon, "a@s.example", table) == expected
    assert queries(daemon) == before
    assert mirrors(daemon)[table]["stream"]["disagreements"] == 0


def test_only_the_tables_concerned_are_read(tables, streaming):
    daemon = streaming()
    before = mirrors(daemon)
    add(tables, "b")
    wait_until(lambda: mirrors(daemon)["people"]["changes"] == 1, "the row is there")
    tables.sql("INSERT INTO others VALUES (NULL)", DATABASE)
    time.sleep(2.5)  # two looks, at least
    after = mirrors(daemon)
    assert after["nicks"]["reads"] == before["nicks"]["reads"]
    assert after["people"]["reads"] == before["people"]["reads"] + 1
    assert all(mirror["state"] == "live" and mirror["stream"]["state"] == "live" for mirror in after.values())


def test_without_the_right(tables, streaming):
    """One line, and what a mirror does without a stream; given the right, the stream comes."""
    tables.sql("CREATE USER IF NOT EXISTS 'weak'@'127.0.0.1' IDENTIFIED BY 'pass'")
    daemon = streaming(CONF.replace(f"_user = {STREAM}", "_user = weak").replace(
        f"_password = {PASSWORD}", "_password = pass"), live=False)
    wait_until(lambda: mirrors(daemon)["people"]["state"] == "live", "the mirror is live without")
    wait_until(lambda: "REPLICATION SLAVE" in mirrors(daemon)["people"]["stream"]["reason"], "it says what is missing")
    assert daemon.log_text().count("lacks the right REPLICATION SLAVE") == 1
    add(tables, "c")
    wait_until(lambda: ask(daemon, "c@s.example") == "OK 1", "the change is seen")
    tables.sql("GRANT REPLICATION SLAVE ON *.* TO 'weak'@'127.0.0.1'")
    wait_until(lambda: mirrors(daemon)["people"]["stream"]["state"] == "live", "the stream", 20)
    tables.sql("DROP USER 'weak'@'127.0.0.1'")


def test_its_connection_killed(tables, streaming):
    daemon = streaming()
    for number in range(5):
        wait_until(lambda: len(follower(tables)) == 1, "it follows")
        tables.sql(f"KILL {follower(tables)[0]}")
        add(tables, f"k{number}")
        wait_live(daemon)
        assert ask(daemon, f"k{number}@s.example") == "OK 1"
    assert mirrors(daemon)["people"]["stream"]["restarts"] == 5


def test_the_log_goes_on_in_another_file(tables, streaming):
    daemon = streaming()
    for number in range(5):
        tables.sql("FLUSH BINARY LOGS")
        add(tables, f"f{number}")
        time.sleep(0.1)
        assert ask(daemon, f"f{number}@s.example") == "OK 1"
    tables.sql("PURGE BINARY LOGS BEFORE NOW()")
    time.sleep(1)
    assert mirrors(daemon)["people"]["stream"]["restarts"] == 0


def test_server_stopped_and_started(tables, streaming):
    daemon = streaming()
    tables.stop()
    wait_until(lambda: mirrors(daemon)["people"]["stream"]["state"] != "live", "the stream has ended")
    assert ask(daemon, "joe@s.example") == "OK 1"
    tables.start()
    add(tables, "again")
    wait_live(daemon)
    assert ask(daemon, "again@s.example") == "OK 1"
    assert ask(daemon, "nobody@s.example") == "NOTFOUND"

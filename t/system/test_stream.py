"""The stream: vmapd follows the server's binary log, knows of a change at once, and tells "not found" without
a query. Whatever ends it, answers stay right."""
import os
import shutil
import subprocess
import time

import pytest

from harness import memory
from harness.mailsystem import PASSWORD
from harness.mariadb import MariaDB
from harness.people import mirrors
from harness.process import wait_until
from harness.proxy import Fault, Proxy
from harness.serving import serving
from harness.stream import CONF, DATABASE, OPTIONS, SCHEMA, STREAM, UNDO, conf, follower, queries, wait_live
from harness.vmapd import vmapctl

@pytest.fixture(scope="module")
def certificate(workdir):
    path = f"{workdir}/stream-tls.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=stream", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", f"{path}.key", "-out", path], check=True, capture_output=True)
    shutil.chown(f"{path}.key", "mysql")
    return path


@pytest.fixture(scope="module")
def logging(workdir, show_logs, certificate):
    server = MariaDB(workdir / "stream", *OPTIONS, f"--ssl-cert={certificate}", f"--ssl-key={certificate}.key")
    with serving(show_logs, server, server.log):
        server.sql(SCHEMA)
        yield server


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


def wait_for(daemon, key, expected="OK 1", table="people"):
    wait_until(lambda: ask(daemon, key, table) == expected, f"{key} gets {expected}", 5)


def wait_for_events(daemon, count):
    """So many more; one a second comes by itself."""
    def events():
        return mirrors(daemon)["people"]["stream"]["events"]
    before = events()
    wait_until(lambda: events() >= before + count, f"{count} events")


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


@pytest.mark.alone
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
    wait_for_events(daemon, 4)  # some seconds, in each of which it looks
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
        wait_for(daemon, f"f{number}@s.example")
    tables.sql("PURGE BINARY LOGS BEFORE NOW()")
    wait_for_events(daemon, 2)
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


def with_tls(certificate):
    return CONF.replace("[database]", f"[database]\ntls_CAfile = {certificate}\ntls_verify_cert = yes")


def threads(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/task"))


def test_with_tls(tables, streaming, certificate):
    """A thread reads it, which goes with the connection."""
    daemon = streaming(with_tls(certificate))
    tables.sql(f"ALTER USER '{STREAM}'@'127.0.0.1' REQUIRE SSL")
    try:
        wait_live(daemon)
        assert threads(daemon) == 2
        for number in range(5):
            tables.sql(f"KILL {follower(tables)[0]}")
            wait_until(lambda: len(follower(tables)) == 1, "it follows")
            wait_live(daemon)
            add(tables, f"t{number}")
            wait_for(daemon, f"t{number}@s.example")
        tables.sql("BEGIN; INSERT INTO others SELECT NULL FROM seq_1_to_100000; COMMIT", DATABASE)
        add(tables, "last")
        wait_for(daemon, "last@s.example")
        wait_live(daemon)
        assert threads(daemon) == 2
        wait_for_events(daemon, 5)  # longer than anything waits for
        assert mirrors(daemon)["people"]["stream"]["restarts"] == 5
    finally:
        tables.sql(f"ALTER USER '{STREAM}'@'127.0.0.1' REQUIRE NONE")
    daemon.stop()


def test_without_the_right_with_tls(tables, streaming, certificate):
    daemon = streaming(with_tls(certificate).replace(f"mirror_stream_user = {STREAM}", "#"), live=False)
    wait_until(lambda: "REPLICATION SLAVE" in mirrors(daemon)["people"]["stream"]["reason"], "it says what is missing")
    assert threads(daemon) == 1


def test_over_a_unix_socket(tables, streaming):
    tables.sql(f"CREATE USER IF NOT EXISTS '{STREAM}'@'localhost' IDENTIFIED BY '{PASSWORD}';"
               f"GRANT REPLICATION SLAVE ON *.* TO '{STREAM}'@'localhost';"
               f"CREATE USER IF NOT EXISTS 'mailuser'@'localhost' IDENTIFIED BY '{PASSWORD}';"
               "GRANT SELECT ON people.* TO 'mailuser'@'localhost'")
    daemon = streaming(CONF.replace("127.0.0.1:PORT", f"unix:{tables.socket}"))
    add(tables, "u")
    wait_for(daemon, "u@s.example")


def test_an_event_larger_than_is_held(tables, streaming):
    """A row of 40 MB, as of those who keep mail in the database; nothing of it is kept, nothing is missed."""
    tables.sql("CREATE TABLE IF NOT EXISTS mails (body LONGBLOB); SET GLOBAL max_allowed_packet = 1024 * 1024 * 1024",
               DATABASE)
    daemon = streaming()
    before = memory.peak(daemon.process)
    tables.sql("SET GLOBAL max_allowed_packet = 1024 * 1024 * 1024;")
    tables.sql("INSERT INTO mails VALUES (REPEAT('x', 40000000)); "
               "INSERT INTO people VALUES ('l@s.example', 's.example')", DATABASE)
    wait_for(daemon, "l@s.example")
    wait_live(daemon)
    assert memory.IS_SANITIZED or memory.peak(daemon.process) - before < 4000000
    assert daemon.stats()["loop_stall_max_us"] < 50000


REFUSALS = {
    "statements": ("SET GLOBAL binlog_format = STATEMENT", "SET GLOBAL binlog_format = ROW", "binlog_format"),
    "not logging what it replicates": ("SET GLOBAL gtid_slave_pos = '9-9-9'", "SET GLOBAL gtid_slave_pos = ''",
                                       "log_slave_updates"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_log_that_does_not_tell_all(tables, streaming, name):
    change, undo, reason = REFUSALS[name]
    tables.sql(change)
    try:
        daemon = streaming(live=False)
        wait_until(lambda: reason in mirrors(daemon)["people"]["stream"]["reason"], "it says why")
        wait_until(lambda: mirrors(daemon)["people"]["state"] == "live", "the mirror is live without")
        assert ask(daemon, "nobody@s.example") == "NOTFOUND"
        assert queries(daemon) >= 1
        assert daemon.log_text().count("no stream of changes") == 1
    finally:
        tables.sql(undo)
    wait_until(lambda: mirrors(daemon)["people"]["stream"]["state"] == "live", "the stream", 20)


def test_a_server_without_a_log(mariadb, vmapd):
    daemon = vmapd(database="mirror_stream = yes", cache="mirror = yes")
    wait_until(lambda: "log_bin" in mirrors(daemon)["mailboxes"]["stream"]["reason"], "it says why")
    wait_until(lambda: mirrors(daemon)["mailboxes"]["state"] == "live", "the mirror is live without")
    assert mariadb.status("Com_select") > 0


def check(port, directory, text=CONF):
    path = directory / "vmapd.conf"
    path.write_text(conf(port, text)(str(directory)), encoding="utf-8")
    path.chmod(0o640)
    lines = vmapctl("check", "-c", str(path), "-p", "/nonexistent").stdout.splitlines()
    assert PASSWORD not in "".join(lines)
    return [line for line in lines if "its log" in line or "the log of" in line or "all changes" in line]


def test_check_says_what_is_missing(tables, tmp_path):
    port = tables.port
    good = check(port, tmp_path)
    assert good[0] == f"ok: host 127.0.0.1:{port}: '{STREAM}'@'127.0.0.1' can follow its log"
    assert "keep its password safe" in good[1] and len(good) == 2
    weak, = check(port, tmp_path, CONF.replace(f"mirror_stream_user = {STREAM}", "#"))
    assert weak.startswith("problem: ") and "GRANT REPLICATION SLAVE ON *.* TO 'mailuser'@'127.0.0.1' (with it" in weak
    wrong, = check(port, tmp_path, CONF.replace(f"mirror_stream_password = {PASSWORD}", "mirror_stream_password = x"))
    assert "can't be followed: Access denied" in wrong and "mirror_stream_user and its password" in wrong
    tables.sql("SET GLOBAL binlog_format = MIXED; GRANT ALL ON *.* TO 'all'@'127.0.0.1' IDENTIFIED BY 'pass'")
    try:
        mixed = check(port, tmp_path, CONF.replace(f"_user = {STREAM}", "_user = all").replace(
            f"_password = {PASSWORD}", "_password = pass"))
        assert "binlog_format is not ROW; set binlog_format = ROW" in mixed[0] and mixed[1].startswith("note: ")
    finally:
        tables.sql("SET GLOBAL binlog_format = ROW; DROP USER 'all'@'127.0.0.1'")


def test_explain_says_how_it_is_known(tables, streaming):
    daemon = streaming()
    told = daemon.ctl("explain", "people", "nobody@s.example").stdout
    assert "mirror: not found, live by the stream of changes" in told


def test_it_goes_on_when_the_readers_connection_is_renewed(tables, streaming):
    """Each second here. The name of the host may mean another server then; that it does not is proved."""
    daemon = streaming(CONF.replace("[database]", "[database]\nmax_connection_age = 1s"))
    number = follower(tables)
    logins = tables.status("Connections")
    with daemon.client() as client:
        def ask_some():
            assert {reply.status for reply in client.ask_all("people", [f"no{i}@s.example" for i in range(100)])} \
                == {"NOTFOUND"}
            return tables.status("Connections") > logins + 12  # most of them are of this test
        wait_until(ask_some, "the reader has come again")
    assert follower(tables) == number
    assert mirrors(daemon)["people"]["stream"]["restarts"] == 0
    assert queries(daemon) <= 10
    add(tables, "later")
    wait_for(daemon, "later@s.example")


def test_behind_a_proxy_that_gives_connections_its_own_numbers(tables, streaming):
    """It may ask several servers, so no version of theirs is of use, nor is a log; the rows are read anew."""
    between = Proxy(tables.port)
    between.fault = Fault.OTHER
    try:
        daemon = streaming(port=between.port, live=False)
        wait_until(lambda: "a proxy in between" in mirrors(daemon)["people"]["stream"]["reason"], "it says why")
        wait_until(lambda: mirrors(daemon)["people"]["reads"] > 2, "the table is read again and again")
        add(tables, "p")
        wait_until(lambda: ask(daemon, "p@s.example") == "OK 1", "the change is seen", 5)
        assert ask(daemon, "nobody@s.example") == "NOTFOUND"
        daemon.stop()
    finally:
        between.close()


def test_other_hosts_at_a_reload(tables, streaming, workdir):
    """What the stream of one server has told says nothing of the rows of another."""
    other = MariaDB(workdir / "stream-other", *OPTIONS)
    try:
        other.start()
        other.sql(SCHEMA)
        other.sql("DELETE FROM people; INSERT INTO people VALUES ('jim@s.example', 's.example')", DATABASE)
        daemon = streaming()
        assert [ask(daemon, key) for key in ("joe@s.example", "jim@s.example")] == ["OK 1", "NOTFOUND"]
        tables.sql("INSERT INTO nicks VALUES ('x@s.example', 'y@s.example')", DATABASE)
        daemon.write_config(conf(other.port)(daemon.directory))
        daemon.reload()
        assert [ask(daemon, key) for key in ("joe@s.example", "jim@s.example")] == ["NOTFOUND", "OK 1"]
        wait_live(daemon)
        assert [ask(daemon, key) for key in ("joe@s.example", "jim@s.example")] == ["NOTFOUND", "OK 1"]
        assert mirrors(daemon)["people"]["stream"]["disagreements"] == 0
    finally:
        other.stop()

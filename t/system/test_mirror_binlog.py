"""A server with a binary log: its position tells that nothing has changed, and what it does not tell is
found all the same. Connections that are killed while a table is read never cost a row."""
import re
import threading

import pytest

from harness.mailsystem import PASSWORD, USER
from harness.mariadb import MariaDB
from harness.people import mirrors, wait_confirmed
from harness.process import wait_until
from harness.serving import serving

SCHEMA = f"""
CREATE DATABASE people; USE people;
CREATE TABLE people (email VARCHAR(100) PRIMARY KEY) ENGINE = InnoDB;
CREATE TABLE old (email VARCHAR(100) PRIMARY KEY) ENGINE = MyISAM;
INSERT INTO people SELECT CONCAT('p', seq, '@mirror.example') FROM seq_1_to_20000;
INSERT INTO old VALUES ('joe@mirror.example');
GRANT SELECT ON people.* TO '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';
"""
CONF = f"""
[server]
listen = unix:DIRECTORY/vmap
control = unix:DIRECTORY/control
[database]
hosts = 127.0.0.1:PORT
user = {USER}
password = {PASSWORD}
dbname = people
[cache]
mirror = yes
mirror_interval = 200ms
CACHE
[map people]
query = SELECT 1 FROM people WHERE email='%s'
[map old]
query = SELECT 1 FROM old WHERE email='%s'
"""


@pytest.fixture(scope="module")
def logging(workdir, show_logs):
    server = MariaDB(workdir / "binlog", "--log-bin", "--server-id=1")
    with serving(show_logs, server, server.log):
        server.sql(SCHEMA)
        yield server


@pytest.fixture
def mirrored(logging, vmapd):
    """mirrored(cache="...") starts a daemon and waits for its mirrors."""
    def start(cache=""):
        daemon = vmapd(lambda directory: CONF.replace("DIRECTORY", directory).replace(
            "PORT", str(logging.port)).replace("CACHE", cache))
        wait_until(lambda: all(mirror["state"] == "live" for mirror in mirrors(daemon).values()),
                   "all mirrors are live")
        return daemon
    return start


def test_nothing_is_read_while_nothing_changes(logging, mirrored):
    daemon = mirrored()
    wait_confirmed(daemon, "people", 2)
    before = mirrors(daemon)["people"]
    wait_confirmed(daemon, "people", 5)
    after = mirrors(daemon)["people"]
    assert (after["state"], after["reads"]) == ("live", before["reads"])
    logging.sql("INSERT INTO people.people VALUES ('new@mirror.example')")
    wait_until(lambda: mirrors(daemon)["people"]["changes"] == 1, "the change is seen")
    assert daemon.ask("people", "new@mirror.example").status == "OK"
    logging.sql("DELETE FROM people.people WHERE email = 'new@mirror.example'")
    wait_until(lambda: daemon.ask("people", "new@mirror.example").status == "NOTFOUND", "that, too")
    assert mirrors(daemon)["people"]["differences"] == 0


def test_what_the_log_does_not_tell_is_found_by_reading_again(logging, mirrored):
    daemon = mirrored("ttl = 2s")
    logging.sql("SET sql_log_bin = 0; INSERT INTO people.old VALUES ('hidden@mirror.example')")
    wait_until(lambda: mirrors(daemon)["old"]["rows"] == 2, "the row is found")
    wait_until(lambda: mirrors(daemon)["old"]["differences"] >= 1, "and that nothing told of it")
    assert "rows have changed though the server said that nothing had" in daemon.log_text()
    logging.sql("DELETE FROM people.old WHERE email = 'hidden@mirror.example'")


def test_killed_in_the_middle_no_row_is_lost(logging, mirrored):
    daemon = mirrored()
    stop = threading.Event()

    def disturb():
        session, number = logging.session("people"), 0
        while not stop.is_set():
            number += 1
            session.run(f"REPLACE INTO people VALUES ('x{number % 7}@mirror.example')")
            session.run(f"DELETE FROM people WHERE email = 'x{(number + 3) % 7}@mirror.example'")
            for row in logging.sql("SELECT id, info FROM information_schema.processlist "
                                   f"WHERE user = '{USER}' AND info LIKE 'SELECT email%LIMIT%'"):
                try:
                    logging.sql(f"KILL {'QUERY ' if number % 2 else ''}{row[0]}")
                except RuntimeError as error:  # it has ended meanwhile
                    assert "Unknown thread id" in str(error)
        session.close()

    before = mirrors(daemon)["people"]["reads"]
    thread = threading.Thread(target=disturb)
    thread.start()
    keys = [f"p{i}@mirror.example" for i in range(1, 20001, 7)]
    try:
        with daemon.client() as client:
            for _ in range(15):
                assert {reply.status for reply in client.ask_all("people", keys)} == {"OK"}
    finally:
        stop.set()
        thread.join()
    wait_until(lambda: mirrors(daemon)["people"]["reads"] > before, "it was read")
    rows = int(logging.sql("SELECT COUNT(*) FROM people.people")[0][0])
    wait_until(lambda: mirrors(daemon)["people"]["rows"] == rows, "all rows are there")
    assert not re.search("given up", daemon.log_text())

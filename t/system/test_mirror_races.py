"""No answer of a mirror stays wrong. A round: several writers change rows at the same time and at any moment of
looking and reading, readers ask; then nobody writes any more, and all answers have to become what is in the table.
What was wrong then and is never looked at again would stay wrong. A few rounds with every check, thousands with
make check-mirror.
"""
import os
import random
import threading
import time

import pytest

from harness.people import answer, answers, mirrors, wait_live
from harness.places import CONF, DATABASE, KINDS, Place
from harness.process import wait_until
from harness.serving import serving

ROUNDS = int(os.environ.get("VMAPD_TEST_ROUNDS", "10"))
SEED = int(os.environ.get("VMAPD_SEED", str(random.randrange(1 << 30))))
WRITERS = 3
NAMES = 12
BALLAST = 2000


@pytest.fixture(scope="module", params=KINDS)
def place(workdir, show_logs, request):
    one = Place(workdir / f"races-{request.param.replace(' ', '-')}", request.param)
    with serving(show_logs, one, *(server.log for server in one.servers)):
        one.sql(f"INSERT INTO nicks SELECT CONCAT('x', seq, '@m.example'), 'x@x.example', 'm.example' "
                f"FROM seq_1_to_{BALLAST}")
        one.catch_up()
        yield one


@pytest.fixture
def daemon(place, vmapd):
    started = vmapd(place.conf(CONF.replace("200ms", "100ms")))
    wait_live(started)
    return started


class Writer:
    """Changes its own keys in each way there is; one session."""

    def __init__(self, place, number):
        self.random = random.Random(SEED + number)
        self.domain = f"w{number}.example"
        self.keys = [f"n{i}@{self.domain}" for i in range(NAMES)]
        self.number = number
        self.session = place.writes.session(DATABASE)
        self.session.run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        self.session.run(f"INSERT IGNORE INTO domains VALUES ('{self.domain}')")

    def write(self, table, key):
        value = f"'{key}', 'd{self.random.randrange(100)}@x.example'" + (
            f", '{self.domain}'" if table == "nicks" else "")
        if self.random.random() < 0.4:
            return f"DELETE FROM {table} WHERE source = '{key}'"
        return f"REPLACE INTO {table} VALUES ({value})"

    def one_row(self):
        self.session.run(self.write(self.random.choice(["nicks", "old"]), self.random.choice(self.keys)))

    def transaction(self):
        self.session.run("BEGIN")
        for key in self.random.sample(self.keys, 4):
            self.session.run(self.write("nicks", key))
        self.session.run(self.random.choice(["COMMIT", "COMMIT", "ROLLBACK"]))

    def cascade(self):
        self.session.run(f"DELETE FROM domains WHERE name = '{self.domain}'")
        self.session.run(f"INSERT INTO domains VALUES ('{self.domain}')")

    def prepared(self):
        name = f"'w{self.number}'"
        for statement in ("XA START " + name, self.write("nicks", self.random.choice(self.keys)), "XA END " + name,
                          "XA PREPARE " + name, "XA COMMIT " + name):
            self.session.run(statement)

    def swap(self):
        """Another table in its place; only one writer does that."""
        self.session.run("DROP TABLE IF EXISTS aside, before_it")
        self.session.run("CREATE TABLE aside LIKE old")
        if self.random.random() < 0.5:
            self.session.run(f"INSERT INTO aside VALUES ('{self.keys[0]}', 'swapped@x.example')")
        self.session.run("RENAME TABLE old TO before_it, aside TO old")

    def definition(self):
        self.session.run("ALTER TABLE nicks FORCE")

    def change(self):
        """At any moment of the interval."""
        time.sleep(self.random.random() * 0.15)
        rare = [self.swap, lambda: self.session.run("TRUNCATE old"), self.definition] if self.number == 0 else []
        self.random.choice([self.one_row] * 6 + [self.transaction] * 3 + [self.cascade, self.prepared] + rare)()


class Reader(threading.Thread):
    """Asks for anything all the time, so that answers of the database are kept as well."""

    def __init__(self, daemon, keys):
        super().__init__()
        self.daemon, self.keys = daemon, keys
        self.over = threading.Event()
        self.problem, self.asked = None, 0

    def run(self):
        with self.daemon.client() as client:
            while not self.over.is_set() and self.problem is None:
                key, table = random.choice(self.keys), random.choice(["nicks", "old"])
                reply = client.ask(table, key)
                self.asked += 1
                if reply.status not in ("OK", "NOTFOUND"):
                    self.problem = f"{table} {key}: {reply}"
                if client.ask("nicks", "joe@m.example").status != "OK":
                    self.problem = "a row that is always there was not found"


def truth(place, keys):
    """What all keys have to get, table by table."""
    said = {}
    for table in ("nicks", "old"):
        rows = dict(place.sql(f"SELECT source, destination FROM {table}"))
        said[table] = [f"OK {rows[key]}" if key in rows else "NOTFOUND" for key in keys]
    return said


def test_no_answer_stays_wrong(place, daemon, figures):
    print(f"VMAPD_SEED={SEED}")
    writers = [Writer(place, number) for number in range(WRITERS)]
    keys = [key for writer in writers for key in writer.keys] + ["nobody@m.example"]
    reader = Reader(daemon, keys)
    reader.start()
    changes = 0
    try:
        with daemon.client() as client:
            for _ in range(ROUNDS):
                threads = [threading.Thread(target=writer.change) for writer in writers]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                expected = truth(place, keys)
                wait_until(lambda: {table: answers(client, table, keys) for table in expected} == expected,  # pylint: disable=cell-var-from-loop
                           "all answers are right", 30)
                changes += WRITERS
    finally:
        reader.over.set()
        reader.join()
        for writer in writers:
            writer.session.close()
    assert reader.problem is None
    assert sum(mirror["differences"] for mirror in mirrors(daemon).values()) == 0
    figures(f"{ROUNDS} rounds, {changes} changes, {reader.asked} answers beside them, "
            f"{sum(mirror['reads'] for mirror in mirrors(daemon).values())} readings")


def test_what_was_committed_just_now_is_never_refused(place, daemon):
    """At the server itself: a replica has it when it has it."""
    reads = place.reads is place.writes
    session = place.writes.session(DATABASE)
    for i in range(ROUNDS * 4):
        session.run(f"INSERT INTO nicks VALUES ('just{i}@m.example', 'now@x.example', 'm.example')")
        if not reads:
            place.wait_for(f"SELECT COUNT(*) FROM people.nicks WHERE source = 'just{i}@m.example'", "1")
        assert answer(daemon, f"just{i}@m.example", "nicks") == "OK now@x.example"
    session.close()

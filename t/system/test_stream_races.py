"""Never wrong by the stream: several writers who know what they have committed, readers who ask, and a stream
that is killed, stalled and begun anew at random."""
import os
import random
import threading
import time

import pytest

from harness.mariadb import MariaDB
from harness.people import mirrors, wait_confirmed
from harness.process import wait_until
from harness.proxy import Fault, Proxy
from harness.serving import serving
from harness.stream import DATABASE, OPTIONS, SCHEMA, STREAM, conf, kill_follower, wait_live

pytestmark = pytest.mark.alone

# More by hand; and what VMAPD_SEED was is printed.
SECONDS = float(os.environ.get("VMAPD_RACE_SECONDS", "10"))
SEED = int(os.environ.get("VMAPD_SEED", str(random.randrange(1 << 30))))


@pytest.fixture(scope="module")
def logging(workdir, show_logs):
    server = MariaDB(workdir / "races", *OPTIONS)
    with serving(show_logs, server, server.log):
        server.sql(SCHEMA)
        yield server


class Truth:
    """What one writer has committed of its own keys. A key that is being written has an odd version."""

    def __init__(self, keys):
        self.keys = keys
        self.there = dict.fromkeys(keys, False)
        self.version = dict.fromkeys(keys, 0)
        self.since = dict.fromkeys(keys, 0.0)


class Writer(threading.Thread):
    """Inserts, deletes, cascades, and now and then a statement that names no table in the log."""

    def __init__(self, server, number, over, pause_s):
        super().__init__()
        self.random = random.Random(SEED + number)
        self.truth = Truth([f"w{number}-{i}@s.example" for i in range(60)])
        self.session = server.session(DATABASE)
        self.session.run(f"INSERT IGNORE INTO domains VALUES ('w{number}.example')")
        self.number, self.over, self.pause_s = number, over, pause_s
        self.writes = 0

    def change(self, keys, there, statement):
        truth = self.truth
        for key in keys:
            truth.version[key] += 1
        self.session.run(statement)
        now = time.monotonic()
        for key in keys:
            truth.there[key] = there
            truth.since[key] = now
            truth.version[key] += 1
        self.writes += 1

    def step(self):
        key = self.random.choice(self.truth.keys)
        kind = self.random.random()
        if kind < 0.02:
            keys = [key for key in self.truth.keys if self.truth.there[key]]
            self.change(keys, False, f"DELETE FROM domains WHERE name = 'w{self.number}.example'")
            self.session.run(f"INSERT INTO domains VALUES ('w{self.number}.example')")
        elif kind < 0.04:
            self.session.run("INSERT INTO others VALUES (NULL)")
        elif kind < 0.05:
            self.session.run("FLUSH BINARY LOGS")
        elif self.truth.there[key]:
            self.change([key], False, f"DELETE FROM people WHERE email = '{key}'")
        else:
            statement = f"INSERT INTO people VALUES ('{key}', 'w{self.number}.example')"
            if kind < 0.1:
                statement = f"SET STATEMENT binlog_format = STATEMENT FOR {statement}"
            self.change([key], True, statement)

    def run(self):
        while not self.over.is_set():
            self.step()
            time.sleep(self.random.random() * 2 * self.pause_s)
        self.session.close()


class Reader(threading.Thread):
    """Asks for keys that have not changed for some time, and do not while it asks."""

    def __init__(self, daemon, truths, over, tolerance_s):
        super().__init__()
        self.client = daemon.client()
        self.truths, self.over, self.tolerance_s = truths, over, tolerance_s
        self.judged = 0
        self.wrong = []

    def ask(self):
        truth = random.choice(self.truths)
        key = random.choice(truth.keys)
        version = truth.version[key]
        began = time.monotonic()
        expected = "OK" if truth.there[key] else "NOTFOUND"
        quiet = began - truth.since[key]
        status = self.client.ask("people", key).status
        if version % 2 or truth.version[key] != version or quiet < self.tolerance_s:
            return
        self.judged += 1
        if status != expected and status not in ("TEMP", "TIMEOUT"):
            self.wrong.append(f"{key}: {status}, but {expected} for {quiet:.3f} s")

    def run(self):
        while not self.over.is_set():
            self.ask()
        self.client.close()


def race(server, daemon, pause_s, tolerance_s, disturb):
    """Everybody at once for some time; then all keys are asked, when all is quiet."""
    print(f"VMAPD_SEED={SEED}")
    over, writing = threading.Event(), threading.Event()
    writers = [Writer(server, number, writing, pause_s) for number in range(4)]
    truths = [writer.truth for writer in writers]
    readers = [Reader(daemon, truths, over, tolerance_s) for _ in range(2)]
    for thread in writers + readers:
        thread.start()
    try:
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            disturb()
    finally:
        writing.set()
        for writer in writers:
            writer.join()
        wait_confirmed(daemon, "people", 2)  # until a look, a stream that was just killed passes for alive
        wait_live(daemon, 30)
        lasting = [key for truth in truths for key in truth.keys
                   if daemon.ask("people", key).status != ("OK" if truth.there[key] else "NOTFOUND")]
        over.set()
        for reader in readers:
            reader.join()
    wrong = [text for reader in readers for text in reader.wrong]
    assert not lasting
    assert not wrong, f"{len(wrong)}: {wrong[:5]}"
    stream = mirrors(daemon)["people"]["stream"]
    return (f"{sum(writer.writes for writer in writers)} writes, {sum(reader.judged for reader in readers)} answers, "
            f"{stream['restarts']} restarts, {stream['disagreements']} disagreements")


@pytest.fixture
def clean(logging):
    yield logging
    logging.sql("DELETE FROM people WHERE email <> 'joe@s.example'; DELETE FROM domains WHERE name <> 's.example'",
                DATABASE)


def test_writers_and_readers(clean, vmapd, figures):
    """Nobody disturbs the stream: what was committed a tenth of a second ago is told."""
    daemon = vmapd(conf(clean.port))
    wait_live(daemon)
    figures(race(clean, daemon, 0.01, 0.1, lambda: time.sleep(0.1)))


def test_busy_writers_and_readers(clean, vmapd, figures):
    """The same with no pause between their changes, and less demanding."""
    daemon = vmapd(conf(clean.port))
    wait_live(daemon)
    figures(race(clean, daemon, 0, 0.5, lambda: time.sleep(0.1)))


def test_a_stream_that_is_killed(clean, vmapd, figures):
    """Without a stream a change is seen when the version was looked at: within seconds."""
    daemon = vmapd(conf(clean.port))
    wait_live(daemon)
    chance = random.Random(SEED)

    def disturb():
        time.sleep(chance.random() * 3)
        kill_follower(clean)

    figures(race(clean, daemon, 0.02, 3.0, disturb))


def test_a_stream_that_stalls(clean, vmapd, figures):
    """It goes on as if nothing had been, is lost, or is heard of no more."""
    between = Proxy(clean.port)
    between.only = STREAM.encode()
    chance = random.Random(SEED)
    daemon = vmapd(conf(between.port))
    wait_live(daemon)

    def disturb():
        between.fault = chance.choice([Fault.PAUSE, Fault.PAUSE, Fault.SILENCE])
        time.sleep(chance.random() * 4)
        between.fault = Fault.NONE
        time.sleep(chance.random() * 4)

    try:
        figures(race(clean, daemon, 0.02, 5.0, disturb))
    finally:
        between.close()


def committed_and_asked(server, daemon, first, statement, status):
    """500 changes, each its own transaction; a tenth of a second; all are asked for."""
    keys = [f"n{first + i}@s.example" for i in range(500)]
    session = server.session(DATABASE)
    for key in keys:
        session.run(statement.format(key))
    session.close()
    time.sleep(0.1)
    with daemon.client() as client:
        return sum(reply.status == status for reply in client.ask_all("people", keys))


def test_rows_committed_a_tenth_of_a_second_ago(clean, vmapd, figures):
    """10,000 are told as found, and as not found when they were removed. Nobody writes meanwhile."""
    daemon = vmapd(conf(clean.port))
    wait_live(daemon)
    missed = kept = 0
    for first in range(0, 10000, 500):
        keys = [f"n{first + i}@s.example" for i in range(500)]
        with daemon.client() as client:
            client.ask_all("people", keys)  # so that "not found" is known of each
        missed += committed_and_asked(clean, daemon, first,
                                      "INSERT INTO people VALUES ('{}', 's.example')", "NOTFOUND")
        kept += committed_and_asked(clean, daemon, first, "DELETE FROM people WHERE email = '{}'", "OK")
    figures(f"of 10000 committed {missed} told as not found, of 10000 removed {kept} told as found")
    assert (missed, kept) == (0, 0)
    wait_until(lambda: mirrors(daemon)["people"]["stream"]["disagreements"] == 0, "no disagreement", 1)

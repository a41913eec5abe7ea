"""Answers past their time: given while the database does not answer, whatever the reason, and only
then; "not found" never. And how little a database in trouble is asked."""
import time

import pytest

from harness.clients import Clients, Tally, ask_all, ask_and_judge
from harness.process import wait_until
from harness.proxy import Fault
from harness.socketmap import request
from harness.watch import Watch

KEYS = [f"key{n}" for n in range(200)]
PATIENCE_S = 0.3
MAPS = """
[map m]
query = SELECT v FROM stale WHERE k='%s'
"""
CACHE = f"""ttl = 1s
negative_ttl = 1s
stale_ttl = 1h
stale_answer_timeout = {PATIENCE_S * 1000:.0f}ms
"""


@pytest.fixture
def rows(mariadb):
    """The table, with each key its own value."""
    mariadb.sql("CREATE OR REPLACE TABLE stale (k VARCHAR(50) PRIMARY KEY, v VARCHAR(50));"
                "INSERT INTO stale VALUES " + ",".join(f"('{key}','{key}')" for key in KEYS),
                "mailserver")
    yield mariadb
    mariadb.ensure_running()
    mariadb.sql("DROP TABLE IF EXISTS stale, stale_away", "mailserver")


@pytest.fixture
def daemon(vmapd, rows, proxy):
    """Through the proxy; knows all keys, that "absent" is not there, and that both are old."""
    through = f"hosts = 127.0.0.1:{proxy.port}\n"
    text = vmapd.new(maps=MAPS, cache=CACHE, database="query_timeout = 2s",
                     server="lookup_timeout = 1500ms")
    with open(text.conf, encoding="utf-8") as file:
        config = file.read().replace(f"hosts = 127.0.0.1:{rows.port}\n", through)
    assert through in config
    text.write_config(config)
    text.start()
    return text


def learn(daemon):
    """All keys and one that is not there; then wait until both are past their time."""
    assert ask_all(daemon, "m", {**dict.fromkeys(["absent"]), **{key: key for key in KEYS}}).wrong == 0
    time.sleep(1.1)  # the time that has to pass is the point


class Trouble:
    """Ways for a database not to answer. Each method begins one; end() ends whichever it was."""

    def __init__(self, server, proxy):
        self.server, self.proxy = server, proxy
        self._lock = None

    def down(self):
        self.server.kill()

    def hung(self):
        self.server.pause()

    def slow(self):
        self.proxy.delay_s = 60
        self.proxy.fault = Fault.DELAY

    def black_hole(self):
        self.proxy.fault = Fault.SILENCE

    def failing(self):
        self.server.sql("RENAME TABLE stale TO stale_away", "mailserver")

    def locked(self):
        self._lock = self.server.session("mailserver")
        self._lock.run("LOCK TABLES stale WRITE")

    def end(self):
        if self._lock is not None:
            self._lock.close()
        self.proxy.fault = Fault.NONE
        self.server.ensure_running()
        if self.server.sql("SHOW TABLES LIKE 'stale_away'", "mailserver"):
            self.server.sql("RENAME TABLE stale_away TO stale", "mailserver")


@pytest.fixture(params=["down", "hung", "slow", "black_hole", "failing", "locked"])
def trouble(request, rows, proxy):
    """A function that begins it and returns the one that ends it."""
    kind = Trouble(rows, proxy)

    def begin():
        getattr(kind, request.param)()
        return kind.end
    yield begin
    kind.end()


def test_old_values_are_answered(daemon, trouble, rows, figures):
    """Every key that was known gets its value, after at most a moment; then the truth again."""
    learn(daemon)
    end = trouble()
    with Watch(daemon) as watch:
        known = ask_all(daemon, "m", KEYS)
        unknown = Tally()
        with daemon.client() as client:
            for key in ("absent", "never-asked"):
                ask_and_judge(unknown, client, "m", key, {key: None})
    figures(f"known: {known}", f"not known: {unknown}", watch)
    assert (known.right, known.wrong, known.temporary) == (len(KEYS), 0, 0), known.reasons
    assert known.longest < PATIENCE_S + 1
    # "absent" was told before: its time is over, and so it is not told again.
    assert (unknown.right, unknown.wrong, unknown.temporary) == (0, 0, 2)
    assert unknown.longest < 1.5 + 1
    assert all(0 < len(reason) < 200 and "\n" not in reason for reason in unknown.reasons)
    watch.check()
    assert daemon.stats()["cache"]["stale_served"] >= len(KEYS)

    end()
    rows.sql("UPDATE stale SET v = CONCAT('new-', v)", "mailserver")
    wait_until(lambda: daemon.ask("m", "key1") == ("OK", "new-key1"), "the truth is told again", 2)
    wait_until(lambda: daemon.ask("m", "absent").status == "NOTFOUND", "also that of absence", 2)
    assert ask_all(daemon, "m", {key: f"new-{key}" for key in KEYS}).right == len(KEYS)


def test_not_found_ends_the_old_value_at_once(daemon, rows):
    learn(daemon)
    rows.sql("DELETE FROM stale WHERE k = 'key7'", "mailserver")
    assert daemon.ask("m", "key7").status == "NOTFOUND"
    rows.kill()
    assert daemon.ask("m", "key8") == ("OK", "key8")
    with daemon.client() as client:
        wait_until(lambda: client.ask("m", "key7").status != "NOTFOUND", "the negative expires")
        for _ in range(5):
            assert client.ask("m", "key7").status in ("TEMP", "TIMEOUT")


def test_a_strangers_key_makes_nothing_old_count(daemon, rows):
    """Anybody can ask for a character that the column does not have. The statement fails, and is told
    as a temporary failure; for all other keys the database still has the word."""
    rows.sql("ALTER TABLE stale CONVERT TO CHARACTER SET latin1", "mailserver")
    learn(daemon)
    rows.sql("DELETE FROM stale", "mailserver")
    failed = daemon.ask("m", "\U0001f600")
    assert failed.status == "TEMP" and "mix of collations" in failed.text
    assert [daemon.ask("m", key).status for key in KEYS] == ["NOTFOUND"] * len(KEYS)
    assert daemon.stats()["cache"]["stale_served"] == 0


def test_no_value_is_older_than_stale_ttl(vmapd, rows):
    daemon = vmapd(maps=MAPS, cache="ttl = 500ms\nstale_ttl = 1s\n")
    assert daemon.ask("m", "key1") == ("OK", "key1")
    rows.kill()
    answers = []

    def is_over():
        answers.append(daemon.ask("m", "key1"))
        return answers[-1].status != "OK"
    begin = time.monotonic()
    wait_until(is_over, "stale_ttl ends", 5)
    assert time.monotonic() - begin > 1
    assert answers[-1].status == "TEMP"
    assert set(answers[:-1]) == {("OK", "key1")}


def test_refresh_goes_ahead(vmapd, rows, figures):
    """A key that is in use is asked for again before its time is over: nobody ever waits, a change
    is seen, and the database is asked about once in a ttl."""
    daemon = vmapd(maps=MAPS, cache="ttl = 2s")
    assert ask_all(daemon, "m", KEYS[:50]).right == 50
    before = daemon.stats()
    sent = rows.status("Com_select")
    rounds = 3
    with Clients(daemon, "m", KEYS[:50], count=4) as clients:
        time.sleep(2 * rounds)  # a rate in time is what is measured
    stats = daemon.stats()
    sent = rows.status("Com_select") - sent
    figures(clients, f"{sent} queries in {rounds} ttl of 50 keys")
    assert clients.right == clients.total > 0, clients.problems
    assert stats["cache"]["misses"] == before["cache"]["misses"]
    assert 50 * (rounds - 1) <= stats["cache"]["prefetches"] <= 50 * (rounds + 2)
    assert sent <= 50 * (rounds + 2)


def test_refreshes_are_spread(vmapd, rows):
    """Keys learned together are not refreshed together: some go first, others follow."""
    daemon = vmapd(maps=MAPS, cache="ttl = 10s")
    assert ask_all(daemon, "m", KEYS).right == len(KEYS)
    began = time.monotonic()
    with Clients(daemon, "m", KEYS, count=2) as clients:
        wait_until(lambda: daemon.stats()["cache"]["prefetches"] > 0, "the first refresh", 20)
        first = time.monotonic() - began
        wait_until(lambda: daemon.stats()["cache"]["prefetches"] >= len(KEYS) * 0.9,
                   "nearly all refreshes", 20)
        most = time.monotonic() - began
    assert clients.right == clients.total
    assert 8 < first < most
    assert most - first > 0.2  # of the half second that they are spread over


def test_one_query_for_all_under_load(vmapd, rows, figures):
    """Forty clients ask for the same cold keys at the same time: one query for each key."""
    daemon = vmapd(maps=MAPS, cache="ttl = 1h\nnegative_ttl = 1h")
    clients = [daemon.client() for _ in range(40)]
    sent = rows.status("Com_select")
    stream = b"".join(request("m", key) for key in KEYS)
    for client in clients:
        client.send(stream)
    for client in clients:
        assert [client.receive().text for _ in KEYS] == KEYS
        client.close()
    sent = rows.status("Com_select") - sent
    figures(f"{len(KEYS) * 40} lookups, {sent} queries, "
            f"{daemon.stats()['cache']['coalesced']} waited for another's")
    assert sent == len(KEYS)


def test_trouble_is_not_made_worse(daemon, rows, figures):
    """A table that fails, and clients that do not stop asking for what is old: a query a second."""
    learn(daemon)
    rows.sql("RENAME TABLE stale TO stale_away", "mailserver")
    before = rows.status("Com_select")
    began = time.monotonic()
    with Clients(daemon, "m", KEYS) as clients:
        clients.wait_for_more(10000)
        time.sleep(max(0, 3 - (time.monotonic() - began)))  # a rate in time is what is measured
    seconds = time.monotonic() - began
    asked = rows.status("Com_select") - before
    figures(clients, f"{asked} queries in {seconds:.1f} s")
    assert clients.right == clients.total, clients.reasons
    # The first of each client may be under way before the first failure is known.
    assert asked <= 8 + seconds + 1

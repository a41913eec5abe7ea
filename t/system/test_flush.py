"""After a flush nobody is told what the database said before it, whatever is in flight meanwhile."""
import random

import pytest

from harness.clients import Clients
from harness.control import control

KEYS = [f"user{n}@example.com" for n in range(3)]
ROUNDS = 120

# Slow, so that queries are in flight all the time; short-lived, so that there are refreshes, too.
MAPS = """
[map m]
search = alias
tables = first second
[table first]
query = SELECT v FROM flush_first WHERE k='%s' AND SLEEP(0.002) = 0
[table second]
query = SELECT v FROM flush_second WHERE k='%s' AND SLEEP(0.003) = 0
"""
CACHE = "ttl = 300ms\nnegative_ttl = 150ms\nstale_ttl = 1h\n"


@pytest.fixture
def session(mariadb):
    mariadb.sql("CREATE OR REPLACE TABLE flush_first (k VARCHAR(50) PRIMARY KEY, v VARCHAR(50));"
                "CREATE OR REPLACE TABLE flush_second LIKE flush_first", "mailserver")
    session = mariadb.session("mailserver")
    yield session
    session.close()


def change(session, choose, number):
    """Change what is said of a key; the key, and what has to be said from now on."""
    key, value = choose.choice(KEYS), f"new{number}@example.org"
    table = choose.choice(["flush_first", "flush_second", None])
    session.run(f"DELETE FROM flush_first WHERE k = '{key}'")
    if table is None:
        session.run(f"DELETE FROM flush_second WHERE k = '{key}'")
        return key, ("NOTFOUND", "")
    session.run(f"REPLACE INTO {table} VALUES ('{key}', '{value}')")
    return key, ("OK", value)


@pytest.mark.parametrize("arguments", [0, 1, 2], ids=["all", "a map", "a key"])
def test_nothing_older_is_told(vmapd, session, arguments, figures):
    daemon = vmapd(maps=MAPS, cache=CACHE)
    choose = random.Random(arguments)
    # What these clients are told changes all the time: only that they are answered is looked at.
    with Clients(daemon, "m", KEYS) as clients, daemon.client() as client:
        for number in range(ROUNDS):
            key, expected = change(session, choose, number)
            if choose.random() < 0.1:
                assert control(daemon.control, "reload")[0] == 0
            assert control(daemon.control, "flush", *["m", key][:arguments])[0] == 0
            assert client.ask("m", key) == expected, f"round {number}"
    figures(f"{ROUNDS} flushes under {clients.total} lookups")
    assert set(clients.statuses) <= {"OK", "NOTFOUND"}
    assert clients.total > ROUNDS

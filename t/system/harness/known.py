"""A table whose keys vmapd knows, in the hands of a database that does not answer: what several promises
are tried on. The fixtures are those of conftest.py, too."""
import time

import pytest

from harness.clients import ask_all
from harness.proxy import Fault

# The value of each is the key itself, so that a wrong answer cannot look like a right one.
KEYS = [f"key{n}" for n in range(200)]
PATIENCE_S = 0.3
MAPS = """
[map m]
query = SELECT v FROM known WHERE k='%s'
"""
CACHE = f"""ttl = 1s
negative_ttl = 1s
stale_ttl = 1h
stale_answer_timeout = {PATIENCE_S * 1000:.0f}ms
"""


@pytest.fixture
def known_rows(mariadb):
    """The server with that table."""
    mariadb.sql("CREATE OR REPLACE TABLE known (k VARCHAR(50) PRIMARY KEY, v VARCHAR(50));"
                "INSERT INTO known VALUES " + ",".join(f"('{key}','{key}')" for key in KEYS),
                "mailserver")
    yield mariadb
    mariadb.ensure_running()
    mariadb.sql("DROP TABLE IF EXISTS known, known_away", "mailserver")


@pytest.fixture
def knowing(vmapd, known_rows, proxy):
    """A daemon that asks through the proxy; see learn()."""
    daemon = vmapd.new(maps=MAPS, cache=CACHE, database="query_timeout = 2s",
                       server="lookup_timeout = 1500ms")
    with open(daemon.conf, encoding="utf-8") as file:
        config = file.read()
    direct, through = (f"hosts = 127.0.0.1:{port}\n" for port in (known_rows.port, proxy.port))
    assert direct in config
    daemon.write_config(config.replace(direct, through))
    daemon.start()
    return daemon


def learn(daemon):
    """Have it asked for all keys and one that is not there; then wait until all is past its time."""
    assert ask_all(daemon, "m", {"absent": None, **{key: key for key in KEYS}}).wrong == 0
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
        self.server.sql("RENAME TABLE known TO known_away", "mailserver")

    def locked(self):
        self._lock = self.server.session("mailserver")
        self._lock.run("LOCK TABLES known WRITE")

    def end(self):
        if self._lock is not None:
            self._lock.close()
        self.proxy.fault = Fault.NONE
        self.server.ensure_running()
        if self.server.sql("SHOW TABLES LIKE 'known_away'", "mailserver"):
            self.server.sql("RENAME TABLE known_away TO known", "mailserver")


@pytest.fixture(params=["down", "hung", "slow", "black_hole", "failing", "locked"])
def trouble(request, known_rows, proxy):
    """A function that begins it and returns the one that ends it."""
    kind = Trouble(known_rows, proxy)

    def begin():
        getattr(kind, request.param)()
        return kind.end
    yield begin
    kind.end()

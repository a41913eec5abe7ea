"""A vmapd that nobody asks costs nothing: no processor time, and hardly a wake-up, also while things wait
to become due (connections of clients and to the database that are idle)."""
import time
from pathlib import Path

import pytest

from harness.process import wait_until

HIT = ("mailboxes", "email1@example.com")
SECONDS = 3


def cpu_seconds(pid):
    """Of all threads: user and system."""
    words = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(") ")[2].split()
    return (int(words[11]) + int(words[12])) / 100


def wake_ups(pid):
    """How often any thread has waited for something: after each wake-up, once."""
    return sum(int(line.split()[1]) for status in Path(f"/proc/{pid}/task").glob("*/status")
               for line in status.read_text("utf-8").splitlines()
               if line.startswith("voluntary_ctxt_switches"))


def measure(daemon):
    """What it costs to wait, in seconds and in wake-ups."""
    pid = daemon.process.pid
    before = cpu_seconds(pid), wake_ups(pid)
    time.sleep(SECONDS)  # nothing is waited for: this is the time that is measured
    return cpu_seconds(pid) - before[0], wake_ups(pid) - before[1]


# What it takes to close a connection comes to one wake-up a second.
@pytest.mark.parametrize("database, more", [("", 0), ("idle_interval = 1s", 3), ("idle_interval = 4s", 0)])
def test_idle_costs_nothing(vmapd, figures, database, more):
    """With one idle client, and a connection to the database until that is closed and after."""
    daemon = vmapd(database=database)
    with daemon.client() as client:
        assert client.ask(*HIT) == ("OK", "1")
        wait_until(lambda: daemon.stats()["database"]["busy"] == 0, "the answer is in")
        cpu, times = measure(daemon)
        assert client.ask(*HIT) == ("OK", "1")
    figures(f"{cpu:.2f} s of processor time, {times} wake-ups in {SECONDS} s")
    assert cpu < 0.3
    assert times <= SECONDS + 1 + more


def test_what_waits_costs_nothing(vmapd, mariadb):
    """Time-outs of clients and lookups that are far away."""
    daemon = vmapd(server="lookup_timeout = 30s", database="query_timeout = 25s")
    with daemon.client() as idle, daemon.client() as begun, daemon.client() as asking:
        assert idle.ask(*HIT) == ("OK", "1")
        begun.send(b"100:mail")
        mariadb.pause()
        asking.send(b"19:mailboxes a@b.c.de.,")
        wait_until(lambda: daemon.stats()["lookups_pending"] == 1, "it waits")
        cpu, times = measure(daemon)
        mariadb.resume()
        assert asking.receive().status == "NOTFOUND"
    assert cpu < 0.3
    assert times <= 4 * SECONDS

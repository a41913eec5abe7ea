"""Somebody sets the clock: no answer grows old or young by it, no deadline comes early or never."""
import time

import pytest

from harness.memory import IS_SANITIZED
from harness.preload import preload
from harness.process import wait_until

pytestmark = pytest.mark.skipif(IS_SANITIZED,
                                reason="nothing can be preloaded before AddressSanitizer")

DAY = 86400
MAPS = """
[map echo]
query = SELECT CONCAT('%s ', UUID())
[map none]
query = SELECT 1 FROM virtual_users WHERE email='%s'
[map slow]
cache = no
query = SELECT SLEEP(5)
"""


@pytest.mark.parametrize("days", [1000, -1000])
def test_the_clock_steps(vmapd, mariadb, days):
    daemon = vmapd.new(maps=MAPS, server="lookup_timeout = 500ms\nclient_idle_timeout = 30s",
                       cache="ttl = 2s\nnegative_ttl = 2s\nstate_file = @/state\n")
    with open(daemon.conf, encoding="utf-8") as file:
        daemon.write_config(file.read().replace("@", daemon.directory))
    step = f"{daemon.directory}/step"

    def set_clock(seconds):
        with open(step, "w", encoding="ascii") as file:
            file.write(str(seconds))
    set_clock(0)
    daemon.process.env.update(LD_PRELOAD=preload("clock_step", daemon.directory), CLOCK_STEP=step)
    daemon.start()
    with daemon.client() as client:
        first, began = client.ask("echo", "key"), time.monotonic()
        assert client.ask("none", "new@example.com").status == "NOTFOUND"
        set_clock(days * DAY)
        assert client.ask("echo", "key") == first  # neither older nor younger,
        assert client.ask("none", "new@example.com").status == "NOTFOUND"
        before = time.monotonic()
        assert client.ask("slow", "key").status == "TIMEOUT"
        assert 0.2 < time.monotonic() - before < 2
    daemon.stop()  # also by what is in the state file
    set_clock(0)
    daemon.start()
    assert daemon.ask("echo", "key") == first or time.monotonic() - began > 1.7
    set_clock(days * DAY)
    wait_until(lambda: daemon.ask("echo", "key") != first, "its time comes as before", 3)
    assert time.monotonic() - began > 1.7
    assert daemon.stats()["uptime_seconds"] < 60

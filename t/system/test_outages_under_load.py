"""A hundred thousand lookups of known keys while the database is killed, stopped, paused and started
in turn: every one is answered, and rightly."""
import re
import time

from harness.clients import Clients, ask_all
from harness.process import wait_until
from harness.watch import Watch

LOOKUPS = 100_000
KEYS = [f"user{n}@example.com" for n in range(2000)]
RECOVERY_S = 2.0

# Values are found in the second table, so each is known only together with a "not found"; times are so
# short that everything expires again and again while the database is away.
MAPS = """
[map m]
search = alias
tables = first second
[table first]
query = SELECT destination FROM virtual_aliases WHERE source='%s'
[table second]
query = SELECT v FROM known WHERE k='%s'
"""
CACHE = "ttl = 1s\nnegative_ttl = 500ms\nstale_ttl = 1h\nstale_answer_timeout = 200ms\n"

OUTAGES = {
    "killed": lambda server: server.kill(),
    "stopped": lambda server: server.stop(),
    "paused": lambda server: server.pause(),
}


def test_no_known_key_is_lost(vmapd, mariadb, figures):
    mariadb.sql("CREATE OR REPLACE TABLE known (k VARCHAR(50) PRIMARY KEY, v VARCHAR(50));"
                "INSERT INTO known VALUES " + ",".join(f"('{key}','{key}')" for key in KEYS),
                "mailserver")
    mariadb.sql("INSERT INTO known VALUES "
                + ",".join(f"('new{n}@example.com','new{n}')" for n in range(2 * len(OUTAGES))),
                "mailserver")
    daemon = vmapd(maps=MAPS, cache=CACHE, server="lookup_timeout = 3s")
    assert ask_all(daemon, "m", KEYS).right == len(KEYS)
    recoveries, unasked = [], 0
    with Watch(daemon) as watch, Clients(daemon, "m", KEYS) as clients:
        for outage in list(OUTAGES.values()) * 2:
            clients.wait_for_more(LOOKUPS // 12)
            outage(mariadb)
            begin = time.monotonic()
            clients.wait_for_more(LOOKUPS // 12)
            time.sleep(max(0, 1.2 - (time.monotonic() - begin)))  # until everything is past its time
            mariadb.ensure_running()
            begin = time.monotonic()
            # One that was never asked needs the database itself.
            wait_until(lambda key=unasked: daemon.ask("m", f"new{key}@example.com")
                       == ("OK", f"new{key}"), "the database's answers are back", RECOVERY_S)
            recoveries.append(time.monotonic() - begin)
            unasked += 1
        clients.wait_for_more(LOOKUPS - min(LOOKUPS, clients.total))
    stats = daemon.stats()
    figures(clients, f"{stats['cache']['stale_served']} with old answers",
            f"back after at most {max(recoveries):.2f} s", watch)
    assert clients.problems == []
    assert clients.right == clients.total >= LOOKUPS, clients.reasons
    assert stats["cache"]["stale_served"] > 1000
    assert not re.search("^vmapd: error|assert", daemon.log_text(), re.M)
    watch.check()

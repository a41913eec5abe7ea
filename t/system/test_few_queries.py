"""Fast and cheap: what the database sees of many sessions and lookups, in good times and in trouble: a few
connections, a few queries."""
import threading
import time

import pytest

from harness.clients import Clients
from harness.known import KEYS, MAPS, learn
from harness.smtp import Session
from harness.socketmap import request

pytestmark = pytest.mark.alone

SESSIONS = 20
POOL_SIZE = 4
RECIPIENTS = [
    "email1@example.com", "email2+x@example.com", "alias@example.com", "team@example.com",
    "whoever@catchall.example", "nobody@example.com",
]


def connections_for_sessions(mariadb, port):
    """Hold SESSIONS sessions at the same time, each with several recipients; how many connections were
    made to the database for it."""
    together = threading.Barrier(SESSIONS, timeout=60)
    problems = []

    def run():
        try:
            with Session(port) as session:
                together.wait()
                codes = [reply.code for reply in session.recipients(*RECIPIENTS)]
                if codes != [250, 250, 250, 250, 250, 550]:
                    problems.append(codes)
                together.wait()
        except (OSError, threading.BrokenBarrierError) as error:
            problems.append(repr(error))
            together.abort()
    threads = [threading.Thread(target=run) for _ in range(SESSIONS)]
    before = mariadb.status("Connections")
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    return mariadb.status("Connections") - before - 1  # the one that asks


def test_twenty_sessions_use_the_pool(mysql_site, vmapd_site, mariadb, figures):
    today = connections_for_sessions(mariadb, mysql_site.postfix.port)
    mysql_site.postfix.stop()
    moved = connections_for_sessions(mariadb, vmapd_site.postfix.port)
    figures(f"database connections for {SESSIONS} sessions: mysql: {today}, vmapd {moved}")
    assert today > SESSIONS  # or the sessions were not parallel, and the next line says nothing
    assert moved <= POOL_SIZE
    assert vmapd_site.vmapd.stats()["database"]["connections"] <= POOL_SIZE


def test_one_query_for_all_under_load(vmapd, known_rows, figures):
    """Forty clients ask for the same cold keys at the same time: one query for each key."""
    daemon = vmapd(maps=MAPS, cache="ttl = 1h\nnegative_ttl = 1h")
    clients = [daemon.client() for _ in range(40)]
    sent = known_rows.status("Com_select")
    stream = b"".join(request("m", key) for key in KEYS)
    for client in clients:
        client.send(stream)
    for client in clients:
        assert [client.receive().text for _ in KEYS] == KEYS
        client.close()
    sent = known_rows.status("Com_select") - sent
    figures(f"{len(KEYS) * 40} lookups, {sent} queries, "
            f"{daemon.stats()['cache']['coalesced']} waited for another's")
    assert sent == len(KEYS)


def test_trouble_is_not_made_worse(knowing, known_rows, figures):
    """A table that fails, and clients that do not stop asking for what is old: a query a second."""
    learn(knowing)
    known_rows.sql("RENAME TABLE known TO known_away", "mailserver")
    before = known_rows.status("Com_select")
    began = time.monotonic()
    with Clients(knowing, "m", KEYS) as clients:
        clients.wait_for_more(10000)
        time.sleep(max(0, 3 - (time.monotonic() - began)))  # a rate in time is what is measured
    seconds = time.monotonic() - began
    asked = known_rows.status("Com_select") - before
    figures(clients, f"{asked} queries in {seconds:.1f} s")
    assert clients.right == clients.total, clients.reasons
    # The first of each client may be under way before the first failure is known.
    assert asked <= 8 + seconds + 1

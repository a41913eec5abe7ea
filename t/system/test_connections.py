"""What the database sees of many SMTP sessions: a few connections, and each question once."""
import threading

from harness.process import wait_until
from harness.smtp import Session

SESSIONS = 20
POOL_SIZE = 4
RECIPIENTS = [
    "email1@example.com", "email2+x@example.com", "alias@example.com", "team@example.com",
    "whoever@catchall.example", "nobody@example.com",
]


def most_connections(mariadb, port):
    """Hold SESSIONS sessions at the same time, each with several recipients; the largest number of
    connections that the database had meanwhile, without our own one that asks for it."""
    mariadb.sql("FLUSH STATUS")
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
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    return mariadb.status("Max_used_connections") - 1


def test_twenty_sessions_use_the_pool(mysql_site, vmapd_site, mariadb):
    today = most_connections(mariadb, mysql_site.postfix.port)
    mysql_site.postfix.stop()
    moved = most_connections(mariadb, vmapd_site.postfix.port)
    print(f"database connections of {SESSIONS} sessions: mysql: {today}, vmapd {moved}")
    assert today > SESSIONS  # or the sessions were not parallel, and the next line says nothing
    assert moved <= POOL_SIZE
    assert vmapd_site.vmapd.stats()["database"]["connections"] <= POOL_SIZE


def test_second_lookup_sends_no_sql(vmapd, mariadb):
    daemon = vmapd()
    keys = [("domains", "example.com"), ("mailboxes", "email1+x@example.com"),
            ("aliases", "alias@example.com"), ("aliases", "whoever@catchall.example"),
            ("mailboxes", "nobody@example.com"), ("domains", "unknown.example")]
    with daemon.client() as client:
        first = [client.ask(*key) for key in keys]
        sent = mariadb.status("Com_select")
        assert sent > 0
        assert [client.ask(*key) for key in keys] == first
    assert mariadb.status("Com_select") == sent
    assert [reply.status for reply in first] == ["OK", "OK", "OK", "OK", "NOTFOUND", "NOTFOUND"]


def test_one_query_for_all_who_wait(vmapd, mariadb):
    """Fifty clients ask for the same slow key at once: one query."""
    daemon = vmapd(maps="""
[map slow]
search = exact
query = SELECT CONCAT('%s', SLEEP(1))
""")
    before = daemon.stats()["database"]["queries"]
    clients = [daemon.client() for _ in range(50)]
    try:
        for client in clients:
            client.send(b"10:slow a key,")
        assert {client.receive() for client in clients} == {("OK", "a key0")}
    finally:
        for client in clients:
            client.close()
    stats = daemon.stats()
    assert stats["database"]["queries"] - before == 1
    assert stats["cache"]["coalesced"] >= 49


def test_idle_connections_are_closed(vmapd, mariadb):
    daemon = vmapd(database="idle_interval = 1s")
    assert daemon.ask("domains", "example.com").status == "OK"
    assert mariadb.connections_of("mailuser") == 1
    wait_until(lambda: mariadb.connections_of("mailuser") == 0, "the idle connection closes", 10)
    assert daemon.ask("domains", "hostname").status == "OK"

"""What the database sees of many SMTP sessions: a few connections."""
import threading

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

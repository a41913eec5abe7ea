"""Each question is asked once, on a connection that is closed when nobody needs it. No Postfix runs
beside these tests, so that the database's own counters tell what one daemon did."""
import itertools

from harness.process import wait_until
from harness.socketmap import request


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


def test_several_at_once(vmapd, mariadb, figures):
    """A crowd behind one connection: its queries travel together, and everybody gets the answer to his
    own, whatever the key."""
    daemon = vmapd(maps="""
[map echo]
pool_size = 1
query = SELECT '%s' FROM DUAL WHERE '%s' NOT LIKE 'none%%'
cache = no
""")
    before = mariadb.status("Com_select"), daemon.stats()["database"]["queries"]
    clients = [daemon.client() for _ in range(100)]
    turns = itertools.count(1)

    def ask_all():
        """After another turn of everybody: turns, queries and checks, once there are enough."""
        turn = next(turns)
        keys = [f"{'none' if n % 7 == 0 else 'key'}{n}'\\\" -- {turn}" for n in range(100)]
        for client, key in zip(clients, keys):
            client.send(request("echo", key))
        for client, key in zip(clients, keys):
            expected = ("NOTFOUND", "") if key.startswith("none") else ("OK", key)
            assert client.receive() == expected
        queries = daemon.stats()["database"]["queries"] - before[1]
        checks = mariadb.status("Com_select") - before[0] - queries
        return checks >= 100 and (turn, queries, checks)

    try:
        # After a stall everything is asked one by one for a minute.
        turn, queries, checks = wait_until(ask_all, "a hundred times several at once", 150)
    finally:
        for client in clients:
            client.close()
    figures(f"{queries} queries, {checks} checks")
    assert turn * 100 <= queries < turn * 110  # after a stall they are asked once more
    assert checks < queries / 4


def test_idle_connections_are_closed(vmapd, mariadb):
    daemon = vmapd(database="idle_interval = 1s")
    assert daemon.ask("domains", "example.com").status == "OK"
    wait_until(lambda: mariadb.connections_of("mailuser") == 1, "one connection, nobody else's")
    wait_until(lambda: mariadb.connections_of("mailuser") == 0, "the idle connection closes", 10)
    assert daemon.ask("domains", "hostname").status == "OK"

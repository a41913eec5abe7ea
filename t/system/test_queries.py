"""Each question is asked once, on a connection that is closed when nobody needs it. No Postfix runs
beside these tests, so that the database's own counters tell what one daemon did."""
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


def test_a_crowd_behind_one_connection(vmapd):
    """Everybody gets the answer to his own, whatever the key."""
    daemon = vmapd(maps="""
[map echo]
pool_size = 1
query = SELECT '%s' FROM DUAL WHERE '%s' NOT LIKE 'none%%'
cache = no
""")
    before = daemon.stats()["database"]["queries"]
    clients = [daemon.client() for _ in range(100)]
    try:
        for turn in range(10):
            keys = [f"{'none' if n % 7 == 0 else 'key'}{n}'\\\" -- {turn}" for n in range(100)]
            for client, key in zip(clients, keys):
                client.send(request("echo", key))
            for client, key in zip(clients, keys):
                expected = ("NOTFOUND", "") if key.startswith("none") else ("OK", key)
                assert client.receive() == expected
    finally:
        for client in clients:
            client.close()
    assert daemon.stats()["database"]["queries"] - before == 1000


def test_idle_connections_are_closed(vmapd, mariadb):
    daemon = vmapd(database="idle_interval = 1s")
    assert daemon.ask("domains", "example.com").status == "OK"
    wait_until(lambda: mariadb.connections_of("mailuser") == 1, "one connection, nobody else's")
    wait_until(lambda: mariadb.connections_of("mailuser") == 0, "the idle connection closes", 10)
    assert daemon.ask("domains", "hostname").status == "OK"

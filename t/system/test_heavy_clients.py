"""Clients that are many, slow, greedy or hostile, against the whole daemon: its memory stays within
bounds, and everybody else is served. (What one such client does to its own connection: test_wire.)"""
import resource
import select
import socket
import threading
import time

import pytest

from harness.clients import Clients, Tally, ask_and_judge
from harness.memory import IS_SANITIZED, address_space, bound, rss
from harness.process import wait_until
from harness.socketmap import netstring, request

pytestmark = pytest.mark.alone

MIB = 1 << 20
MAPS = """
[map echo]
query = SELECT '%s'
[map big]
query = SELECT CONCAT('%s', REPEAT('x', 50000))
[map nothing]
query = SELECT 1 FROM virtual_users WHERE email = '%s'
[map slow]
query = SELECT CONCAT('%s', SLEEP(0.2))
"""


@pytest.fixture
def many_descriptors():
    """For our own sockets; a daemon started meanwhile inherits the limit."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = max(before[1], 11000)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def connect(daemon):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(daemon.address.removeprefix("unix:"))  # waits where a time-out would not
    connection.settimeout(20)
    return connection


def close_all(daemon, connections):
    for connection in connections:
        connection.close()
    wait_until(lambda: daemon.stats()["clients"]["current"] == 0, "all connections are closed")


class Polite:
    """One client that asks a cached key now and then; how long it had to wait."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.tally = Tally()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _run(self):
        with self.daemon.client() as client:
            while self.tally.total == 0 or not self._over.wait(0.005):
                ask_and_judge(self.tally, client, "echo", "polite", {"polite": "polite"})

    def check(self):
        assert self.tally.right == self.tally.total > 0, self.tally.problems
        assert self.tally.longest < 1.0, self.tally  # the machine is busy, too


def test_ten_thousand_connections(vmapd, many_descriptors, figures):
    """Each has asked once and is idle then."""
    count = 10_000
    daemon = vmapd(maps=MAPS, server="max_clients = 10500")
    assert daemon.ask("echo", "a") == ("OK", "a")
    sizes = [rss(daemon.process)]
    for _ in range(2):
        crowd = [connect(daemon) for _ in range(count)]
        for connection in crowd:
            connection.sendall(b"6:echo a,")
        assert all(connection.recv(100) == b"4:OK a," for connection in crowd)
        assert daemon.stats()["clients"]["current"] == count
        sizes.append(rss(daemon.process))
        assert daemon.ask("echo", "b") == ("OK", "b")
        close_all(daemon, crowd)
    each = (sizes[1] - sizes[0]) / count
    figures(f"{each:.0f} bytes for each of {count} idle connections")
    assert each < bound(2048)
    assert sizes[2] < sizes[1] + bound(1 * MIB), sizes  # the second time costs nothing more


def fill(connection, data, most=100_000_000):
    """Send until the other side takes no more for a while; how much it took."""
    connection.setblocking(False)
    sent = 0
    while select.select([], [connection], [], 0.1)[1]:
        sent += connection.send(data)
        assert sent < most, "a client that reads nothing can send without end"
    connection.settimeout(20)
    return sent


def test_many_who_do_not_read(vmapd, figures):
    """A hundred that ask for large values and read none of them."""
    daemon = vmapd(maps=MAPS, server="client_write_timeout = 2s")
    assert daemon.ask("big", "k").status == "OK"
    before = rss(daemon.process)
    with Polite(daemon) as polite:
        crowd = [connect(daemon) for _ in range(100)]
        stream = request("big", "k") * 500
        for connection in crowd:
            connection.setblocking(False)
            connection.send(stream)
        for connection in crowd[:5]:
            fill(connection, stream)
        each = (rss(daemon.process) - before) / len(crowd)
        wait_until(lambda: daemon.stats()["clients"]["current"] == 1, "all but one are given up")
    figures(f"{each / 1024:.0f} KiB for each of {len(crowd)}", f"polite: {polite.tally}")
    assert each < bound(256 * 1024)
    polite.check()
    close_all(daemon, crowd)


def test_many_unfinished_requests(vmapd, figures):
    """Three hundred that send nearly all of a request as long as is kept, and then nothing."""
    daemon = vmapd(maps=MAPS, server="client_read_timeout = 2s")
    assert daemon.ask("echo", "k").status == "OK"
    before = rss(daemon.process)
    with Polite(daemon) as polite:
        crowd = [connect(daemon) for _ in range(300)]
        for connection in crowd:
            connection.sendall(request("echo", "x" * 10_000)[:-1])
        each = (rss(daemon.process) - before) / len(crowd)
        assert all(connection.recv(10) == b"" for connection in crowd)  # each is closed
    figures(f"{each / 1024:.0f} KiB for each of {len(crowd)}", f"polite: {polite.tally}")
    assert each < bound(32 * 1024)
    polite.check()
    close_all(daemon, crowd)


def test_many_half_closed(vmapd):
    """They have said all that they will, and wait for answers that take a moment."""
    daemon = vmapd(maps=MAPS)
    crowd = [connect(daemon) for _ in range(300)]
    for number, connection in enumerate(crowd):
        connection.sendall(request("slow", f"k{number % 7}") + request("echo", f"e{number}"))
        connection.shutdown(socket.SHUT_WR)
    for number, connection in enumerate(crowd):
        heard = b""
        while data := connection.recv(1000):
            heard += data
        assert heard == netstring(f"OK k{number % 7}0".encode()) \
            + netstring(f"OK e{number}".encode())
    close_all(daemon, crowd)


def test_floods_leave_room_for_others(vmapd, figures):
    """Eight clients with thousands of requests under way each, all the time."""
    daemon = vmapd(maps=MAPS)
    stream = b"".join(request("echo", f"key{n % 500}") for n in range(2000))
    daemon.ask("echo", "polite")
    over = threading.Event()
    answered = []

    def flood():
        with daemon.client() as client:
            while not over.is_set():
                sender = threading.Thread(target=client.send, args=(stream,))
                sender.start()
                replies = [client.receive() for _ in range(2000)]
                sender.join()
                assert replies[0] == ("OK", "key0") and replies[-1] == ("OK", "key499")
                answered.append(len(replies))
    before = rss(daemon.process)
    with Polite(daemon) as polite:
        threads = [threading.Thread(target=flood) for _ in range(8)]
        for thread in threads:
            thread.start()
        wait_until(lambda: sum(answered) > 50_000, "the flood is one", 60)
        over.set()
        for thread in threads:
            thread.join()
    figures(f"{sum(answered)} requests of the flood", f"polite: {polite.tally}")
    polite.check()
    assert rss(daemon.process) - before < bound(8 * MIB)


def test_rubbish_from_many(vmapd):
    """Two thousand connections with rubbish: each is closed, and the log says it in a few lines."""
    daemon = vmapd(maps=MAPS)
    before = rss(daemon.process)
    for number in range(2000):
        connection = connect(daemon)
        connection.sendall((b"GET / HTTP/1.0\r\n\r\n", b"99999999:", b"3:a bX", b"\0" * 500)[number % 4])
        try:
            assert connection.recv(10) == b""
        except ConnectionResetError:
            pass
        connection.close()
    assert daemon.ask("echo", "k") == ("OK", "k")
    assert rss(daemon.process) - before < bound(2 * MIB)
    assert daemon.log_text().count("\n") < 20


def test_dictionary_attack(vmapd, figures):
    """Unknown names without end fill the cache's share for them, and no more; real ones stay."""
    daemon = vmapd(maps=MAPS, cache="max_size = 2M", database="query_timeout = 5s")
    real = [f"real{n}" for n in range(200)]
    with daemon.client() as client:
        for _ in range(2):
            assert all(client.ask("echo", key) == ("OK", key) for key in real)
        before = rss(daemon.process)
        for start in range(0, 60_000, 2000):
            client.send(b"".join(request("nothing", f"{n:07}-unknown-name@example.com")
                                 for n in range(start, start + 2000)))
            assert all(client.receive().status == "NOTFOUND" for _ in range(2000))
        stats = daemon.stats()
        assert all(client.ask("echo", key) == ("OK", key) for key in real)
    missed = daemon.stats()["cache"]["misses"] - stats["cache"]["misses"]
    figures(f"cache: {stats['cache']['bytes']} of {stats['cache']['max_bytes']} bytes, "
            f"{stats['cache']['evictions']} evictions, {missed} of {len(real)} real names lost")
    assert stats["cache"]["bytes"] <= stats["cache"]["max_bytes"] == 2 * MIB
    assert stats["cache"]["evictions"] > 10_000
    assert missed == 0
    assert rss(daemon.process) - before < bound(4 * MIB)


def test_huge_keys(vmapd):
    """As long as a key may be, each another one: asked, answered, not kept. Longer ones are refused."""
    daemon = vmapd(maps=MAPS)
    with daemon.client() as client:
        client.ask("nothing", "x" * 10_000)
        before = rss(daemon.process)
        for number in range(300):
            assert client.ask("nothing", f"{number:05}" + "x" * 9_995).status == "NOTFOUND"
            assert client.ask("nothing", f"{number:05}" + "x" * 9_996) == \
                ("PERM", "the key is longer than 10000 bytes")
            assert client.ask("nothing", "x" * 90_000).status == "PERM"
        assert client.ask("echo", "k") == ("OK", "k")
    assert rss(daemon.process) - before < bound(4 * MIB)


def test_crowd_at_a_database_that_hangs(vmapd, mariadb, figures):
    """A thousand who wait for different keys: as many as queue_size wait, the others are told at
    once, and the control socket answers."""
    daemon = vmapd(maps=MAPS, server="lookup_timeout = 2s", database="queue_size = 300")
    assert daemon.ask("echo", "known") == ("OK", "known")
    before = rss(daemon.process)
    mariadb.pause()
    crowd = [connect(daemon) for _ in range(1000)]
    begin = time.monotonic()
    for number, connection in enumerate(crowd):
        connection.sendall(request("nothing", f"k{number}"))
    wait_until(lambda: daemon.stats()["lookups_pending"] <= 304, "some wait, others were refused")
    assert daemon.ask("echo", "known") == ("OK", "known")
    replies = [connection.recv(1000) for connection in crowd]
    seconds = time.monotonic() - begin
    mariadb.resume()
    told = {"full": sum(b"TEMP too many lookups" in reply for reply in replies),
            "late": sum(b":TIMEOUT " in reply for reply in replies)}
    figures(f"{told} after {seconds:.1f} s")
    assert sum(told.values()) == len(crowd), set(replies)
    assert told["full"] >= 690
    assert seconds < 2 + 1
    assert rss(daemon.process) - before < bound(8 * MIB)
    wait_until(lambda: daemon.ask("nothing", "k").status == "NOTFOUND", "lookups work again", 2)
    close_all(daemon, crowd)


def test_few_descriptors(vmapd, mariadb):
    """Clients take all that they may; the control socket, and new connections to the database, have
    their own."""
    daemon = vmapd.new(maps=MAPS)
    daemon.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (80, 80)))
    with daemon.client() as first:
        assert first.ask("echo", "a") == ("OK", "a")
        crowd = []
        for _ in range(200):
            connection = socket.socket(socket.AF_UNIX)
            connection.settimeout(0.1)
            try:
                connection.connect(daemon.address.removeprefix("unix:"))
            except (BlockingIOError, TimeoutError):
                pass
            crowd.append(connection)
        wait_until(lambda: daemon.stats()["clients"]["rejected"] > 0, "some are rejected")
        assert 20 <= daemon.stats()["clients"]["current"] < 80
        mariadb.sql("KILL USER 'mailuser'@'127.0.0.1'")
        assert first.ask("echo", "b") == ("OK", "b")
        assert daemon.log_text().count("\n") < 20
        for connection in crowd:
            connection.close()
        wait_until(lambda: daemon.stats()["clients"]["current"] == 1, "the crowd has gone")
    with Clients(daemon, "echo", ["c", "d"]) as clients:
        clients.wait_for_more(100)
    assert clients.right == clients.total


def test_descriptors_of_a_large_pool(vmapd, mariadb):
    """Also when clients have taken all that they may, each pool can have all of its connections."""
    maps = "[map slow]\npool_size = 40\nquery = SELECT CONCAT('%s', SLEEP(3))\n"
    daemon = vmapd.new(maps=maps)
    daemon.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (400, 400)))
    crowd = []
    while daemon.stats()["clients"]["rejected"] == 0:
        crowd += [connect(daemon) for _ in range(20)]
    for number, connection in enumerate(crowd[:40]):
        connection.sendall(request("slow", f"{number}."))
    # One may be left to other tables.
    wait_until(lambda: daemon.stats()["database"]["busy"] >= 39, "all connections are in use")
    for number, connection in enumerate(crowd[:40]):
        assert connection.recv(100) == netstring(b"OK %d.0" % number)
    close_all(daemon, crowd)


@pytest.mark.skipif(IS_SANITIZED, reason="AddressSanitizer needs all the address space there is")
def test_out_of_memory(vmapd, many_descriptors):
    """It ends with one line that says why, and clients see a closed connection: nothing is told that
    is not so. systemd starts it again."""
    daemon = vmapd.new(maps=MAPS, server="client_read_timeout = 1h")
    daemon.process.env["MALLOC_ARENA_MAX"] = "1"  # no memory set aside for other threads
    daemon.start()
    assert daemon.ask("echo", "k").status == "OK"
    most = address_space(daemon.process) + 8 * MIB
    resource.prlimit(daemon.process.pid, resource.RLIMIT_AS, (most, most))
    crowd = [connect(daemon) for _ in range(1900)]
    for connection in crowd:
        try:
            connection.sendall(request("echo", "x" * 10_000)[:-1])
        except OSError:
            break
    wait_until(lambda: not daemon.process.alive(), "it has ended")
    daemon.kill()  # it was meant to end so
    assert daemon.process.wait() == 1
    assert "out of memory" in daemon.log_text()
    for connection in crowd:
        connection.close()

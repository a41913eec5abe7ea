"""The socketmap protocol at the socket: whatever arrives in whatever pieces, every request gets its
own answer in order, and one client's misbehaviour is nobody else's trouble."""
import resource
import select
import socket
import threading

import pytest

from harness.mailsystem import vmapd_conf
from harness.process import free_port, wait_until
from harness.socketmap import Client, request

HIT = ("mailboxes", "email1@example.com")
MISS = ("mailboxes", "nobody@example.com")


@pytest.fixture
def daemon(vmapd):
    return vmapd()


def test_byte_by_byte(daemon):
    with daemon.client() as client:
        for byte in request(*HIT) + request(*MISS):
            client.send(bytes([byte]))
        assert client.receive() == ("OK", "1")
        assert client.receive() == ("NOTFOUND", "")


def test_every_cut_of_two_requests(daemon):
    """Wherever the stream is cut in two, with the second part sent once the first was read."""
    stream = request(*HIT) + request(*MISS)
    with daemon.client() as other:
        for cut in range(1, len(stream)):
            with daemon.client() as client:
                client.send(stream[:cut])
                other.ask(*HIT)  # one turn of the daemon's event loop
                client.send(stream[cut:])
                assert client.receive() == ("OK", "1")
                assert client.receive() == ("NOTFOUND", "")


def test_pipelined_in_order(vmapd):
    """Hits, misses, unknown maps and queries that take their time, all sent at once."""
    daemon = vmapd(maps="""
[map echo]
search = exact
query = SELECT '%s'
[map slow]
search = exact
query = SELECT CONCAT('%s', SLEEP(0.05))
[map nothing]
search = exact
query = SELECT email FROM virtual_users WHERE email = '%s'
""")
    requests, expected = [], []
    for n in range(60):
        requests += [request("slow", f"s{n % 7}"), request("echo", f"e{n % 20}"),
                     request("nothing", f"n{n % 13}"), request("echo", f"e{n}")]
        expected += [("OK", f"s{n % 7}0"), ("OK", f"e{n % 20}"), ("NOTFOUND", ""),
                     ("OK", f"e{n}")]
    with daemon.client() as client:
        client.send(b"".join(requests))
        assert [tuple(client.receive()) for _ in expected] == expected


def test_half_close_gets_all_replies(daemon):
    with daemon.client() as client:
        client.send(request(*HIT) + request(*MISS) + request(*HIT))
        client.half_close()
        assert [client.receive().status for _ in range(3)] == ["OK", "NOTFOUND", "OK"]
        assert client.at_end()


def test_asker_that_leaves(daemon):
    """It goes away with its question in flight: no harm, and the next one is served."""
    for _ in range(20):
        with daemon.client() as client:
            client.send(request("mailboxes", "gone@example.com"))
    assert daemon.ask(*HIT) == ("OK", "1")
    wait_until(lambda: daemon.stats()["clients"]["current"] == 0, "all connections are gone")


def test_unknown_map(daemon):
    with daemon.client() as client:
        reply = client.ask("no-such-map", "key")
        assert reply.status == "PERM" and "no such map" in reply.text
        assert client.ask(*HIT) == ("OK", "1")


@pytest.mark.parametrize("rubbish", [
    b"GET / HTTP/1.0\r\n\r\n",
    b":example.com,",
    b"-1:x,",
    b"+3:a b,",
    b" 3:a b,",
    b"03:a b,",
    b"3:a bX",
    b"100001:",
    b"99999999999999999999999999:",
    b"18446744073709551617:x",
    b"\x00\x01\x02\x03",
    b"\n",
], ids=repr)
def test_malformed_closes_with_one_line(daemon, rubbish):
    lines = daemon.log_text().count("\n")
    with daemon.client() as client, daemon.client() as other:
        assert other.ask(*MISS).status == "NOTFOUND"
        lines = daemon.log_text().count("\n")
        client.send(request(*HIT) + rubbish)
        assert client.receive() == ("OK", "1")
        assert client.at_end()
        assert other.ask(*HIT) == ("OK", "1")
    wait_until(lambda: daemon.log_text().count("\n") > lines, "a log line")
    assert daemon.log_text().count("\n") == lines + 1, daemon.log_text()


@pytest.mark.parametrize("payload", [b"", b"nospace", b" key"], ids=repr)
def test_netstring_that_is_no_request(daemon, payload):
    """Never an answer that a mail server could take for "not found"."""
    with daemon.client() as client:
        client.send(b"%d:%s," % (len(payload), payload))
        try:
            assert client.receive().status == "PERM"
        except EOFError:
            pass
    assert daemon.ask(*HIT) == ("OK", "1")


def test_keys_of_any_bytes(daemon):
    """Empty, with spaces, NUL, line ends, as long as allowed: the connection goes on."""
    with daemon.client() as client:
        for key in (b"", b" ", b"a b c", b"a\0b@example.com", b"a\nb@example.com", b"\xff\xfe",
                    b"'; DROP TABLE virtual_users; --", b"%s%u%d", b"x" * 10000):
            assert client.ask("mailboxes", key).status == "NOTFOUND", key[:40]
        assert client.ask(*HIT) == ("OK", "1")


def test_max_clients(vmapd):
    daemon = vmapd(server="max_clients = 3")
    clients = [daemon.client() for _ in range(3)]
    assert all(client.ask(*HIT) == ("OK", "1") for client in clients)
    with daemon.client() as one_too_many:
        # Closed at once, or left waiting in the backlog: but never served, and the others are.
        assert all(client.ask(*HIT) == ("OK", "1") for client in clients)
        assert daemon.ctl("ping").returncode == 0  # the control socket has its own place
        assert daemon.stats()["clients"]["current"] == 3
        one_too_many.socket.settimeout(0.2)
        try:
            assert one_too_many.at_end()
        except TimeoutError:
            pass
    clients.pop().close()
    wait_until(lambda: daemon.stats()["clients"]["current"] < 3, "one has left")
    assert daemon.ask(*HIT) == ("OK", "1")
    for client in clients:
        client.close()


def fill(client, data):
    """Send without reading, until the other side takes no more for a while."""
    sent = 0
    client.socket.setblocking(False)
    while select.select([], [client.socket], [], 0.3)[1]:
        sent += client.socket.send(data)
        assert sent < 100_000_000, "a client that reads nothing can send without end"
    client.socket.settimeout(20)


def test_client_that_does_not_read(vmapd):
    """It is no longer read from, others are served, and in the end it is closed with a log line."""
    daemon = vmapd(server="client_write_timeout = 1s")
    with daemon.client() as client:
        client.ask(*HIT)
        lines = daemon.log_text().count("\n")
        fill(client, request(*HIT) * 100)
        assert daemon.ask(*HIT) == ("OK", "1")
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            client.send(request(*HIT) * 100_000)
        assert daemon.log_text().count("\n") == lines + 1
    assert daemon.ask(*HIT) == ("OK", "1")


def test_slow_reader_gets_everything(daemon):
    """It reads only when nothing more can be sent: all replies, in order, none lost."""
    keys = [f"user{n}@example.com" for n in range(50)] + ["email1@example.com"]
    stream = b"".join(request("mailboxes", key) for key in keys)
    rounds = 400
    with daemon.client() as client:
        sender = threading.Thread(target=client.send, args=(stream * rounds,))
        sender.start()
        sender.join(1.0)  # by then it stands still, or has sent all: both are fine
        for _ in range(rounds):
            assert [client.receive().status for _ in keys] == ["NOTFOUND"] * 50 + ["OK"]
        sender.join()


def test_half_a_request_times_out(vmapd):
    daemon = vmapd(server="client_read_timeout = 500ms")
    with daemon.client() as client, daemon.client() as idle:
        client.send(request(*HIT)[:-5])
        assert client.at_end()
        assert idle.ask(*HIT) == ("OK", "1")


def test_idle_client_is_closed(vmapd):
    daemon = vmapd(server="client_idle_timeout = 500ms")
    with daemon.client() as client:
        assert client.ask(*HIT) == ("OK", "1")
        assert client.at_end()


def test_several_listeners(vmapd, mariadb):
    port = free_port()
    daemon = vmapd(lambda directory: vmapd_conf(
        mariadb, directory,
        listen=f"unix:{directory}/vmap unix:{directory}/other, inet:127.0.0.1:{port}"))
    assert daemon.ask(*HIT) == ("OK", "1")
    for address in (f"unix:{daemon.directory}/other", f"inet:127.0.0.1:{port}"):
        with Client(address) as client:
            assert client.ask(*HIT) == ("OK", "1")


def is_served(daemon):
    """False while there is no place for another client."""
    try:
        return daemon.ask(*HIT) == ("OK", "1")
    except (OSError, EOFError):
        return False


def test_out_of_descriptors(vmapd):
    """More clients than descriptors: those that came first are served, it goes on afterwards."""
    daemon = vmapd.new()
    daemon.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
    with daemon.client() as first:
        assert first.ask(*HIT) == ("OK", "1")
        crowd = []
        for _ in range(80):
            extra = socket.socket(socket.AF_UNIX)
            extra.settimeout(5)
            try:
                extra.connect(f"{daemon.directory}/vmap")
            except (BlockingIOError, TimeoutError):
                pass
            crowd.append(extra)
        assert first.ask(*HIT) == ("OK", "1")
        assert first.ask(*MISS).status == "NOTFOUND"
        for extra in crowd:
            extra.close()
        wait_until(lambda: is_served(daemon), "new clients are served again")

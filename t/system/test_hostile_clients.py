"""Four thousand clients that do one bad thing each, all at once: vmapd stays within the memory that
docs/security.md tells, the loop is never away for long, and a client that behaves is served."""
import re
import resource
import socket

import pytest

from harness.clients import Clients
from harness.memory import bound, peak
from harness.process import free_port
from harness.socketmap import request
from harness.vmapd import SOURCE
from harness.watch import Watch

COUNT = 4000
MIB = 1 << 20
KEY = "k" * 9_950
PARENTS = ("k" * 72 + ".") * 134 + "com"
ADDRESS = '"%4d' + "\N{GREEK CAPITAL LETTER OMEGA}" * 25 + ' +x"@' + "d" * 61 + ".D" * 96
MAPS = """
[map echo]
query = SELECT '%s'
[map big]
query = SELECT CONCAT('%s', REPEAT('x', 50000))
[map hangs]
query = SELECT CONCAT('%s', SLEEP(20))
query_timeout = 25s
[map parents]
search = domain
query = SELECT '%s' FROM virtual_users WHERE '%s' LIKE '.%%' AND SLEEP(20) = 0 LIMIT 1
query_timeout = 25s
[map quoted]
search = access
query = SELECT CONCAT('%s', SLEEP(20))
query_timeout = 25s
"""

KINDS = {
    "idle": lambda n: b"",
    "say half a request": lambda n: request("echo", KEY)[:-1],
    "say half of a huge request": lambda n: b"100000:echo " + b"x" * 99_000,
    "announce what cannot be": lambda n: b"99999999999999999999:",
    "do not read": lambda n: request("big", "k") * 20,
    "ask without pause": lambda n: request("echo", f"{n % 50}") * 4000,
    "ask without pause behind one that waits":
        lambda n: request("hangs", f"{n}") + request("echo", f"{n % 50}") * 4000,
    "wait with a long key and many parents": lambda n: request("parents", f"{n}." + PARENTS),
    "wait with a long key": lambda n: request("hangs", f"{n}" + KEY),
    "wait with an address as long as can be": lambda n: request("quoted", ADDRESS % n),
}

ALL = list(KINDS.values())
KINDS["all of these"] = lambda n: ALL[n % len(ALL)](n)


@pytest.fixture(name="descriptors")
def descriptors_fixture():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 11000), max(before[1], 11000)))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def told_bound(whose):
    """What docs/security.md says that they can make grow, in bytes."""
    text = (SOURCE / "docs/security.md").read_text("utf-8")
    return int(re.search(rf"^\| all that {whose} can make grow \| (\d+) MiB beside `max_size`", text,
                         re.MULTILINE).group(1)) * MIB


def misbehave_at(path, what):
    """Connect and send as much as is taken, without waiting for anything."""
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    connection.setblocking(False)
    try:
        while what:
            what = what[connection.send(what):]
    except OSError:
        pass  # it takes no more, or has closed
    return connection


def misbehave(daemon, what):
    return misbehave_at(daemon.address.removeprefix("unix:"), what)


@pytest.mark.parametrize("kind", KINDS)
def test_memory_is_bounded(vmapd, descriptors, figures, kind):
    daemon = vmapd(maps=MAPS, cache="max_size = 2M",
                   server="client_read_timeout = 30s\nclient_write_timeout = 30s\nlookup_timeout = 30s")
    with Watch(daemon) as watch, \
            Clients(daemon, "echo", [f"polite{n}" for n in range(10)], count=1) as polite:
        crowd = [misbehave(daemon, KINDS[kind](n)) for n in range(COUNT)]
        polite.wait_for_more(200)
        left = daemon.stats()["clients"]["current"]
        most = peak(daemon.process)
        for connection in crowd:
            connection.close()
    figures(f"{most / MIB:.0f} MiB at most, {left} clients left, {watch}, polite: {polite}")
    assert polite.right == polite.total
    watch.check()
    assert most <= 2 * MIB + bound(told_bound("clients"))


def test_who_comes_and_goes(vmapd, descriptors, figures):
    """What they asked for goes with them, but for what the database was asked already."""
    daemon = vmapd(maps=MAPS, cache="max_size = 2M", server="lookup_timeout = 60s")
    with Watch(daemon) as watch, \
            Clients(daemon, "echo", [f"polite{n}" for n in range(10)], count=1) as polite:
        for number in range(12_000):
            connection = misbehave(daemon, request("hangs", f"{number}" + KEY))
            connection.close()
        polite.wait_for_more(200)
        waiting = daemon.stats()["database"]["waiting"]
        most = peak(daemon.process)
    figures(f"{most / MIB:.0f} MiB at most, {waiting} queries wait, {watch}, polite: {polite}")
    assert waiting <= 1  # the polite one's, at this moment
    assert polite.right == polite.total
    watch.check()
    assert most <= 2 * MIB + bound(told_bound("clients"))


def test_all_others(vmapd, mariadb, figures):
    """Rows as large as they may be on each connection to the database, control connections and those of
    metrics that say half a request each."""
    large = """
[map large]
cache = no
query = SELECT CONCAT('%s', REPEAT('x', 16000000))
"""
    mariadb.sql("SET GLOBAL max_allowed_packet = 67108864")
    metrics = f"127.0.0.1:{free_port()}"
    daemon = vmapd(maps=MAPS + large, cache="max_size = 2M", server=f"metrics = inet:{metrics}",
                   database="max_connection_age = 1h\n")
    crowd = [daemon.client() for _ in range(16)]
    crowd += [misbehave_at(daemon.control, b"199999:lookup echo " + b"x" * 199_000) for _ in range(64)]
    try:
        for number, client in enumerate(crowd[:16]):
            client.send(request("large", f"{number}"))
        said = {client.receive().text for client in crowd[:16]}
        most = peak(daemon.process)
    finally:
        for connection in crowd:
            connection.close()
        mariadb.sql("SET GLOBAL max_allowed_packet = DEFAULT")
    figures(f"{most / MIB:.0f} MiB at most, {said}")
    assert said == {"the answer is too large"}
    assert most <= 2 * MIB + bound(told_bound("others"))

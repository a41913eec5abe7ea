"""Tables held whole: how soon they are known and what they take, what looking costs the server, how soon a change
is seen, and what a cached answer costs beside them. At a server that tells nothing of changes, as Debian ships
it, unless the row says otherwise."""
import itertools
import statistics
import time

from harness import mailsystem
from harness.mariadb import MariaDB
from harness.process import wait_until
from harness.vmapd import Vmapd
from figures.process import cpu_seconds, memory
from figures.report import alone, compared, interleaved
from figures.site import ANSWER, program, run_json, user

GROUP = "mirrors"
DATABASE = "large"
SIZES = (100_000, 1_000_000)
KEYS = 20_000
LOOKING_SECONDS = 20
CHANGES = 30
STRANGERS = 1000

CONF = """\
[server]
listen = unix:{directory}/vmap
control = unix:{directory}/control
[database]
hosts = unix:{socket}
user = {user}
password = {password}
dbname = large
[cache]
mirror = yes
max_size = 512M
[map mailboxes]
search = address
query = SELECT 1 FROM people WHERE email='%s'
"""


def _mirror(daemon):
    return daemon.stats()["mirrors"]["mailboxes"]


class _Large:
    """A server without a log, one table of so many rows, and a daemon that holds it."""

    def __init__(self, site):
        self.site = site
        self.server = MariaDB(site.path("no-log"), "--innodb-buffer-pool-size=256M")
        directory = site.path("large")
        self.daemon = Vmapd(directory, CONF.format(directory=directory, socket=self.server.socket,
                                                   user=mailsystem.USER, password=mailsystem.PASSWORD))
        self.daemon.address = f"unix:{directory}/vmap"
        self.numbers = itertools.count()

    def start(self):
        self.server.start()
        self.server.sql("CREATE DATABASE large; CREATE TABLE large.people (email VARCHAR(100) PRIMARY KEY);"
                        + self.server.grant("SELECT", DATABASE, mailsystem.USER, mailsystem.PASSWORD))
        self.daemon.start()
        wait_until(lambda: _mirror(self.daemon)["state"] == "live", "the mirror is live")

    def stop(self):
        self.daemon.stop()
        self.server.stop()

    def load(self, rows):
        """So many rows and no more. Seconds from their commit until all are known, and until that is live."""
        self.server.sql(f"TRUNCATE people; INSERT INTO people SELECT CONCAT('user', seq, '@d', seq % 800, '.example') "
                        f"FROM seq_1_to_{rows}", DATABASE)
        began = time.monotonic()
        wait_until(lambda: _mirror(self.daemon)["rows"] == rows and _mirror(self.daemon)["state"] == "live",
                   "all rows are there", 120)
        return time.monotonic() - began

    def staleness(self):
        """Seconds from a commit until the answer is the right one."""
        with self.daemon.client() as client:
            for _ in range(CHANGES):
                name = f"new{next(self.numbers)}@d1.example"
                client.ask("mailboxes", name)
                time.sleep(0.1 * (next(self.numbers) % 10))  # at any moment of the interval
                self.server.sql(f"INSERT INTO people VALUES ('{name}')", DATABASE)
                began = time.monotonic()
                while client.ask("mailboxes", name).status != "OK":
                    time.sleep(0.005)
                yield time.monotonic() - began


def _looking_share(server, daemon):
    """Of a processor, in per cent: what the server does while nobody asks and nothing changes."""
    time.sleep(1)
    before, reads = cpu_seconds(server.process.pid), _mirror(daemon)["reads"]
    time.sleep(LOOKING_SECONDS)
    return (100 * (cpu_seconds(server.process.pid) - before) / LOOKING_SECONDS,
            _mirror(daemon)["reads"] - reads)


def _size_rows(large):
    for rows in SIZES:
        before = memory(large.daemon.process.pid)
        seconds = large.load(rows)
        mirror = _mirror(large.daemon)
        keys = sum(len(f"user{i}@d{i % 800}.example") for i in range(1, rows + 1)) + rows
        grown = memory(large.daemon.process.pid) - before
        yield alone(GROUP, f"seconds from the commit of {rows:,} rows until they are live", [seconds],
                    at_most=2 if rows < 1_000_000 else 20)
        yield alone(GROUP, f"  of them to read the table, {rows:,} rows", [mirror["read_ms"] / 1000])
        yield alone(GROUP, f"bytes a row beyond key and value, {rows:,} rows", [(mirror["bytes"] - keys) / rows],
                    at_most=64)
        yield alone(GROUP, f"RSS a row beyond key and value, {rows:,} rows, bytes", [(grown - keys) / rows])
        share, _ = _looking_share(large.server, large.daemon)
        yield alone(GROUP, f"the server's part of a core while nothing changes, {rows:,} rows, %", [share],
                    at_most=2 if rows == SIZES[0] else None)
        if rows == SIZES[0]:
            waits = sorted(large.staleness())
            yield alone(GROUP, f"seconds until a change is seen, {rows:,} rows, p50", [statistics.median(waits)])
            yield alone(GROUP, f"seconds until a change is seen, {rows:,} rows, the longest", [waits[-1]])
    yield alone(GROUP, "longest stall of the event loop meanwhile, ms",
                [large.daemon.stats()["loop_stall_max_us"] / 1000], at_most=50)


def _hits(site, daemon):
    keys = site.write_lines("mirror-keys", (user(index) for index in range(KEYS)))
    return run_json(program("load"), "-j", "-s", f"{daemon.directory}/vmap", "-p", daemon.process.pid,
                    "-m", "mailboxes", "-k", keys, "-e", ANSWER, "-c", 64, "-r", "-w", 0.1, "-t", 1)


def _select_rows(daemon):
    """Of recipients that are there and that nobody has asked for; looking is not among them."""
    before = daemon.stats()["database"]["queries"]
    with daemon.client() as client:
        for number in range(STRANGERS):
            name = user(KEYS + 7 * number)
            replies = (client.ask("domains", name.partition("@")[2]), client.ask("mailboxes", name))
            assert all(reply.status == "OK" for reply in replies)
    yield alone(GROUP, "SELECTs for a known recipient never asked for before",
                [(daemon.stats()["database"]["queries"] - before) / STRANGERS], at_most=0.01)


def _hit_rows(site, rounds):
    daemons = {"with": site.vmapd("mirrors", site.unix, cache="mirror = yes"),
               "without": site.vmapd("no-mirrors", site.unix)}
    for daemon in daemons.values():
        daemon.start()
    try:
        wait_until(lambda: all(mirror["state"] == "live" for mirror in daemons["with"].stats()["mirrors"].values()),
                   "the mirrors are live", 60)
        yield from _select_rows(daemons["with"])
        for daemon in daemons.values():
            _hits(site, daemon)
        results = interleaved(3 * rounds, {name: lambda daemon=daemon: _hits(site, daemon)
                                           for name, daemon in daemons.items()})
    finally:
        for daemon in daemons.values():
            daemon.stop()
    for figure, words, target in (("requests_per_second", "requests/s", {"at_least": 0.98}),
                                  ("server_cpu_us", "server CPU, us/request", {}),
                                  ("p99_us", "latency p99, us", {})):
        yield compared(GROUP, f"hit path with mirrors, {words}, 64 clients", [one[figure] for one in results["with"]],
                       [one[figure] for one in results["without"]], "without", **target)


def measure(site, arguments):
    yield from _hit_rows(site, arguments.rounds)
    large = _Large(site)
    try:
        large.start()
        yield from _size_rows(large)
    finally:
        large.stop()

"""What it is worth to be told of changes: strangers who try names, with tables that are held whole and
with a stream of their changes; and how soon after a COMMIT an answer is the right one."""
import dataclasses
import itertools
import multiprocessing
import statistics
import time

from harness import mailsystem
from harness.dump import Dump
from harness.process import wait_until
from harness.socketmap import Client as Asker
from figures.postfix import VMAPD_TABLES, Instance, tables
from figures.report import alone, compared, interleaved
from figures.smtp import ATTEMPTS, Client

FLOOD = "strangers, SMTP, 16 sessions"
SOON = "from COMMIT's return to the right answer"
CHANGES = 300  # in each round
WRITERS = 4

MIRROR = "mirror = yes"
STREAM = "mirror_stream = yes"


# --- strangers --------------------------------------------------------------------------------------

def _instances(site):
    """One for each kind of tables; none of them runs."""
    others = tables(site, site.tcp)
    found = {kind: Instance(site, f"strangers-{kind.removesuffix(':mysql')}", others[kind])
             for kind in ("mysql", "proxy:mysql", "free")}
    for kind, line in (("mirror", ""), ("stream", STREAM)):
        listen = f"unix:{site.path(f'strangers-{kind}/queue')}/private/vmap"
        daemon = site.vmapd(f"vmapd-{kind}", site.tcp, listen=listen, database=line, cache=MIRROR)
        found[kind] = Instance(site, f"strangers-{kind}", VMAPD_TABLES, daemon=daemon)
    return found


def wait_live(daemon):
    """Until all mirrors are complete, and their streams run if there are to be some."""
    def live():
        mirrors = daemon.stats()["mirrors"].values()
        return mirrors and all(mirror["state"] == "live" and mirror["stream"]["state"] in ("live", "off")
                               for mirror in mirrors)
    wait_until(live, "all mirrors are live", 60)


def _flood(client):
    strangers = list(itertools.islice(client.unknown, ATTEMPTS))
    return client.offer(strangers, "-f")


def _strangers(site, rounds):
    instances = _instances(site)
    try:
        clients = {}
        for kind, instance in instances.items():
            instance.start()
            if instance.daemon is not None:
                wait_live(instance.daemon)
            clients[kind] = Client(site, kind, instance)
            _flood(clients[kind])  # processes start, connect, and come to know the domains
        if any(mirror["stream"]["state"] != "live"
               for mirror in instances["stream"].daemon.stats()["mirrors"].values()):
            raise RuntimeError("there is no stream")
        results = interleaved(rounds, {kind: lambda client=client: _flood(client)
                                       for kind, client in clients.items()})
    finally:
        for instance in instances.values():
            instance.stop()

    def series(kind, figure):
        return [result[figure] for result in results[kind]]
    for kind, words, targets, most in (
            ("stream", "with a stream", {"mysql": 2.3, "proxy:mysql": 3}, 0.02),
            ("mirror", "with mirrors alone", {}, None)):
        for other in ("mysql", "proxy:mysql"):
            yield compared(FLOOD, f"unknown recipients refused/s, {words}", series(kind, "recipients_per_second"),
                           series(other, "recipients_per_second"), other, at_least=targets.get(other))
            if other in targets:
                yield compared(FLOOD, "  the limit: free tables instead of vmapd", series("free", "recipients_per_second"),
                               series(other, "recipients_per_second"), other)
        yield dataclasses.replace(
            alone(FLOOD, f"SELECTs per refused recipient, {words}", series(kind, "selects"), at_most=most),
            other=statistics.median(series("mysql", "selects")), compared_with="mysql")


# --- changes ----------------------------------------------------------------------------------------

def _write_elsewhere(path, first):
    """A writer of another table, until it is stopped."""
    connection = Dump(path)
    for number in itertools.count(first):
        connection.query(f"INSERT INTO {mailsystem.DATABASE}.elsewhere VALUES ({number})")
        time.sleep(0.002)


class _Changer:
    """Adds mailboxes and removes them, and asks for each until the answer is the right one."""

    def __init__(self, site, daemon):
        self.path = site.mariadb.socket
        self.connection = Dump(self.path)
        self.asker = Asker(daemon.address)
        self.names = (f"new{number}@d1.example" for number in itertools.count())

    def _until(self, name, status):
        committed = time.perf_counter()
        while self.asker.ask("mailboxes", name).status != status:
            pass
        return 1000 * (time.perf_counter() - committed)

    def _waits(self):
        for name in itertools.islice(self.names, CHANGES):
            self.asker.ask("mailboxes", name)
            self.connection.query(f"INSERT INTO {mailsystem.DATABASE}.virtual_users (domain_id, password, email) "
                                  f"VALUES (1001, 'x', '{name}')")
            yield self._until(name, "OK")
            self.connection.query(f"DELETE FROM {mailsystem.DATABASE}.virtual_users WHERE email = '{name}'")
            yield self._until(name, "NOTFOUND")

    def round(self):
        """Of all changes, in ms: half of them, and 99 of 100, are sooner."""
        waits = sorted(self._waits())
        return {"p50": waits[len(waits) // 2], "p99": waits[len(waits) * 99 // 100]}

    def busy_round(self):
        writers = [multiprocessing.Process(target=_write_elsewhere,
                                           args=(self.path, time.time_ns() // 1000 % 500_000_000 + 400_000_000 * number))
                   for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        try:
            return self.round()
        finally:
            for writer in writers:
                writer.terminate()
                writer.join()

    def close(self):
        self.connection.close()
        self.asker.close()


def _changes(site, rounds):
    daemon = site.vmapd("vmapd-changes", site.tcp, database=STREAM, cache=MIRROR)
    daemon.start()
    try:
        wait_live(daemon)
        changer = _Changer(site, daemon)
        results = interleaved(rounds, {"quiet": changer.round, f"{WRITERS} writers": changer.busy_round})
        changer.close()
    finally:
        daemon.stop()
    for kind, targets in (("quiet", {"p50": 1, "p99": 20}), (f"{WRITERS} writers", {})):
        for figure in ("p50", "p99"):
            yield alone(SOON, f"{figure}, ms, {kind}", [result[figure] for result in results[kind]],
                        at_most=targets.get(figure))


def measure(site, arguments):
    yield from _strangers(site, arguments.rounds)
    yield from _changes(site, arguments.rounds)

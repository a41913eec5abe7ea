"""Mail through Postfix: strangers who try names, and messages. How much of it there is in a second,
and how many queries it costs, with vmapd's tables and with Postfix's own. The database is reached over TCP, as the
tutorial has it, by all of them."""
import dataclasses
import itertools
import statistics
import time

from figures.postfix import ACCOUNTS, Instance, Sink, tables
from figures.process import cpu_seconds
from figures.report import alone, compared, interleaved
from figures.site import USER_DOMAINS, USERS, program, run_json, user

GROUP = "SMTP, 16 sessions"
SESSIONS = 16
ATTEMPTS = 4000  # of the flood, in each round
MESSAGES = 500
PER_SESSION = 20  # recipients; what Postfix stands by default
DOMAINS = 100  # of all mail here, so that domains are known and recipients are not


class Client:
    """Strangers who talk to one Postfix. Whom they name, they have not named before."""

    def __init__(self, site, kind, instance):
        self.site, self.instance, self.account = site, instance, ACCOUNTS[kind]
        self.unknown = (f"nobody{number}@d{number % DOMAINS}.example"
                        for number in itertools.count())
        self.known = (user(index) for row in range(0, USERS, USER_DOMAINS)
                      for index in range(row, row + DOMAINS))

    def round(self):
        """Unknown recipients, and the same again; then messages to recipients never seen, and to
        the same again."""
        strangers = list(itertools.islice(self.unknown, ATTEMPTS))
        recipients = list(itertools.islice(self.known, MESSAGES))
        assert len(recipients) == MESSAGES
        return {"flood": self.offer(strangers, "-f"), "flood again": self.offer(strangers, "-f"),
                "new": self.offer(recipients), "seen": self.offer(recipients)}

    def offer(self, recipients, *options):
        """Name them all; what it came to, and what it took of the servers."""
        file = self.site.write_lines("recipients", (f"<{address}>" for address in recipients))
        before = self.taken()
        result = run_json(program("smtp_load"), "-p", self.instance.postfix.port, "-c", SESSIONS,
                          "-r", PER_SESSION, *options, file)
        self.instance.wait_empty()
        for what, taken in self.taken().items():
            result[what] = (taken - before[what]) / result["recipients"]
        result["per_second"] = 1 / result["seconds"]
        if self.account is not None:
            result["connections"] = self.site.mariadb.connections_of(self.account)
        return result

    def taken(self):
        """Of the clock, of the processors by all servers, and of the database."""
        mariadb = self.site.mariadb
        return {"seconds": time.monotonic(),
                "cpu_us": 1e6 * (self.instance.cpu_seconds() + cpu_seconds(mariadb.process.pid)),
                "selects": mariadb.status("Com_select")}


def _rows(results):
    def series(kind, what, figure):
        return [result[what][figure] for result in results[kind]]

    def rows(name, what, figure, targets):
        """Where there are targets, also what could be had if lookups cost nothing."""
        for other in ("mysql", "proxy:mysql"):
            yield compared(GROUP, name, series("vmapd", what, figure), series(other, what, figure),
                           other, at_least=targets.get(other))
            if other in targets:
                yield compared(GROUP, "  the limit: free tables instead of vmapd",
                               series("free", what, figure), series(other, what, figure), other)

    def counts(name, what, figure, most=None):
        """Without a ratio: there may be none at all."""
        yield dataclasses.replace(alone(GROUP, name, series("vmapd", what, figure), at_most=most),
                                  other=statistics.median(series("mysql", what, figure)),
                                  compared_with="mysql")

    yield from rows("unknown recipients refused/s", "flood", "recipients_per_second",
                    {"mysql": 2, "proxy:mysql": 3.5})
    yield from rows("the same recipients again, refused/s", "flood again", "recipients_per_second",
                    {})
    yield from rows("messages/s, recipients never seen", "new", "per_second", {"mysql": 1.2})
    yield from rows("messages/s, recipients seen", "seen", "per_second", {"mysql": 1.2})
    yield from rows("server CPU, us/refused recipient", "flood", "cpu_us", {})
    yield from rows("server CPU, us/message, recipient seen", "seen", "cpu_us", {})
    yield from counts("SELECTs per refused recipient", "flood", "selects", 2.1)
    yield from counts("SELECTs per message, recipient never seen", "new", "selects", 2.1)
    yield from counts("SELECTs per message, recipient seen", "seen", "selects", 0.05)
    yield from counts("database connections", "seen", "connections")


def _instances(site, sink):
    """One for each kind of tables; none of them runs."""
    listen = f"unix:{site.path('postfix-vmapd/queue')}/private/vmap"
    daemon = site.vmapd("vmapd-of-postfix", site.tcp, listen=listen)
    return {kind: Instance(site, f"postfix-{kind.removesuffix(':mysql')}", values,
                           f"lmtp:inet:[127.0.0.1]:{sink.port}",
                           daemon if kind == "vmapd" else None)
            for kind, values in tables(site, site.tcp).items()}


def measure(site, arguments):
    sink = Sink(site)
    servers = _instances(site, sink)
    try:
        sink.start()
        clients = {}
        for name, instance in servers.items():
            instance.start()
            clients[name] = Client(site, name, instance)
            clients[name].round()  # processes start, connect, and come to know the domains
        yield from _rows(interleaved(arguments.rounds, {name: client.round
                                              for name, client in clients.items()}))
    finally:
        for instance in servers.values():
            instance.stop()
        sink.stop()

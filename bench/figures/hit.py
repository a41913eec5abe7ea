"""Answers from the cache, beside servers that answer without looking: what can be had at most."""
import os

from harness.socketmap import Client
from figures.process import memory
from figures.report import alone, compared, interleaved
from figures.site import ANSWER, null_server, program, run_json, user

GROUP = "hit path"
KEYS = 20_000
IDLE = 10_000

# Seconds of each measurement, by the number of connections; many short ones, because what else the
# machine does is not the same for long.
SECONDS = {1: 0.3, 16: 0.3, 64: 0.3, 256: 0.3, 10_000: 1}
MORE_ROUNDS = 2
TARGETS = {16: 0.85, 64: 0.85}


class _Servers:
    """vmapd with all keys in its cache, and the null servers: name -> (socket, pid)."""

    def __init__(self, site):
        self.site = site
        self.keys = site.write_lines("hit-keys", (user(index) for index in range(KEYS)))
        self.nulls = {}
        self.daemon = site.vmapd("hit", site.unix)

    def start(self):
        for name in ("null_epoll", "null_libevent"):
            self.nulls[name] = null_server(name, self.site.path(name))
        self.daemon.start()
        self.load("vmapd", 64, "-n", KEYS, "-t", 60)

    def stop(self):
        self.daemon.stop()
        for process in self.nulls.values():
            process.stop()

    def load(self, name, connections, *options):
        """One client and its server take turns, so they share a processor; else the scheduler would
        be measured, which puts them now on one, now on two, and that is eight times slower."""
        server = self.nulls.get(name, self.daemon.process)
        processors = {0} if connections == 1 else os.sched_getaffinity(0)
        os.sched_setaffinity(server.pid, processors)
        path = self.site.path(name) if name in self.nulls else f"{self.daemon.directory}/vmap"
        return run_json("taskset", "-c", ",".join(map(str, processors)), program("load"), "-j",
                        "-s", path, "-p", server.pid, "-m", "mailboxes", "-k", self.keys,
                        "-e", ANSWER, "-c", connections, *options)


def idle_bytes(daemon):
    """Memory for each connection of many that have asked once and then stay."""
    before = memory(daemon.process.pid)
    clients = [Client(daemon.address) for _ in range(IDLE)]
    for client in clients:
        client.ask("mailboxes", user(0))
    after = memory(daemon.process.pid)
    for client in clients:
        client.close()
    return (after - before) / IDLE


FIGURES = {"requests_per_second": "requests/s", "server_cpu_us": "server CPU, us/request",
           "p50_us": "latency p50, us", "p99_us": "latency p99, us",
           "p999_us": "latency p999, us"}


def rows(results, connections):
    clients = f"{connections:,} clients" if connections > 1 else "1 client"

    def row(figure, other, **target):
        return compared(GROUP, f"{FIGURES[figure]}, {clients}",
                        [result[figure] for result in results["vmapd"]],
                        [result[figure] for result in results[other]], other, **target)

    yield row("requests_per_second", "null_libevent", at_least=TARGETS.get(connections))
    yield row("requests_per_second", "null_epoll")
    for figure in list(FIGURES)[1:]:
        yield row(figure, "null_libevent")


def measure(site, arguments):
    servers = _Servers(site)
    try:
        servers.start()
        yield alone(GROUP, f"RSS per idle client of {IDLE:,}, bytes",
                    [idle_bytes(servers.daemon)], at_most=1024)
        for connections, seconds in SECONDS.items():
            measures = {
                name: lambda name=name: servers.load(name, connections, "-r", "-w", 0.1, "-t",
                                                     seconds)
                for name in ("vmapd", "null_libevent", "null_epoll")}
            more = MORE_ROUNDS if connections < IDLE else 1
            yield from rows(interleaved(arguments.rounds * more, measures), connections)
    finally:
        servers.stop()

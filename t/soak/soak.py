#!/usr/bin/env python3
"""Soak: lookups without pause, while everything around vmapd fails in random order and its
configuration is reloaded. Every answer is checked, and memory has to be as large at the end as it
was after the first round of faults. `make soak` runs it on a build with AddressSanitizer.

The order comes from a seed that is printed: --seed runs it again. Ends with 0 if all was well."""
import argparse
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "system"))

# pylint: disable=wrong-import-position
from harness import mailsystem  # noqa: E402
from harness.clients import Tally, ask_and_judge  # noqa: E402
from harness.mariadb import MariaDB  # noqa: E402
from harness.memory import descriptors, rss, threads  # noqa: E402
from harness.process import wait_until  # noqa: E402
from harness.proxy import Fault, Proxy  # noqa: E402
from harness.socketmap import request  # noqa: E402
from harness.vmapd import Vmapd  # noqa: E402
from harness.watch import Watch  # noqa: E402

MIB = 1 << 20
OPEN_MORE = 16  # descriptors: of connections to the database that were not there at first
FLAT = 16 * MIB  # what memory may differ by; a leak in a hot place shows within seconds
KNOWN = {f"user{n}@example.com": f"user{n}@example.com" for n in range(1000)}
LOOKUP_TIMEOUT_S = 2.0
NEGATIVE_TTL_S = 1.0
MARGIN_S = 0.3  # between the moment when a row was written and the one when that is known here

MAPS = """
[map cached]
search = alias
tables = alias known
[map live]
cache = no
query = SELECT v FROM soak WHERE k='%s'
[map bad]
query = SELECT (SELECT v FROM soak_bad WHERE k='%s')
[table alias]
query = SELECT destination FROM virtual_aliases WHERE source='%s'
[table known]
query = SELECT v FROM soak WHERE k='%s'
"""

# Small enough to be full after the first round; memory of freed blocks goes back soon.
CACHE = f"max_size = 2M\nttl = 2s\nnegative_ttl = {NEGATIVE_TTL_S:g}s\nstale_ttl = 1h\n" \
        "stale_answer_timeout = 200ms\n"
SANITIZER = "quarantine_size_mb=1:thread_local_quarantine_size_kb=16"


class Site:
    """Two servers, one of them behind the proxy, and vmapd."""

    def __init__(self, directory):
        self.servers = [MariaDB(directory / name) for name in ("first", "second")]
        self.proxy = Proxy(self.servers[0].port)
        self.text = self._conf(directory / "vmapd")
        self.daemon = Vmapd(directory / "vmapd", self.text)
        env = self.daemon.process.env
        env["ASAN_OPTIONS"] = f"{env['ASAN_OPTIONS']}:{SANITIZER}"
        self.ends = []  # of faults: what has to be closed

    def start(self):
        for server in self.servers:
            server.start()
            mailsystem.load_database(server)
            server.sql("CREATE TABLE soak (k VARCHAR(50) PRIMARY KEY, v VARCHAR(50)); "
                       "INSERT INTO soak VALUES "
                       + ",".join(f"('{key}','{key}')" for key in KNOWN)
                       + "; CREATE TABLE soak_bad (k VARCHAR(50), v VARCHAR(50)); INSERT INTO soak_bad "
                       "SELECT * FROM soak; INSERT INTO soak_bad VALUES ('two','x'),('two','y')", "mailserver")
        self.daemon.start()

    def _conf(self, directory):
        text = mailsystem.vmapd_conf(
            self.servers[0], directory, maps=MAPS,
            server=f"lookup_timeout = {LOOKUP_TIMEOUT_S:g}s\nclient_read_timeout = 1s",
            database="query_timeout = 1s\nconnect_timeout = 1s\nretry_interval = 1s\nmax_connection_age = 3s",
            cache=f"{CACHE}state_file = {directory}/cache\nstate_interval = 2s\n")
        return re.sub(r"(?m)^hosts = .*",
                      f"hosts = 127.0.0.1:{self.proxy.port} 127.0.0.1:{self.servers[1].port}", text)

    def reload(self, rng):
        """Something else each time, one host alone or tables held whole as well; what the tables say stays."""
        hosts = re.search(r"(?m)^hosts = (.*)$", self.text).group(1)
        self.daemon.write_config(
            self.text.replace("pool_size = 4", f"pool_size = {rng.randint(1, 6)}")
            .replace(hosts, rng.choice([hosts, hosts, *hosts.split()]))
            .replace("[cache]\n", rng.choice(["[cache]\n", "[cache]\nmirror = yes\nmirror_interval = 100ms\n"]))
            .replace("ttl = 2s", f"ttl = {rng.randint(1, 3)}s", 1)
            + rng.choice(["", "[map other]\nquery = SELECT 1 FROM soak WHERE k='%s'\n"]))
        assert self.daemon.ctl("reload").returncode == 0

    def stop(self):
        self.proxy.close()
        for server in self.servers:
            if server.process.alive():
                server.kill()


# --- what goes wrong --------------------------------------------------------------------------------

def through_proxy(fault):
    def begin(site, _rng):
        site.proxy.delay_s = 3
        site.proxy.fault = fault
    return begin


def kill_all(site, _rng):
    for server in site.servers:
        server.kill()


def pause_all(site, _rng):
    for server in site.servers:
        server.pause()


def end_sessions(site, _rng):
    for server in site.servers:
        server.sql(f"KILL USER '{mailsystem.USER}'@'127.0.0.1'")


def hide_table(site, _rng):
    for server in site.servers:
        server.sql("RENAME TABLE soak TO soak_away", "mailserver")


def lock_tables(site, _rng):
    for server in site.servers:
        session = server.session("mailserver")
        session.run("LOCK TABLES soak WRITE, soak_bad WRITE")
        site.ends.append(session)


def take_rights(site, _rng):
    for server in site.servers:
        server.sql(f"REVOKE ALL ON mailserver.* FROM '{mailsystem.USER}'@'127.0.0.1'")


def drop_account(site, rng):
    rng.choice(site.servers).sql(f"DROP USER '{mailsystem.USER}'@'127.0.0.1'")


def crowd(site, rng):
    """Many at once with keys that nobody knows; some go at once, some stay and do not read."""
    for number in range(300):
        client = site.daemon.client()
        client.send(request(rng.choice(["live", "cached", "bad"]), f"crowd{number}-{rng.random()}") * 3)
        if rng.random() < 0.5:
            client.close()
        else:
            site.ends.append(client)


def refuse_login(site, _rng):
    for server in site.servers:
        server.sql(f"ALTER USER '{mailsystem.USER}'@'127.0.0.1' ACCOUNT LOCK")
    end_sessions(site, _rng)


FAULTS = {
    "first killed": lambda site, rng: site.servers[0].kill(),
    "second stopped": lambda site, rng: site.servers[1].stop(),
    "first paused": lambda site, rng: site.servers[0].pause(),
    "both killed": kill_all, "both paused": pause_all, "sessions killed": end_sessions,
    "table gone": hide_table, "account locked": refuse_login, "tables locked": lock_tables,
    "rights revoked": take_rights, "account dropped": drop_account, "crowd": crowd,
    **{f"network {fault.name.lower()}": through_proxy(fault)
       for fault in Fault if fault not in (Fault.NONE, Fault.STALL_TLS)},
    "reload": lambda site, rng: site.reload(rng),
    "flush": lambda site, rng: site.daemon.ctl("flush"),
}


def mend(site):
    site.proxy.fault = Fault.NONE
    while site.ends:
        site.ends.pop().close()
    for server in site.servers:
        server.ensure_running()
        server.sql(server.grant("SELECT", "mailserver", mailsystem.USER, mailsystem.PASSWORD)
                   + f"ALTER USER '{mailsystem.USER}'@'127.0.0.1' ACCOUNT UNLOCK")
        if server.sql("SHOW TABLES LIKE 'soak_away'", "mailserver"):
            server.sql("RENAME TABLE soak_away TO soak", "mailserver")


# --- load -------------------------------------------------------------------------------------------

class Load(Tally):
    """Clients that ask, others that behave badly, and somebody at the control socket."""

    def __init__(self, site, seed):
        super().__init__()
        self.site, self.seed = site, seed
        self.over = threading.Event()
        self._threads = [threading.Thread(target=self._guard, args=(work, number))
                         for number, work in enumerate([self._ask] * 5 + [
                             self._ask_badly, self._add_rows, self._misbehave, self._control])]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self._threads:
            thread.join()

    def _guard(self, work, number):
        try:
            work(random.Random(f"{self.seed}/{number}"))
        except Exception as error:  # pylint: disable=broad-except
            self.problems.append(f"{work.__name__}: {error!r}")

    def _ask(self, rng):
        unknown = 0
        while not self.over.is_set():
            with self.site.daemon.client(LOOKUP_TIMEOUT_S + 20) as client:
                for _ in range(rng.randint(1, 2000)):
                    if self.over.is_set():
                        return
                    unknown += 1
                    key = rng.choice(list(KNOWN)) if rng.random() < 0.8 \
                        else f"unknown{unknown}-{rng.random()}@example.com"
                    ask_and_judge(self, client, rng.choice(["cached", "cached", "live"]), key,
                                  {key: KNOWN.get(key)})

    def _ask_badly(self, rng):
        """A key that is always an error, again and again: never an answer, and nobody else's trouble."""
        while not self.over.wait(0.05):
            with self.site.daemon.client(LOOKUP_TIMEOUT_S + 20) as client:
                for _ in range(20):
                    status = client.ask("bad", "two").status
                    assert status in ("TEMP", "TIMEOUT"), f"two: {status}"
                    key = rng.choice(list(KNOWN))
                    ask_and_judge(self, client, "bad", key, {key: key})

    def _add_rows(self, _rng):
        """What was not found is, and stays so for no longer than negative_ttl, whatever fails meanwhile."""
        number = 0
        while not self.over.wait(0.05):
            number += 1
            key = f"new{number}@example.com"
            with self.site.daemon.client(LOOKUP_TIMEOUT_S + 20) as client:
                assert client.ask("cached", key).status != "OK", f"{key} is found too early"
                try:
                    for server in self.site.servers:
                        server.sql(f"INSERT INTO soak VALUES ('{key}','{key}')", "mailserver")
                except RuntimeError:
                    continue  # perhaps one has it, perhaps none
                written = time.monotonic()
                while time.monotonic() - written < NEGATIVE_TTL_S + 2 and not self.over.wait(0.1):
                    asked = time.monotonic() - written
                    reply = client.ask("cached", key)
                    if reply.status == "NOTFOUND" and asked < NEGATIVE_TTL_S + MARGIN_S:
                        continue
                    self.judge(key, reply, key, time.monotonic() - written - asked)
                    if reply.status == "OK":
                        break

    def _misbehave(self, rng):
        """Rubbish, half requests, askers that leave, answers that nobody reads."""
        while not self.over.wait(0.02):
            with self.site.daemon.client() as client:
                client.send(rng.choice([
                    b"GET / HTTP/1.0\r\n\r\n", b"99999999:", b"20:cached user",
                    request("live", "user1@example.com") * rng.randint(1, 500),
                    request("no-such-map", "x"), request("cached", b"\xff\xfe"),
                    request("cached", "x" * rng.randint(1, 90_000))]))
                if rng.random() < 0.5:
                    client.half_close()

    def _control(self, rng):
        while not self.over.wait(0.1):
            command = rng.choice([["stats"], ["stats", "--json"], ["stats", "--prometheus"],
                                  ["explain", "cached", "user1@example.com"],
                                  ["flush", "cached", "user2@example.com"],
                                  ["lookup", "live", "user3@example.com"]])
            run = self.site.daemon.ctl(*command)
            assert run.returncode in (0, 75), (command, run)


# --- the run ----------------------------------------------------------------------------------------

def run_round(site, load, rng, until):
    """Each fault once. Returns how many there were; fewer when time is up."""
    order = list(FAULTS)
    rng.shuffle(order)
    for number, name in enumerate(order):
        if time.monotonic() > until or load.problems:
            return number
        FAULTS[name](site, rng)
        load.over.wait(rng.uniform(0.1, 1.5))
        mend(site)
        load.over.wait(rng.uniform(0.0, 0.3))
    return len(order)


def recover(site):
    mend(site)
    site.daemon.write_config(site.text)
    assert site.daemon.ctl("reload").returncode == 0
    for key in list(KNOWN)[:5]:
        wait_until(lambda key=key: site.daemon.ask("live", key) == ("OK", key), "all is well", 5)


def soak(site, seconds, seed):
    rng = random.Random(seed)
    until = time.monotonic() + seconds
    sizes, faults = [], 0
    open_before = descriptors(site.daemon.process)
    with Watch(site.daemon) as watch, Load(site, seed) as load:
        while time.monotonic() < until and not load.problems:
            faults += run_round(site, load, rng, until)
            recover(site)
            sizes.append(rss(site.daemon.process))
            print(f"  {faults} faults, {load}, {sizes[-1] / MIB:.1f} MiB", flush=True)
    stats = site.daemon.stats()
    print(f"{faults} faults, {load}")
    print(f"{stats['cache']['stale_served']} old answers, {stats['database']['reconnects']} "
          f"reconnects, {watch}")
    print(f"memory: {sizes[0] / MIB:.1f} MiB after the first round, {sizes[-1] / MIB:.1f} MiB at "
          f"the end, {max(sizes) / MIB:.1f} MiB at most")
    assert not load.problems, load.problems[:5]
    assert load.wrong == 0 and load.right > 0
    assert load.longest < LOOKUP_TIMEOUT_S + 5
    assert sizes[-1] < sizes[0] + FLAT, "memory has grown"
    wait_until(lambda: threads(site.daemon.process) <= 2, "the threads that connect end")
    wait_until(lambda: descriptors(site.daemon.process) <= open_before + OPEN_MORE,
               f"no more than {open_before} descriptors and the connections to the database stay open")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    directory = Path(tempfile.mkdtemp(prefix="vmapd-soak-", dir="/tmp"))
    directory.chmod(0o755)
    print(f"soak for {options.seconds:g} s, --seed {options.seed}", flush=True)
    site = None
    try:
        site = Site(directory)
        site.start()
        soak(site, options.seconds, options.seed)
        site.daemon.stop()  # checks its exit code, and that no sanitizer has complained
        print("ok")
    finally:
        if site is not None:
            if site.daemon.process.alive():
                site.daemon.kill()
            site.stop()
        if sys.exc_info()[0] is not None and os.path.exists(directory / "vmapd" / "vmapd.log"):
            log = (directory / "vmapd" / "vmapd.log").read_text(errors="replace")
            print("".join(log.splitlines(keepends=True)[-40:]), file=sys.stderr)
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()

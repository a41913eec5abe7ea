"""vmapctl: what it prints and how it exits."""
import os
import re
import socket

import pytest

from harness.vmapd import vmapd as daemon_program
from harness.vmapd import vmapctl

STATS_KEYS = {
    "": {"version", "uptime_seconds", "lookups", "replies", "cache", "clients", "database", "hosts",
         "maps", "latency_us"},
    "replies": {"ok", "notfound", "temp", "timeout", "perm"},
    "cache": {"hits", "negative_hits", "misses", "stale_served", "coalesced", "prefetches",
              "evictions", "entries", "negative_entries", "bytes", "max_bytes"},
    "clients": {"current", "accepted", "rejected"},
    "database": {"connections", "busy", "waiting", "queries", "errors", "timeouts", "reconnects"},
}
COUNTERS = {
    "": {"lookups"},
    "replies": STATS_KEYS["replies"],
    "cache": {"hits", "negative_hits", "misses", "stale_served", "coalesced", "prefetches",
              "evictions"},
    "clients": {"accepted", "rejected"},
    "database": {"queries", "errors", "timeouts", "reconnects"},
}


@pytest.fixture
def daemon(vmapd):
    return vmapd()


def test_ping(daemon):
    assert daemon.ctl("ping").returncode == 0


def test_lookup(daemon):
    found = daemon.ctl("lookup", "aliases", "alias+foo@example.com")
    assert (found.returncode, found.stdout) == (0, "email1+foo@example.com\n")
    missing = daemon.ctl("lookup", "mailboxes", "nobody@example.com")
    assert (missing.returncode, missing.stdout) == (1, "")
    unknown = daemon.ctl("lookup", "no-such-map", "key")
    assert (unknown.returncode, unknown.stdout) == (64, "")
    assert "no-such-map" in unknown.stderr


def test_lookup_of_a_key_like_no_other(daemon):
    """Keys are the administrator's arguments as they are: spaces, quotes, UTF-8, a dash first."""
    assert daemon.ctl("lookup", "mailboxes", '"John Doe"@example.com').stdout == "1\n"
    assert daemon.ctl("lookup", "mailboxes", "JÜRGEN@example.com").stdout == "1\n"
    assert daemon.ctl("lookup", "mailboxes", "--", "-x@example.com").returncode == 1


def test_lookup_without_the_database(daemon, mariadb):
    mariadb.stop()
    run = daemon.ctl("lookup", "mailboxes", "email1@example.com")
    assert (run.returncode, run.stdout) == (75, "")
    assert run.stderr.count("\n") == 1 and len(run.stderr) > 5


@pytest.mark.parametrize("arguments", [
    (), ("no-such-command",), ("lookup",), ("lookup", "aliases"), ("lookup", "a", "b", "c"),
    ("ping", "extra"), ("stats", "--xml"), ("flush", "a", "b", "c"), ("-x",), ("-s",),
], ids=repr)
def test_usage(daemon, arguments):
    run = vmapctl(*arguments) if arguments[:1] in ((), ("-x",), ("-s",)) else daemon.ctl(*arguments)
    assert run.returncode == 64, run
    assert run.stdout == "" and run.stderr and " \n" not in run.stderr


def test_not_reachable(workdir):
    run = vmapctl("-s", f"{workdir}/nobody-there", "ping")
    assert run.returncode == 69
    assert run.stderr.count("\n") == 1 and "nobody-there" in run.stderr
    assert run.stdout == ""


def test_flush(daemon, mariadb):
    for key in ("email1@example.com", "email2@example.com"):
        assert daemon.ask("mailboxes", key) == ("OK", "1")
    assert daemon.ask("domains", "example.com") == ("OK", "1")
    sent = mariadb.status("Com_select")

    one = daemon.ctl("flush", "mailboxes", "Email1@example.com")
    assert one.returncode == 0 and one.stdout.split()[0] == "1", one
    daemon.ask("mailboxes", "email2@example.com")
    assert mariadb.status("Com_select") == sent
    daemon.ask("mailboxes", "email1@example.com")
    assert mariadb.status("Com_select") == sent + 1

    table = daemon.ctl("flush", "mailboxes")
    assert table.returncode == 0 and table.stdout.split()[0] == "2", table
    daemon.ask("domains", "example.com")
    assert mariadb.status("Com_select") == sent + 1

    everything = daemon.ctl("flush")
    assert everything.returncode == 0 and everything.stdout.split()[0] == "1", everything
    assert daemon.ctl("flush", "no-such-map").returncode == 64


def test_flush_makes_a_new_mailbox_known(daemon, mariadb):
    """A lookup leaves "not found" for every key of its search; flush forgets all of them."""
    assert daemon.ask("mailboxes", "fresh+x@example.com").status == "NOTFOUND"
    mariadb.sql("INSERT INTO virtual_users (domain_id, password, email) "
                "VALUES (1, '-', 'fresh@example.com')", "mailserver")
    assert daemon.ctl("flush", "mailboxes", "fresh+x@example.com").returncode == 0
    assert daemon.ask("mailboxes", "fresh+x@example.com") == ("OK", "1")


def test_reload(daemon):
    good = daemon.ctl("reload")
    assert good.returncode == 0, good
    with open(daemon.conf, "a", encoding="utf-8") as file:
        file.write("[map broken]\nno_such_parameter = 1\n")
    with open(daemon.conf, encoding="utf-8") as file:
        line = file.read().count("\n")
    bad = daemon.ctl("reload")
    assert bad.returncode != 0
    assert f"{daemon.conf}:{line}: " in bad.stderr and "no_such_parameter" in bad.stderr, bad
    assert daemon.ask("mailboxes", "email1@example.com") == ("OK", "1")


def test_stats_for_people(daemon):
    daemon.ask("mailboxes", "email1@example.com")
    run = daemon.ctl("stats")
    assert run.returncode == 0
    for word in ("lookups", "mailboxes", "127.0.0.1"):
        assert word in run.stdout, run.stdout
    assert max(map(len, run.stdout.splitlines())) <= 100


def test_stats_json_keeps_its_contract(daemon, mariadb):
    before = daemon.stats()
    for section, keys in STATS_KEYS.items():
        assert keys <= set(before[section] if section else before), section

    for key in ("email1@example.com", "email1@example.com", "nobody@example.com",
                "nobody@example.com"):
        daemon.ask("mailboxes", key)
    daemon.ask("no-such-map", "key")
    mariadb.stop()
    daemon.ask("mailboxes", "later@example.com")
    after = daemon.stats()

    def grown(section, key):
        return after[section][key] - before[section][key]
    assert after["lookups"] - before["lookups"] == 6
    assert [grown("replies", name) for name in ("ok", "notfound", "perm")] == [2, 2, 1]
    assert grown("replies", "temp") + grown("replies", "timeout") == 1
    assert grown("cache", "hits") == 1
    # The second "nobody" finds both of its keys, itself and @example.com.
    assert grown("cache", "negative_hits") >= 2
    assert grown("cache", "misses") >= 3
    assert grown("clients", "accepted") == 6
    assert grown("database", "queries") >= 3
    assert after["cache"]["entries"] >= 1 and after["cache"]["negative_entries"] >= 2
    assert 0 < after["cache"]["bytes"] <= after["cache"]["max_bytes"] == 64 << 20
    assert after["maps"]["mailboxes"]["lookups"] == 5
    assert after["maps"]["mailboxes"]["ok"] == after["maps"]["mailboxes"]["notfound"] == 2
    assert [set(host) >= {"name", "state", "last_error"} for host in after["hosts"]] == [True]
    assert after["hosts"][0]["last_error"]
    for kind in ("hit", "miss"):
        assert {"p50", "p99", "p999"} <= set(after["latency_us"][kind])
        assert 0 <= after["latency_us"][kind]["p50"] <= after["latency_us"][kind]["p999"]
    assert after["latency_us"]["miss"]["p50"] > 0
    for section, keys in COUNTERS.items():
        for key in keys:
            old, new = (before[section], after[section]) if section else (before, after)
            assert new[key] >= old[key], (section, key)


def test_stats_tell_no_secret(daemon):
    for arguments in (("stats",), ("stats", "--json"), ("stats", "--prometheus")):
        run = daemon.ctl(*arguments)
        assert run.returncode == 0
        assert "mailuserpass" not in run.stdout + run.stderr
    assert "mailuserpass" not in daemon.log_text()


def test_control_socket_survives_rubbish(daemon):
    for rubbish in (b"", b"GET / HTTP/1.0\r\n\r\n", b"999999999:", b"3:a\0b,", b"0:,"):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(daemon.control)
            client.sendall(rubbish)
            client.shutdown(socket.SHUT_WR)
            client.settimeout(10)
            while client.recv(65536):
                pass
    assert daemon.ctl("ping").returncode == 0
    assert os.path.exists(daemon.control)


def test_what_was_meant():
    run = vmapctl("stat")
    assert (run.returncode, run.stderr.splitlines()[0]) == (
        64, "vmapctl: unknown command: stat; did you mean stats?")
    assert "did you mean" not in vmapctl("nonsense").stderr
    for command in re.findall(r"^  ([a-z]+) ", vmapctl("--help").stdout, re.MULTILINE):
        run = vmapctl(command, "--help")
        assert (run.returncode, run.stderr) == (0, "") and f" {command}" in run.stdout
    for option, text in ("--help", "usage: vmapd "), ("--version", "vmapd "):
        run = daemon_program(option)
        assert run.returncode == 0 and run.stdout.startswith(text)


def test_maps_are_listed(vmapd):
    daemon = vmapd()
    first, *maps = daemon.ctl("maps").stdout.splitlines()
    assert re.fullmatch(re.escape(daemon.conf) + ", fingerprint [0-9a-f]{16}", first)
    assert maps == ["domains: domains", "mailboxes: mailboxes", "aliases: alias, email2email"]
    assert daemon.ctl("lookup", "alias", "x").stderr == \
        "no such map: alias; there are: domains, mailboxes, aliases\n"


def test_an_address_is_forgotten_in_all_maps(vmapd):
    daemon = vmapd()
    assert daemon.ctl("lookup", "mailboxes", "email1@example.com").returncode == 0
    assert daemon.ctl("lookup", "aliases", "email1@example.com").returncode == 0
    run = daemon.ctl("flush", "email1@example.com")
    assert (run.returncode, run.stdout) == (0, "3 entries flushed\n")
    assert daemon.ctl("flush", "nonsense").returncode == 64

"""vmapd's command line, signals and sockets, as the documentation promises them."""
import os
import pwd
import re
import shutil
import signal
import socket
import threading
import time

import pytest

from harness import mailsystem
from harness.clients import Clients
from harness.process import wait_until
from harness.socketmap import request
from harness.vmapd import SOURCE, vmapctl, vmapd as run_vmapd

HIT = ("mailboxes", "email1@example.com")


# --- checking the configuration -----------------------------------------------------------------

def test_check_of_a_good_configuration(vmapd):
    daemon = vmapd.new()
    run = run_vmapd("-t", "-c", daemon.conf)
    assert run.returncode == 0, run.stderr
    assert not os.path.exists(f"{daemon.directory}/vmap")  # nothing was started


BAD = {
    # what is changed: (old, new), and what the message has to name
    "unknown parameter": ("pool_size = 4", "poolsize = 4", "poolsize"),
    "not a number": ("pool_size = 4", "pool_size = four", "four"),
    "out of range": ("pool_size = 4", "pool_size = 0", "pool_size"),
    "bad mode": ("socket_mode = 0660", "socket_mode = 0999", "0999"),
    "bad search": ("search = exact", "search = exactly", "exactly"),
    "missing table": ("tables = alias email2email", "tables = alias email3email", "email3email"),
    "bad expansion": ("name='%s'", "name='%y'", "%y"),
    "unknown section": ("[cache]", "[cash]", "section"),
    "no equals sign": ("pool_size = 4", "pool_size 4", "pool_size"),
    "not a socket": ("control = unix:", "control = tcp:", "control"),
}


@pytest.mark.parametrize("old, new, named", BAD.values(), ids=BAD.keys())
def test_bad_configuration_is_named(vmapd, old, new, named):
    daemon = vmapd.new()
    with open(daemon.conf, encoding="utf-8") as file:
        text = file.read()
    assert old in text
    daemon.write_config(text.replace(old, new, 1))
    line = text[:text.index(old)].count("\n") + 1
    for arguments in (("-t", "-c", daemon.conf), ("-c", daemon.conf)):
        run = run_vmapd(*arguments)
        assert run.returncode == 1
        assert f"{daemon.conf}:{line}: " in run.stderr, run.stderr
        assert named in run.stderr
    assert not os.path.exists(f"{daemon.directory}/vmap")


def test_missing_configuration(workdir):
    run = run_vmapd("-t", "-c", f"{workdir}/no-such-file.conf")
    assert run.returncode == 1 and "no-such-file.conf" in run.stderr


@pytest.mark.parametrize("arguments", [("-x",), ("-c",), ("extra",), ("-t", "extra")], ids=repr)
def test_usage(arguments):
    run = run_vmapd(*arguments)
    assert run.returncode == 2
    assert "usage" in run.stderr.lower()


def test_version():
    version = re.search(r'VMAPD_VERSION "(.*)"',
                        (SOURCE / "include/base/version.h").read_text("ascii")).group(1)
    run = run_vmapd("-V")
    assert (run.returncode, run.stdout) == (0, f"vmapd {version}\n")


# --- start --------------------------------------------------------------------------------------

def test_ready_with_the_database_down(vmapd, mariadb):
    """It tells systemd so, too (sd_notify)."""
    mariadb.stop()
    daemon = vmapd.new()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(f"{daemon.directory}/notify")
        notify.settimeout(20)
        daemon.process.env["NOTIFY_SOCKET"] = f"{daemon.directory}/notify"
        daemon.start()
        while b"READY=1" not in notify.recv(4096):
            pass
    assert daemon.ask(*HIT).status == "TEMP"
    mariadb.start()
    wait_until(lambda: daemon.ask(*HIT) == ("OK", "1"), "the database is found", 2)


def test_live_socket_is_an_error_that_says_who_has_it(vmapd):
    first = vmapd()
    second = vmapd.new()
    shutil.copy(first.conf, second.conf)
    run = run_vmapd("-c", second.conf)
    assert run.returncode == 1
    assert f"{first.directory}/" in run.stderr and str(first.process.pid) in run.stderr, run.stderr
    assert first.ask(*HIT) == ("OK", "1")


def test_stale_socket_is_replaced(vmapd):
    daemon = vmapd()
    daemon.kill()
    assert os.path.exists(f"{daemon.directory}/vmap")
    daemon.start()
    assert daemon.ask(*HIT) == ("OK", "1")


def test_file_that_is_no_socket_is_left_alone(vmapd):
    daemon = vmapd.new()
    precious = f"{daemon.directory}/vmap"
    with open(precious, "w", encoding="ascii") as file:
        file.write("precious")
    run = run_vmapd("-c", daemon.conf)
    assert run.returncode == 1 and precious in run.stderr
    with open(precious, encoding="ascii") as file:
        assert file.read() == "precious"


def test_socket_mode_owner_group(vmapd):
    daemon = vmapd(server="socket_group = nogroup\ncontrol_mode = 0600")
    status = os.stat(f"{daemon.directory}/vmap")
    assert oct(status.st_mode & 0o777) == "0o660"
    assert status.st_uid == pwd.getpwnam("postfix").pw_uid
    assert status.st_gid == pwd.getpwnam("nobody").pw_gid
    assert oct(os.stat(daemon.control).st_mode & 0o777) == "0o600"


def test_privileges_are_dropped(vmapd):
    daemon = vmapd(server="user = nobody")
    nobody = pwd.getpwnam("nobody")
    with open(f"/proc/{daemon.process.pid}/status", encoding="ascii") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    assert status["Uid"].split() == [str(nobody.pw_uid)] * 4
    assert status["Gid"].split() == [str(nobody.pw_gid)] * 4
    assert "0" not in status["Groups"].split()
    assert int(status["CapEff"], 16) == 0
    assert daemon.ask(*HIT) == ("OK", "1")


# --- SIGHUP -------------------------------------------------------------------------------------

def test_warns_of_staying_root(vmapd):
    """The tests are root: without user it stays so, which is said, unless it is what was written."""
    text = "it runs as root and stays so; write user = vmapd in [server]"
    assert text in vmapd().log_text()
    assert text not in vmapd(server="user = nobody").log_text()
    assert text not in vmapd(server="user = root").log_text()


def test_reload(vmapd, mariadb):
    daemon = vmapd()
    with daemon.client() as client:
        assert client.ask("more", "key").status == "PERM"
        daemon.write_config(mailsystem.vmapd_conf(
            mariadb, daemon.directory,
            maps=mailsystem.MAPS + "[map more]\nquery = SELECT 'more'\nsearch = exact\n"))
        assert "reloaded" in daemon.reload()
        assert client.ask("more", "key") == ("OK", "more")  # the same connection
        assert client.ask(*HIT) == ("OK", "1")


def test_bad_reload_leaves_the_old_configuration(vmapd, mariadb):
    daemon = vmapd()
    assert daemon.ask(*HIT) == ("OK", "1")
    with open(daemon.conf, "a", encoding="utf-8") as file:
        file.write("[map broken]\nquery = SELECT '%y'\n")
    with open(daemon.conf, encoding="utf-8") as file:
        line = file.read().count("\n")
    assert "reload failed" in daemon.reload()
    assert f"{daemon.conf}:{line}: " in daemon.log_text()
    assert daemon.ask(*HIT) == ("OK", "1")
    assert daemon.ask("mailboxes", "email2@example.com") == ("OK", "1")
    assert daemon.ask("broken", "x").status == "PERM"


def test_reload_keeps_the_cache(vmapd, mariadb):
    daemon = vmapd()
    assert daemon.ask(*HIT) == ("OK", "1")
    sent = mariadb.status("Com_select")
    assert "reloaded" in daemon.reload()
    assert daemon.ask(*HIT) == ("OK", "1")
    assert mariadb.status("Com_select") == sent


def test_reload_renews_the_connections(vmapd, mariadb):
    """A host's name or a grant may mean something else now. A table with other parameters gets its own."""
    maps = mailsystem.MAPS + "[map fresh]\ncache = no\nquery = SELECT CONNECTION_ID()\n"
    daemon = vmapd(maps=maps)
    first = daemon.ask("fresh", "key")
    assert first.status == "OK"
    daemon.write_config(mailsystem.vmapd_conf(
        mariadb, daemon.directory,
        maps=maps + "[map other]\npool_size = 1\nquery = SELECT CONNECTION_ID()\n"))
    assert "reloaded" in daemon.reload()
    second = daemon.ask("fresh", "key")
    assert second.status == "OK" and second != first
    other = daemon.ask("other", "key")
    assert other.status == "OK" and other not in (first, second)
    assert other.text in [row[0] for row in mariadb.sql("SHOW PROCESSLIST")]
    daemon.write_config(mailsystem.vmapd_conf(mariadb, daemon.directory, maps=maps))
    assert "reloaded" in daemon.reload()
    third = daemon.ask("fresh", "key")
    assert third.status == "OK" and third not in (first, second)
    wait_until(lambda: other.text not in [row[0] for row in mariadb.sql("SHOW PROCESSLIST")],
               "its connection ends")


def test_reload_with_another_query_forgets_its_answers(vmapd, mariadb):
    daemon = vmapd()
    assert daemon.ask(*HIT) == ("OK", "1")
    daemon.write_config(mailsystem.vmapd_conf(
        mariadb, daemon.directory, maps=mailsystem.MAPS.replace(
            "SELECT 1 FROM virtual_users", "SELECT 2 FROM virtual_users")))
    assert "reloaded" in daemon.reload()
    assert daemon.ask(*HIT) == ("OK", "2")


# --- the event loop's own health ------------------------------------------------------------------

def test_every_stall_is_seen(vmapd):
    """Whenever it begins while there is work, and nearly all of it."""
    for _ in range(3):
        daemon = vmapd()
        with Clients(daemon, "mailboxes", {HIT[1]: "1"}, count=1) as clients:
            clients.wait_for_more(100)
            before = daemon.stats()["loop_stall_max_us"]
            daemon.process.pause()
            time.sleep(0.09)
            daemon.process.resume()
            clients.wait_for_more(100)
            assert daemon.stats()["loop_stall_max_us"] >= max(before, 70_000)


# --- SIGTERM ------------------------------------------------------------------------------------

SLOW = """
[map slow]
search = exact
query = SELECT CONCAT('%s', SLEEP(1))
"""


def test_sigterm_finishes_what_is_in_flight(vmapd):
    daemon = vmapd(maps=SLOW)
    with daemon.client() as client, daemon.client() as idle:
        idle.send(request("slow", "first"))
        client.send(request("slow", "in flight"))
        wait_until(lambda: daemon.stats()["database"]["busy"] >= 2, "the queries run")
        stopping = threading.Thread(target=daemon.stop)
        stopping.start()
        assert client.receive() == ("OK", "in flight0")
        assert client.at_end()
        assert idle.receive() == ("OK", "first0")
        stopping.join()
    assert daemon.process.child.returncode == 0
    assert not os.path.exists(f"{daemon.directory}/vmap")


def test_sigterm_with_queries_of_an_earlier_configuration(vmapd, mariadb):
    """Nobody waits for their answers any more: nothing of them is left (AddressSanitizer looks)."""
    maps = SLOW.replace("SLEEP(1)", "SLEEP(30)")
    daemon = vmapd(maps=maps)
    with daemon.client() as client:
        client.send(request("slow", "key"))
        wait_until(lambda: daemon.stats()["database"]["busy"] == 1, "the query runs")
    daemon.write_config(mailsystem.vmapd_conf(mariadb, daemon.directory, maps=maps,
                                              database="queue_size = 77"))
    assert "reloaded" in daemon.reload()
    began = time.monotonic()
    daemon.stop()
    assert time.monotonic() - began < 3


def test_second_sigterm_ends_at_once(vmapd):
    daemon = vmapd(maps=SLOW.replace("SLEEP(1)", "SLEEP(30)"), server="drain_timeout = 60s")
    with daemon.client() as client:
        client.send(request("slow", "key"))
        wait_until(lambda: daemon.stats()["database"]["busy"] == 1, "the query runs")
        daemon.process.send(signal.SIGTERM)
        wait_until(lambda: "signal 15: finishing" in daemon.log_text(), "it begins to stop")
        daemon.process.send(signal.SIGHUP)  # too late, and no harm
        assert daemon.process.alive()
        began = time.monotonic()
        daemon.stop()
        assert time.monotonic() - began < 3
        assert client.at_end()


def test_sigterm_with_idle_clients(vmapd):
    """They need not be waited for."""
    daemon = vmapd()
    with daemon.client() as client:
        assert client.ask(*HIT) == ("OK", "1")
        daemon.process.stop(timeout=3)
        assert client.at_end()
    assert daemon.process.child.returncode == 0


def test_drain_has_an_end(vmapd):
    """A client that does not read its replies cannot hold the daemon up."""
    daemon = vmapd(maps=SLOW.replace("SLEEP(1)", "SLEEP(30)"),
                   server="drain_timeout = 500ms\nlookup_timeout = 60s")
    with daemon.client() as client:
        client.send(request("slow", "too long"))
        wait_until(lambda: daemon.stats()["database"]["busy"] >= 1, "the query runs")
        assert daemon.process.stop(timeout=5) == 0
    assert vmapctl("-s", daemon.control, "ping").returncode == 69

"""The log is for people; lookups do not wait for it."""
import os
import re
import socket
import subprocess

import pytest

from harness.memory import IS_SANITIZED
from harness.preload import preload
from harness.process import wait_until
from harness.vmapd import VMAPD

HIT = ("mailboxes", "email1@example.com")


def test_a_log_that_nobody_reads(vmapd):
    """A pipe that is full, as when journald hangs: lines are lost and counted, no lookup waits."""
    daemon = vmapd.new(server="log_lookups = yes")
    with subprocess.Popen([VMAPD, "-c", daemon.conf], stderr=subprocess.PIPE) as process:
        try:
            wait_until(lambda: os.path.exists(daemon.control), "it begins")
            with daemon.client(timeout=5) as client:
                for _ in range(3000):
                    assert client.ask("mailboxes", "email1@example.com") == ("OK", "1")
                os.read(process.stderr.fileno(), 1 << 20)
                assert client.ask("mailboxes", "email1@example.com") == ("OK", "1")
            assert b"lines are lost" in os.read(process.stderr.fileno(), 1 << 20)
        finally:
            process.terminate()
            process.stderr.close()
        assert process.wait(10) == 0


@pytest.fixture(name="log_daemon")
def log_daemon_fixture(tmp_path):
    """A socket that vmapd takes for /dev/log, and that nobody reads unless the test does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "log"))
        listening.setblocking(False)
        yield listening


def read_all(log_daemon):
    lines = []
    while True:
        try:
            lines.append(log_daemon.recv(4000).decode())
        except BlockingIOError:
            return lines


@pytest.mark.skipif(IS_SANITIZED, reason="AddressSanitizer wants to be loaded first")
def test_a_log_daemon_that_hangs(vmapd, log_daemon):
    """log = syslog, and nobody reads: lookups, commands and a reload go on; what is lost is told."""
    daemon = vmapd.new(server="log = syslog\nlog_lookups = yes")
    daemon.process.env.update(LD_PRELOAD=preload("other_log", daemon.directory),
                              OTHER_LOG=log_daemon.getsockname())
    daemon.start()
    with daemon.client(timeout=5) as client:
        for _ in range(2000):
            assert client.ask(*HIT) == ("OK", "1")
    assert daemon.ctl("ping").returncode == 0
    assert daemon.ctl("reload").returncode == 0
    stats = daemon.stats()
    assert stats["log"]["lost"] >= 1500
    assert stats["loop_stall_max_us"] < 1_000_000
    assert f"vmapd_log_lines_lost_total {stats['log']['lost']}" in \
        daemon.ctl("stats", "--prometheus").stdout.splitlines()
    lines = read_all(log_daemon)
    assert re.fullmatch(r"<20>\w{3} [ \d]\d \d\d:\d\d:\d\d vmapd\[\d+\]: warning: it runs as root .*", lines[0])
    assert re.fullmatch(r"<22>\w{3} [ \d]\d \d\d:\d\d:\d\d vmapd\[\d+\]: vmapd .* is ready: .*", lines[1])
    assert daemon.ask(*HIT) == ("OK", "1")
    told, said = read_all(log_daemon)
    assert re.search(rf"<20>.*: warning: {stats['log']['lost']} lines are lost: nobody took them", told)
    assert 'lookup mailboxes "email1@example.com": found' in said


def test_started_without_standard_descriptors(vmapd):
    """What vmapd opens must not get the number that log lines are written to."""
    daemon = vmapd.new(server="log_lookups = yes")
    daemon.start(preexec_fn=lambda: os.closerange(0, 3))
    with daemon.client() as client:
        for _ in range(20):
            assert client.ask(*HIT) == ("OK", "1")
    for number in range(3):
        assert os.readlink(f"/proc/{daemon.process.pid}/fd/{number}") == "/dev/null"

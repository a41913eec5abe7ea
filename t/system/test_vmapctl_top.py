"""vmapctl top: a live view on a terminal, one plain page elsewhere."""
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from harness.process import wait_until
from harness.vmapd import VMAPCTL, vmapctl

CLEAR_ROW, HOME, ENTER, LEAVE = b"\x1b[K", b"\x1b[H", b"\x1b[?1049h", b"\x1b[?1049l"


class Terminal:
    """A program on a terminal of its own, of 80 columns and 24 rows unless said otherwise."""

    def __init__(self, *command, rows=24, columns=80):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.settings = termios.tcgetattr(self.slave)
        self.output = b""

        def own_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen(command, stdin=self.slave, stdout=self.slave,
                                        stderr=self.slave, preexec_fn=own_terminal)

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            self.output += os.read(self.master, 65536)
        return self.output

    def wait_for(self, condition, what):
        return wait_until(lambda: condition(self.read()), what)

    def screens(self):
        """The pages drawn so far, each a list of lines."""
        pages = self.read().partition(ENTER)[2].partition(LEAVE)[0].split(HOME)[1:]
        return [[row.split(CLEAR_ROW)[0].decode() for row in page.split(b"\r\n")]
                for page in pages]

    def end(self):
        code = self.process.wait(10)
        self.read()
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)


@pytest.fixture
def daemon(vmapd):
    return vmapd()


@pytest.fixture
def top(daemon):
    terminals = []

    def start(*arguments, **size):
        terminals.append(Terminal(VMAPCTL, "-s", daemon.control, "top", *arguments, **size))
        return terminals[-1]
    yield start
    for terminal in terminals:
        terminal.close()


def test_it_shows_what_happens(top, daemon):
    view = top("-d", "0.2")
    view.wait_for(lambda output: output.count(HOME) >= 2, "two pages")
    for _ in range(50):
        daemon.ask("mailboxes", "email1@example.com")
    view.wait_for(lambda output: b"mailboxes" in output, "the map appears")
    os.write(view.master, b"q")
    assert view.end() == 0
    for screen in view.screens():
        assert len(screen) <= 24 and max(map(len, screen)) <= 80
    assert any("LOOKUPS" in line for line in view.screens()[0])


@pytest.mark.parametrize("ending", [b"q", b"Q", b"\x03", signal.SIGTERM, signal.SIGHUP], ids=repr)
def test_it_ends_and_leaves_the_terminal_as_it_was(top, ending):
    view = top()
    view.wait_for(lambda output: b"LOOKUPS" in output, "a page")
    assert termios.tcgetattr(view.slave)[3] & (termios.ECHO | termios.ICANON) == 0
    if isinstance(ending, bytes):
        os.write(view.master, ending)
    else:
        view.process.send_signal(ending)
    assert view.end() == 0
    assert view.output.startswith(ENTER) and view.output.endswith(LEAVE)
    assert termios.tcgetattr(view.slave) == view.settings


def test_it_follows_the_window(top):
    view = top("-d", "60")
    view.wait_for(lambda output: b"LOOKUPS" in output, "a page")
    fcntl.ioctl(view.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 6, 20, 0, 0))
    view.wait_for(lambda output: output.count(HOME) == 2, "a new page")
    os.write(view.master, b"q")
    assert view.end() == 0
    assert len(view.screens()[1]) <= 6 and max(map(len, view.screens()[1])) <= 20


def test_it_survives_a_restart_of_vmapd(top, daemon):
    view = top("-d", "0.1")
    view.wait_for(lambda output: b"LOOKUPS" in output, "a page")
    daemon.stop()
    view.wait_for(lambda output: b"trying again" in output, "it tells that vmapd has gone")
    daemon.start()
    seen = len(view.read())
    view.wait_for(lambda output: b"vmapd " in output[seen:].split(HOME)[-1][:6],
                  "the message goes")
    os.write(view.master, b"q")
    assert view.end() == 0


def test_count_ends_it(top):
    view = top("-d", "0.1", "-n", "3")
    assert view.end() == 0
    assert len(view.screens()) == 3


def test_a_pipe_gets_one_plain_page(daemon):
    daemon.ask("mailboxes", "email1@example.com")
    started = time.monotonic()
    run = daemon.ctl("top", "-d", "0.3")
    assert run.returncode == 0 and time.monotonic() - started >= 0.3
    assert "LOOKUPS" in run.stdout and "\x1b" not in run.stdout and run.stderr == ""
    assert run.stdout.count("vmapd ") == 1
    assert daemon.ctl("top", "-d", "0.1", "-n", "2").stdout.count("vmapd ") == 2


@pytest.mark.parametrize("arguments", [("-d", "0"), ("-d", "x"), ("-d", "1e9"), ("-n", "0"),
                                       ("-n", "-1"), ("-x",), ("extra",)], ids=repr)
def test_usage(daemon, arguments):
    run = daemon.ctl("top", *arguments)
    assert run.returncode == 64 and run.stdout == "" and "usage" in run.stderr


def test_not_reachable(workdir):
    run = vmapctl("-s", f"{workdir}/nobody-there", "top")
    assert run.returncode == 69 and run.stdout == "" and run.stderr.count("\n") == 1

"""vmapctl top: a live view on a terminal, one plain page elsewhere."""
import os
import signal
import termios
import time

import pytest

from harness.terminal import ENTER, HOME, LEAVE, Terminal
from harness.vmapd import VMAPCTL, vmapctl


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
    view.resize(6, 20)
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


def test_long_names_of_maps_stand_in_their_columns(vmapd):
    name = "smtpd_sender_login_maps"
    daemon = vmapd(maps=f"[map {name}]\nquery = SELECT 1 FROM virtual_users WHERE email='%s'\n"
                   "[map m]\nquery = SELECT 1 FROM virtual_users WHERE email='%s'\n")
    for map_name in name, "m":
        daemon.ask(map_name, "email1@example.com")
    lines = daemon.ctl("top", "-d", "0.1").stdout.splitlines()
    (header,) = [line for line in lines if line.startswith("MAP")]
    rows = [line for line in lines if line.split()[:1] in ([name], ["m"])]
    assert len(rows) == 2, lines
    assert {len(line.rstrip()) for line in rows} == {len(header.rstrip())}, "\n".join(lines)

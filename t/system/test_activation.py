"""Restarts that nobody notices: with the sockets held by systemd, no lookup is lost between the old
daemon and the new one, neither for a client of our own nor for Postfix."""
import os
import shutil
import tempfile
import threading
from pathlib import Path

import pytest

from harness import mailsystem
from harness.activation import ActivationSockets
from harness.process import wait_until
from harness.smtp import Session
from harness.socketmap import Client
from harness.vmapd import Vmapd

RESTARTS = 10
KNOWN = [f"{name}@example.com" for name in ("email1", "email2", "alias", "team", "pair")]


@pytest.fixture
def activated(loaded, workdir):
    """A Postfix whose vmapd gets its sockets from outside; site.restart() is what systemd does."""
    directory = Path(tempfile.mkdtemp(prefix="site-", dir=workdir))
    site = mailsystem.Site(directory)
    private = f"{site.postfix.queue}/private"
    os.makedirs(private, mode=0o700)
    shutil.chown(private, "postfix")
    daemon = site.vmapd = Vmapd(directory / "vmapd", mailsystem.vmapd_conf(
        loaded, directory / "vmapd", listen=f"unix:{private}/vmap"))
    daemon.address = f"unix:{private}/vmap"
    sockets = ActivationSockets(f"{private}/vmap", daemon.control, owner="postfix")
    options = sockets.launch(daemon.process)

    def restart(way="stopped"):
        getattr(daemon, {"stopped": "stop", "killed": "kill"}[way])()
        daemon.start(**options)
    site.restart = restart
    try:
        daemon.start(**options)
        mailsystem.use_vmapd(site, {})
        yield site
    finally:
        site.stop()
        daemon.stop()
        sockets.close()


class Load(threading.Thread):
    """Asks for known keys without pause. As Postfix does, it asks once more on a new connection
    when the old one has ended."""

    def __init__(self, address):
        super().__init__()
        self.address = address
        self.over = threading.Event()
        self.asked, self.failed = 0, []

    def run(self):
        client = Client(self.address)
        while not self.over.is_set():
            key = KNOWN[self.asked % len(KNOWN)]
            try:
                reply = client.ask("aliases", key)
            except (EOFError, OSError):
                client.close()
                client = Client(self.address)
                reply = client.ask("aliases", key)
            self.asked += 1
            if reply.status != "OK":
                self.failed.append((key, reply))
        client.close()


class MailLoad(threading.Thread):
    """Offers known recipients in one SMTP session after the other."""

    def __init__(self, port):
        super().__init__()
        self.port = port
        self.over = threading.Event()
        self.asked, self.failed = 0, []

    def run(self):
        while not self.over.is_set():
            with Session(self.port) as session:
                for recipient, reply in zip(KNOWN, session.recipients(*KNOWN)):
                    self.asked += 1
                    if reply.code != 250:
                        self.failed.append((recipient, reply))


@pytest.mark.parametrize("way", ["stopped", "killed"])
@pytest.mark.parametrize("kind", ["socketmap", "smtp"])
def test_restarts_under_load_lose_nothing(activated, kind, way):
    if kind == "socketmap":
        loads = [Load(activated.vmapd.address) for _ in range(4)]
    else:
        loads = [MailLoad(activated.postfix.port) for _ in range(4)]
    for load in loads:
        load.start()
    try:
        for _ in range(RESTARTS):
            asked = [load.asked for load in loads]
            wait_until(lambda before=asked: all(
                load.asked > old or load.failed for load, old in zip(loads, before)),
                "every client goes on")
            activated.restart(way)
    finally:
        for load in loads:
            load.over.set()
        for load in loads:
            load.join(60)
    assert not any(load.is_alive() for load in loads)
    failed = [failure for load in loads for failure in load.failed]
    log = activated.postfix.log_text().splitlines()
    complaints = [line for line in log
                  if "socketmap:" in line and ("warning" in line or "error" in line)]
    assert [line for line in log if "connect to" in line and "/vmap" in line] == []
    if (kind, way) == ("smtp", "killed"):
        # Postfix asks twice. A process that finds out about one kill only when the next one comes has
        # lost both. Without sockets that are held each kill would cost every session something.
        assert all(reply.code == 451 for _, reply in failed), failed
        assert len(failed) <= RESTARTS / 2, failed
    else:
        assert failed == [] and complaints == []


def test_a_socket_too_many_is_told(vmapd):
    """Whoever connects to it would wait without end: systemd holds it, and nobody accepts."""
    daemon = vmapd.new()
    stray = f"{daemon.directory}/stray"
    sockets = ActivationSockets(daemon.address.removeprefix("unix:"), stray, daemon.control)
    try:
        daemon.start(**sockets.launch(daemon.process))
        assert daemon.ask("mailboxes", "email1@example.com") == ("OK", "1")
        warned = [line for line in daemon.log_text().splitlines() if "systemd" in line]
        assert len(warned) == 1 and stray in warned[0]
    finally:
        daemon.stop()
        sockets.close()


def test_sockets_of_systemd_are_left_in_place(activated):
    listen = activated.vmapd.address.removeprefix("unix:")
    before = os.stat(listen).st_ino
    activated.vmapd.stop()
    assert os.stat(listen).st_ino == before
    assert os.path.exists(activated.vmapd.control)

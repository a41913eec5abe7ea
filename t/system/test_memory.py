"""The system has no memory left, from one allocation on: wherever that is, vmapd ends with one line that
says so, and tells nobody anything that is not so."""
import os
import signal

import pytest

from harness.control import control
from harness.memory import IS_SANITIZED
from harness.preload import preload
from harness.process import free_port, wait_until

pytestmark = pytest.mark.skipif(IS_SANITIZED, reason="AddressSanitizer has an allocator of its own")

PLACES = 60
ASKED = {"email1@example.com": ("OK", "1"), "nobody@example.com": ("NOTFOUND", ""),
         "email2@example.com": ("OK", "1")}


def live(daemon):
    """A short life with a bit of everything, until it ends. Returns what was told wrongly."""
    daemon.process.start()
    wait_until(lambda: os.path.exists(daemon.control) or not daemon.process.alive(), "it begins")
    wrong = []
    for key, expected in ASKED.items():
        try:
            reply = daemon.ask("mailboxes", key)
        except (OSError, EOFError):
            continue
        if tuple(reply) != expected and reply.status not in ("TEMP", "TIMEOUT"):
            wrong.append((key, reply))
    for command in (("stats", "--json"), ("explain", "aliases", "alias+x@example.com"), ("reload",),
                    ("flush",)):
        try:
            control(daemon.control, *command)
        except (OSError, EOFError, ValueError, AssertionError):
            pass
    return wrong


def test_no_memory_from_anywhere_on(vmapd, figures):
    daemon = vmapd.new(server=f"metrics = inet:127.0.0.1:{free_port()}",
                       cache="state_file = @/cache\n")
    with open(daemon.conf, encoding="utf-8") as file:
        daemon.write_config(file.read().replace("@", daemon.directory))
    count = f"{daemon.directory}/count"
    daemon.process.env.update(LD_PRELOAD=preload("no_memory", daemon.directory),
                              NO_MEMORY_COUNT=count)
    assert live(daemon) == []
    assert daemon.process.stop() == 0
    with open(count, encoding="ascii") as file:
        total = int(file.read())
    ends = []
    for place in range(total // PLACES, total, total // PLACES):
        seen = len(daemon.log_text())
        daemon.process.env["NO_MEMORY_FROM"] = str(place)
        wrong = live(daemon)
        code = daemon.process.stop()
        said = daemon.log_text()[seen:]
        # A function of the system may not say why it failed: then it is "no such user".
        ends.append((code, "vmapd: error: " in said))
        assert wrong == [], (place, wrong)
        # Connector/C 3.4 does not always look whether it got memory.
        is_librarys = code == -signal.SIGSEGV and "crashed in the client library" in said
        assert is_librarys or ends[-1] in ((1, True), (0, False)), (place, code, said)
        if os.path.exists(daemon.control):
            os.unlink(daemon.control)
    daemon.kill()  # it was meant to end so
    figures(f"{total} allocations, ended without memory {ends.count((1, True))} times")
    assert ends.count((1, True)) > PLACES // 2

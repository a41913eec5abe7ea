"""How long after its start vmapd gives its first answer: with an empty cache, with a state file."""
import time

from harness.socketmap import Client
from figures.report import alone, interleaved
from figures.site import program, run, user

GROUP = "start-up"
ENTRIES = 1_000_000
SAVED = "saved%s@d0.example"  # not in the database: who knows them has read the file


def _connect(address, deadline):
    while True:
        try:
            return Client(address)
        except OSError:
            assert time.monotonic() < deadline, "vmapd does not listen"
            time.sleep(0.0005)


def _first_answer_ms(daemon, key):
    """From exec to the answer to a lookup."""
    began = time.monotonic()
    daemon.process.start()
    with _connect(daemon.address, began + 60) as client:
        answer = client.ask("mailboxes", key)
    took_ms = (time.monotonic() - began) * 1000
    assert answer == ("OK", "1"), answer
    return took_ms


def measure(site, arguments):
    empty = site.vmapd("startup", site.unix)
    path = site.path("state")
    full = site.vmapd("startup-state", site.unix, cache=f"max_size = 256M\nttl = 1h\nstate_file = {path}")
    run(program("make_state"), full.conf, "mailboxes", SAVED, ENTRIES)

    def start_empty():
        took_ms = _first_answer_ms(empty, user(0))
        empty.stop()
        return took_ms

    def start_full():
        took_ms = _first_answer_ms(full, SAVED % (ENTRIES - 1))
        entries = full.stats()["cache"]["entries"]
        assert entries >= ENTRIES, entries
        full.stop()  # and save again
        return took_ms

    results = interleaved(arguments.rounds, {"empty": start_empty, "full": start_full})
    yield alone(GROUP, "exec to first answer, ms", results["empty"])
    yield alone(GROUP, "the same with 1 000 000 entries saved, ms", results["full"])

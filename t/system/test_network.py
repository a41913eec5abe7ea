"""A network, or a server, that misbehaves between vmapd and the database: silence, stalls, answers cut
in the middle, delays, resets. Whatever it does: no wrong answer, an end to every wait, an event loop
that goes on; and when it is well again so is vmapd, without anybody's help."""
import re

import pytest

from harness.clients import Clients, ask_all
from harness.process import wait_until
from harness.proxy import Fault
from harness.watch import Watch

pytestmark = pytest.mark.alone

LOOKUP_TIMEOUT_S = 0.8
RECOVERY_S = 2.0
KEYS = [f"key{n}" for n in range(300)]
CACHED, UNCACHED = KEYS[:100], KEYS[100:]
MAPS = """
[map m]
query = SELECT v FROM network WHERE k='%s'
"""


@pytest.fixture
def rows(mariadb):
    mariadb.sql("CREATE OR REPLACE TABLE network (k VARCHAR(50) PRIMARY KEY, v VARCHAR(50));"
                "INSERT INTO network VALUES " + ",".join(f"('{key}','{key}')" for key in KEYS),
                "mailserver")
    return mariadb


@pytest.fixture
def start(vmapd, rows, proxy):
    """Starts a daemon that reaches the database through the proxy, and has answered for CACHED."""
    def run(database=""):
        daemon = vmapd.new(
            maps=MAPS, server=f"lookup_timeout = {LOOKUP_TIMEOUT_S * 1000:.0f}ms",
            database=f"query_timeout = 500ms\nconnect_timeout = 500ms\n{database}")
        with open(daemon.conf, encoding="utf-8") as file:
            text = re.sub(r"(?m)^hosts = .*", f"hosts = 127.0.0.1:{proxy.port}", file.read())
        daemon.write_config(text)
        daemon.start()
        return daemon
    return run


# How each is told to those who ask for what is in no cache. A fault that ends connections shows at
# once; one that is silent only by its deadline.
FAULTS = {
    Fault.SILENCE: "TIMEOUT", Fault.MUTE: "TIMEOUT", Fault.DELAY: "TIMEOUT",
    Fault.CUT: "TEMP", Fault.RESET: "TEMP", Fault.REFUSE: "TEMP",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.lower())
def test_fault(start, proxy, fault, figures):
    daemon = start()
    assert ask_all(daemon, "m", CACHED).right == len(CACHED)
    proxy.delay_s = 5
    proxy.fault = fault
    with Watch(daemon) as watch, Clients(daemon, "m", UNCACHED) as clients:
        clients.wait_for_more(24)
        cached = ask_all(daemon, "m", CACHED)
    figures(f"cached: {cached}", f"not cached: {clients}", watch)
    assert (cached.right, cached.total) == (len(CACHED), len(CACHED))
    assert clients.wrong == 0, clients.problems
    # Answers to several queries can come in one piece: those before the cut are whole.
    assert clients.right == 0 or fault is Fault.CUT
    assert clients.longest < LOOKUP_TIMEOUT_S + 0.5
    assert FAULTS[fault] in clients.statuses
    assert all(0 < len(reason) < 200 and "\n" not in reason for reason in clients.reasons)
    watch.check()

    proxy.fault = Fault.NONE
    wait_until(lambda: daemon.ask("m", KEYS[-1]) == ("OK", KEYS[-1]), "lookups work again",
               RECOVERY_S)
    after = ask_all(daemon, "m", KEYS)
    assert after.right == len(KEYS), after


def test_stalled_tls_handshake(start, proxy, figures):
    """The server offers TLS and then says nothing: only the thread that connects waits for it."""
    proxy.fault = Fault.STALL_TLS
    daemon = start("tls_ciphers = ALL")
    with Watch(daemon) as watch, Clients(daemon, "m", KEYS) as clients:
        clients.wait_for_more(24)
    figures(clients, watch)
    assert (clients.right, clients.wrong) == (0, 0), clients.problems
    assert clients.longest < LOOKUP_TIMEOUT_S + 0.5
    assert proxy.connections > 0
    watch.check()


def test_delay_within_the_deadlines(start, proxy, figures):
    """Slow is not wrong: with time enough every lookup gets its answer."""
    daemon = start()
    proxy.delay_s = 0.1
    proxy.fault = Fault.DELAY
    tally = ask_all(daemon, "m", KEYS[:15])
    figures(tally)
    assert tally.right == tally.total == 15
    assert tally.longest > 0.1


def test_faults_in_turn(start, proxy, figures):
    """A bad day: each fault after the other, while clients ask for all keys."""
    daemon = start()
    assert ask_all(daemon, "m", CACHED).right == len(CACHED)
    with Watch(daemon) as watch, Clients(daemon, "m", KEYS) as clients:
        for fault in FAULTS:
            proxy.fault = fault
            clients.wait_for_more(24)
            proxy.fault = Fault.NONE
            daemon.ctl("flush")
            wait_until(lambda: daemon.ask("m", KEYS[-1]) == ("OK", KEYS[-1]),
                       "lookups work again", RECOVERY_S)
            clients.wait_for_more(100, "OK")
    figures(clients, watch)
    assert clients.problems == []
    assert clients.wrong == 0
    assert clients.longest < LOOKUP_TIMEOUT_S + 0.5
    watch.check()


def test_reasons(start, proxy, rows):
    """What Postfix logs says what is wrong, in a few words and without secrets."""
    daemon = start()
    reasons = {}
    for name, begin in {
            "down": rows.kill,
            "refused": lambda: setattr(proxy, "fault", Fault.REFUSE),
            "silent": lambda: setattr(proxy, "fault", Fault.SILENCE)}.items():
        begin()
        reasons[name] = daemon.ask("m", KEYS[0])
        proxy.fault = Fault.NONE
        rows.ensure_running()
        wait_until(lambda: daemon.ask("m", KEYS[0]).status == "OK", "lookups work again",
                   RECOVERY_S)
        daemon.ctl("flush")
    rows.sql("RENAME TABLE network TO elsewhere", "mailserver")
    reasons["no table"] = daemon.ask("m", KEYS[0])
    rows.sql("RENAME TABLE elsewhere TO network", "mailserver")
    assert reasons["down"].status == reasons["refused"].status == "TEMP"
    assert reasons["down"].text.startswith("database unreachable: ")
    assert reasons["refused"].text == ("database unreachable: Can't connect to server on "
                                       "'127.0.0.1' (115)")
    assert reasons["silent"].status == "TIMEOUT"
    assert reasons["no table"] == ("TEMP", "Table 'mailserver.network' doesn't exist")
    assert "mailuserpass" not in str(reasons)

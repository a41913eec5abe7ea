"""Always there: while the database does not answer, whatever the reason, known keys get their values and
known recipients their mail."""
import re
import time

import pytest

from harness.clients import Clients, Tally, ask_all, ask_and_judge
from harness.known import KEYS, PATIENCE_S, learn
from harness.process import wait_until
from harness.socketmap import request
from harness.watch import Watch

pytestmark = pytest.mark.alone

# How soon the database's own answers have to be back when it is.
RECOVERY_S = 2.0


# --- lookups ----------------------------------------------------------------------------------------


def test_old_values_are_answered(knowing, trouble, known_rows, figures):
    """Every key that was known gets its value, after at most a moment; then the truth again."""
    learn(knowing)
    end = trouble()
    with Watch(knowing) as watch:
        known = ask_all(knowing, "m", KEYS)
        unknown = Tally()
        with knowing.client() as client:
            for key in ("absent", "never-asked"):
                ask_and_judge(unknown, client, "m", key, {key: None})
    figures(f"known: {known}", f"not known: {unknown}", watch)
    assert (known.right, known.wrong, known.temporary) == (len(KEYS), 0, 0), known.reasons
    assert known.longest < PATIENCE_S + 1
    # "absent" was told before: its time is over, and so it is not told again.
    assert (unknown.right, unknown.wrong, unknown.temporary) == (0, 0, 2)
    assert unknown.longest < 1.5 + 1
    assert all(0 < len(reason) < 200 and "\n" not in reason for reason in unknown.reasons)
    watch.check()
    assert knowing.stats()["cache"]["stale_served"] >= len(KEYS)

    end()
    known_rows.sql("UPDATE known SET v = CONCAT('new-', v)", "mailserver")
    wait_until(lambda: knowing.ask("m", "key1") == ("OK", "new-key1"), "the truth is told again", 2)
    wait_until(lambda: knowing.ask("m", "absent").status == "NOTFOUND", "also that of absence", 2)
    assert ask_all(knowing, "m", {key: f"new-{key}" for key in KEYS}).right == len(KEYS)


LOOKUPS = 100_000
USERS = [f"user{n}@example.com" for n in range(2000)]

# Values are found in the second table, so each is known only together with a "not found"; times are so
# short that everything expires again and again while the database is away.
TWO_TABLES = """
[map m]
search = alias
tables = first second
[table first]
query = SELECT destination FROM virtual_aliases WHERE source='%s'
[table second]
query = SELECT v FROM users WHERE k='%s'
"""
SHORT_LIVES = "ttl = 1s\nnegative_ttl = 500ms\nstale_ttl = 1h\nstale_answer_timeout = 200ms\n"

OUTAGES = {
    "killed": lambda server: server.kill(),
    "stopped": lambda server: server.stop(),
    "paused": lambda server: server.pause(),
}


def test_no_known_key_is_lost(vmapd, mariadb, figures):
    """A hundred thousand lookups while the database is killed, stopped and paused in turn."""
    mariadb.sql("CREATE OR REPLACE TABLE users (k VARCHAR(50) PRIMARY KEY, v VARCHAR(50));"
                "INSERT INTO users VALUES " + ",".join(f"('{key}','{key}')" for key in USERS),
                "mailserver")
    mariadb.sql("INSERT INTO users VALUES "
                + ",".join(f"('new{n}@example.com','new{n}')" for n in range(2 * len(OUTAGES))),
                "mailserver")
    daemon = vmapd(maps=TWO_TABLES, cache=SHORT_LIVES, server="lookup_timeout = 3s")
    assert ask_all(daemon, "m", USERS).right == len(USERS)
    recoveries, unasked = [], 0
    with Watch(daemon) as watch, Clients(daemon, "m", USERS) as clients:
        for outage in list(OUTAGES.values()) * 2:
            clients.wait_for_more(LOOKUPS // 12)
            outage(mariadb)
            begin = time.monotonic()
            clients.wait_for_more(LOOKUPS // 12)
            time.sleep(max(0, 1.2 - (time.monotonic() - begin)))  # until everything is past its time
            mariadb.ensure_running()
            begin = time.monotonic()
            # One that was never asked needs the database itself.
            wait_until(lambda key=unasked: daemon.ask("m", f"new{key}@example.com")
                       == ("OK", f"new{key}"), "the database's answers are back", RECOVERY_S)
            recoveries.append(time.monotonic() - begin)
            unasked += 1
        clients.wait_for_more(LOOKUPS - min(LOOKUPS, clients.total))
    stats = daemon.stats()
    figures(clients, f"{stats['cache']['stale_served']} with old answers",
            f"back after at most {max(recoveries):.2f} s", watch)
    assert clients.problems == []
    assert clients.right == clients.total >= LOOKUPS, clients.reasons
    assert stats["cache"]["stale_served"] > 1000
    assert not re.search("^vmapd: error|assert", daemon.log_text(), re.M)
    watch.check()


# --- mail -------------------------------------------------------------------------------------------


def test_seen_lately_goes_on(vmapd_site, mariadb):
    recipients = ["email1@example.com", "alias+foo@example.com", "whoever@catchall.example"]
    _, before = vmapd_site.deliver(*recipients)
    mariadb.stop()
    replies, during = vmapd_site.deliver(*recipients, "never-seen@example.com")
    assert [reply.code for reply in replies] == [250, 250, 250, 451]
    assert during == before == ["email1+foo@example.com", "email1@example.com",
                                "email2@example.com"]


# Postfix asks virtual_alias_maps for every domain, unless it is told that there are no virtual alias
# domains. The answer is "not found", which nobody can give when it is old.
no_alias_domains = pytest.mark.parametrize("variant", [({"virtual_alias_domains": ""}, "")],
                                           indirect=True)

# One for each way in which a value is found beyond "not found"s: in the second table, under the key
# without extension.
RECIPIENTS = ["email1@example.com", "alias+foo@example.com", "team@example.com"]
MAILBOXES = sorted(["email1@example.com", "email1+foo@example.com", "email1@example.com",
                    "email2@example.com"])
# The address may have been made meanwhile: its mail must wait, not go to the catch-all.
CAUGHT = "whoever@catchall.example"


def wait_expired(daemon):
    """Until even the youngest "not found" has expired, and so has every value."""
    with daemon.client() as client:
        def has_expired():
            client.send(request("aliases", "never-known@example.com"))
            return client.receive().status != "NOTFOUND"
        wait_until(has_expired, "the youngest negative expires")
        served = daemon.stats()["cache"]["stale_served"]
        wait_until(lambda: client.ask("domains", "example.com").status == "OK"
                   and daemon.stats()["cache"]["stale_served"] > served, "values are old")


@no_alias_domains
@pytest.mark.parametrize("way", ["stopped", "hung"])
def test_known_recipients_go_on(short_lives, mariadb, way):
    """For longer than "not found" lives: all of it that was known together with them has expired."""
    site, daemon = short_lives, short_lives.vmapd
    assert site.deliver(*RECIPIENTS)[1] == MAILBOXES
    assert site.reply_to(CAUGHT).code == 250
    assert daemon.ask("aliases", "never-known@example.com").status == "NOTFOUND"
    if way == "stopped":
        mariadb.stop()
    else:
        mariadb.pause()
    wait_expired(daemon)
    replies, mailboxes = site.deliver(*RECIPIENTS, CAUGHT, "never-seen@example.com")
    assert [reply.code for reply in replies] == [250] * len(RECIPIENTS) + [451, 451]
    assert mailboxes == MAILBOXES

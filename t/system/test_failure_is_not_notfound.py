"""Never wrong: a database that is away, hangs or fails makes a temporary failure, never a "not found"; and
none that is past its time is told."""
import random
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.clients import Clients
from harness.process import wait_until
from test_smtp import CASES, check

# How soon the daemon has to answer again from a database that has come back.
RECOVERY_S = 2.0
LOOKUP_TIMEOUT_S = 3.0

USERS = 2000
KILLS = 4

# The value is the key, so that a wrong answer cannot look like a right one.
MAPS = """
[map users]
search = exact
cache = {cache}
query = SELECT email FROM virtual_users WHERE email='%s'
"""


# --- lookups ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def users(loaded):
    rows = ",".join(f"(1, '-', 'user{n}@example.com')" for n in range(USERS))
    loaded.sql(f"INSERT INTO virtual_users (domain_id, password, email) VALUES {rows}",
               "mailserver")
    return [f"user{n}@example.com" for n in range(USERS)]


@pytest.mark.parametrize("cache", ["no", "yes"])
def test_killed_again_and_again(vmapd, mariadb, users, cache, figures):
    daemon = vmapd(maps=MAPS.format(cache=cache), server=f"lookup_timeout = {LOOKUP_TIMEOUT_S:g}s")
    with Clients(daemon, "users", users, patience=LOOKUP_TIMEOUT_S + 5) as clients:
        for _ in range(KILLS):
            clients.wait_for_more(500, "OK")
            mariadb.kill()
            clients.wait_for_more(24, "TEMP" if cache == "no" else None)
            mariadb.start()
            clients.wait_for_more(0)
            wait_until(lambda: daemon.ask("users", random.choice(users)).status == "OK",
                       "lookups work again", RECOVERY_S)
    figures(clients)
    assert clients.problems == []
    assert clients.wrong == 0
    assert clients.longest < LOOKUP_TIMEOUT_S + 1


def test_hung_server_ends_in_a_deadline(vmapd, mariadb, users):
    """SIGSTOP: the kernel still takes connections and queries for it, nobody answers."""
    daemon = vmapd(maps=MAPS.format(cache="yes"), server="lookup_timeout = 1s")
    assert daemon.ask("users", users[0]).status == "OK"
    mariadb.pause()
    begin = time.monotonic()
    assert daemon.ask("users", users[1]).status in ("TEMP", "TIMEOUT")
    assert time.monotonic() - begin < 3
    # Meanwhile what is in the cache and the control socket answer at once.
    begin = time.monotonic()
    assert daemon.ask("users", users[0]) == ("OK", users[0])
    assert daemon.ctl("ping").returncode == 0
    assert time.monotonic() - begin < 0.5
    mariadb.resume()
    wait_until(lambda: daemon.ask("users", users[2]).status == "OK", "lookups work again",
               RECOVERY_S)


def test_expired_negative_is_never_served(vmapd, mariadb):
    daemon = vmapd(maps=MAPS.format(cache="yes"), cache="negative_ttl = 1s")
    assert daemon.ask("users", "later@example.com").status == "NOTFOUND"
    mariadb.stop()
    wait_until(lambda: daemon.ask("users", "later@example.com").status != "NOTFOUND",
               "the negative expires", 5)
    for _ in range(5):
        assert daemon.ask("users", "later@example.com").status in ("TEMP", "TIMEOUT")


def test_table_that_fails_is_never_not_found(vmapd, mariadb, users):
    """The server is well, the statement is not: no such table, no such column, no right to read."""
    broken = {
        "no_table": "SELECT email FROM no_such_table WHERE email='%s'",
        "no_column": "SELECT no_such_column FROM virtual_users WHERE email='%s'",
        "no_right": "SELECT user FROM mysql.user WHERE user='%s'",
        "syntax": "SELEC email FROM virtual_users WHERE email='%s'",
    }
    daemon = vmapd(maps="".join(f"[map {name}]\nsearch = exact\nquery = {query}\n"
                                for name, query in broken.items()) + MAPS.format(cache="yes"))
    for name in broken:
        reply = daemon.ask(name, users[0])
        assert reply.status == "TEMP" and reply.text, (name, reply)
    assert daemon.ask("users", users[0]).status == "OK"


# --- mail -------------------------------------------------------------------------------------------


def offer_in_parallel(site, recipients):
    """Each lookup may take a moment to find that there is no database; do not wait in turn."""
    with ThreadPoolExecutor(8) as threads:
        return [reply.code for reply in threads.map(site.reply_to, recipients)]


def test_never_seen_is_put_off_never_refused(mysql_site, vmapd_site, mariadb):
    recipients = [recipient for recipient, _ in CASES.values()]
    put_off = dict.fromkeys(recipients, 451)
    mariadb.stop()
    assert dict(zip(recipients, offer_in_parallel(mysql_site, recipients))) == put_off
    assert dict(zip(recipients, offer_in_parallel(vmapd_site, recipients))) == put_off

    mariadb.start()
    wait_until(lambda: vmapd_site.reply_to("email2@example.com").code == 250,
               "vmapd is back after the database", RECOVERY_S)
    # What follows would need minutes otherwise: each smtpd process remembers the failures that it
    # has seen (smtpd_resolve.c), and mysql: tables do not try again for a minute.
    for site in (mysql_site, vmapd_site):
        site.postfix.stop()
        site.postfix.start()
    for recipient, expected in CASES.values():
        assert check(vmapd_site, recipient, expected) == check(mysql_site, recipient, expected)


def test_paused_server_is_put_off(vmapd_site, mariadb):
    """A server that hangs without a word: the connections stand, no answer comes."""
    vmapd_site.reply_to("email1@example.com")
    mariadb.pause()
    reply = vmapd_site.reply_to("hanging@example.com")
    assert reply.code == 451
    mariadb.resume()
    assert vmapd_site.reply_to("hanging2@example.com").code == 550

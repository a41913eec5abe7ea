"""Never wrong: what the database says now goes before everything that is older, and nothing is told for
longer than its time."""
import time

import pytest

from harness.clients import Clients, ask_all
from harness.known import KEYS, MAPS, learn
from harness.process import wait_until

pytestmark = pytest.mark.alone


def test_not_found_ends_the_old_value_at_once(knowing, known_rows):
    learn(knowing)
    known_rows.sql("DELETE FROM known WHERE k = 'key7'", "mailserver")
    assert knowing.ask("m", "key7").status == "NOTFOUND"
    known_rows.kill()
    assert knowing.ask("m", "key8") == ("OK", "key8")
    with knowing.client() as client:
        wait_until(lambda: client.ask("m", "key7").status != "NOTFOUND", "the negative expires")
        for _ in range(5):
            assert client.ask("m", "key7").status in ("TEMP", "TIMEOUT")


def test_an_alias_made_meanwhile_counts_at_once(short_lives, mariadb):
    daemon = short_lives.vmapd
    assert daemon.ask("aliases", "email2@example.com") == ("OK", "email2@example.com")
    mariadb.stop()
    wait_until(lambda: daemon.ask("aliases", "nobody@example.com").status == "TEMP",
               "\"not found\" expires")
    assert daemon.ask("aliases", "email2@example.com") == ("OK", "email2@example.com")
    mariadb.start()
    mariadb.sql("INSERT INTO virtual_aliases (domain_id, source, destination) "
                "VALUES (1, 'email2@example.com', 'email1@example.com')", "mailserver")
    wait_until(lambda: daemon.ask("aliases", "email2@example.com") == ("OK", "email1@example.com"),
               "the new alias counts", 2)


def test_new_key_after_negative_time(vmapd, mariadb):
    """"Not found" is never kept longer than negative_ttl: a new mailbox gets its mail."""
    daemon = vmapd(cache="negative_ttl = 1s")
    assert daemon.ask("mailboxes", "new@example.com").status == "NOTFOUND"
    mariadb.sql("INSERT INTO virtual_users (domain_id, password, email) "
                "VALUES (1, '-', 'new@example.com')", "mailserver")
    wait_until(lambda: daemon.ask("mailboxes", "new@example.com").status == "OK", "new key", 3)


def test_a_strangers_key_makes_nothing_old_count(knowing, known_rows):
    """Anybody can ask for a character that the column does not have. The statement fails, and is told
    as a temporary failure; for all other keys the database still has the word."""
    known_rows.sql("ALTER TABLE known CONVERT TO CHARACTER SET latin1", "mailserver")
    learn(knowing)
    known_rows.sql("DELETE FROM known", "mailserver")
    failed = knowing.ask("m", "\U0001f600")
    assert failed.status == "TEMP" and "mix of collations" in failed.text
    assert [knowing.ask("m", key).status for key in KEYS] == ["NOTFOUND"] * len(KEYS)
    assert knowing.stats()["cache"]["stale_served"] == 0


def test_no_value_is_older_than_stale_ttl(vmapd, known_rows):
    daemon = vmapd(maps=MAPS, cache="ttl = 500ms\nstale_ttl = 1s\n")
    assert daemon.ask("m", "key1") == ("OK", "key1")
    known_rows.kill()
    answers = []

    def is_over():
        answers.append(daemon.ask("m", "key1"))
        return answers[-1].status != "OK"
    begin = time.monotonic()
    wait_until(is_over, "stale_ttl ends", 5)
    assert time.monotonic() - begin > 1
    assert answers[-1].status == "TEMP"
    assert set(answers[:-1]) == {("OK", "key1")}


def test_refresh_goes_ahead(vmapd, known_rows, figures):
    """A key that is in use is asked for again before its time is over: nobody ever waits, a change
    is seen, and the database is asked about once in a ttl."""
    daemon = vmapd(maps=MAPS, cache="ttl = 2s")
    assert ask_all(daemon, "m", KEYS[:50]).right == 50
    before = daemon.stats()
    sent = known_rows.status("Com_select")
    rounds = 3
    with Clients(daemon, "m", KEYS[:50], count=4) as clients:
        time.sleep(2 * rounds)  # a rate in time is what is measured
    stats = daemon.stats()
    sent = known_rows.status("Com_select") - sent
    figures(clients, f"{sent} queries in {rounds} ttl of 50 keys")
    assert clients.right == clients.total > 0, clients.problems
    assert stats["cache"]["misses"] == before["cache"]["misses"]
    assert 50 * (rounds - 1) <= stats["cache"]["prefetches"] <= 50 * (rounds + 2)
    assert sent <= 50 * (rounds + 2)


def test_refreshes_are_spread(vmapd, known_rows):
    """Keys learned together are not refreshed together: some go first, others follow."""
    daemon = vmapd(maps=MAPS, cache="ttl = 10s")
    assert ask_all(daemon, "m", KEYS).right == len(KEYS)
    began = time.monotonic()
    with Clients(daemon, "m", KEYS, count=2) as clients:
        wait_until(lambda: daemon.stats()["cache"]["prefetches"] > 0, "the first refresh", 20)
        first = time.monotonic() - began
        wait_until(lambda: daemon.stats()["cache"]["prefetches"] >= len(KEYS) * 0.9,
                   "nearly all refreshes", 20)
        most = time.monotonic() - began
    assert clients.right == clients.total
    assert 8 < first < most
    assert most - first > 0.2  # of the half second that they are spread over

"""The database stays away for longer than "not found" lives: all of it that was known together with
a mailbox or an alias has expired, and mail for them goes on all the same."""
import pytest

from harness.process import wait_until
from harness.socketmap import request

# Postfix asks virtual_alias_maps for every domain, unless it is told that there are no virtual alias
# domains. The answer is "not found", which nobody can give when it is old.
pytestmark = pytest.mark.parametrize("variant", [({"virtual_alias_domains": ""}, "")],
                                     indirect=True)

# One for each way in which a value is found beyond "not found"s: in the second table, under the key
# without extension.
RECIPIENTS = ["email1@example.com", "alias+foo@example.com", "team@example.com"]
MAILBOXES = sorted(["email1@example.com", "email1+foo@example.com", "email1@example.com",
                    "email2@example.com"])
# The address may have been made meanwhile: its mail must wait, not go to the catch-all.
CAUGHT = "whoever@catchall.example"


@pytest.fixture
def short_lives(vmapd_site):
    """The site, whose vmapd forgets quickly."""
    daemon = vmapd_site.vmapd
    with open(daemon.conf, encoding="utf-8") as file:
        before = file.read()
    daemon.write_config(before.replace("[cache]\n", "[cache]\nttl = 2s\nnegative_ttl = 1s\n"))
    assert "reloaded" in daemon.reload()
    yield vmapd_site
    daemon.write_config(before)
    daemon.reload()


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


@pytest.mark.parametrize("trouble", ["stopped", "hung"])
def test_known_recipients_go_on(short_lives, mariadb, trouble):
    site, daemon = short_lives, short_lives.vmapd
    assert site.deliver(*RECIPIENTS)[1] == MAILBOXES
    assert site.reply_to(CAUGHT).code == 250
    assert daemon.ask("aliases", "never-known@example.com").status == "NOTFOUND"
    if trouble == "stopped":
        mariadb.stop()
    else:
        mariadb.pause()
    wait_expired(daemon)
    replies, mailboxes = site.deliver(*RECIPIENTS, CAUGHT, "never-seen@example.com")
    assert [reply.code for reply in replies] == [250] * len(RECIPIENTS) + [451, 451]
    assert mailboxes == MAILBOXES


def test_an_alias_made_meanwhile_counts_at_once(short_lives, mariadb):
    """What the database has to say goes before everything old, as soon as it says something."""
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

"""Mail while the database is away: what was never seen is put off, never refused; what was seen
goes on; and all is well again without anybody's help."""
from concurrent.futures import ThreadPoolExecutor

from harness.process import wait_until
from test_smtp import CASES, check

# How soon the daemon has to answer again from a database that has come back.
RECOVERY_S = 2.0


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


def test_seen_lately_goes_on(vmapd_site, mariadb):
    recipients = ["email1@example.com", "alias+foo@example.com", "whoever@catchall.example"]
    _, before = vmapd_site.deliver(*recipients)
    mariadb.stop()
    replies, during = vmapd_site.deliver(*recipients, "never-seen@example.com")
    assert [reply.code for reply in replies] == [250, 250, 250, 451]
    assert during == before == ["email1+foo@example.com", "email1@example.com",
                                "email2@example.com"]


def test_paused_server_is_put_off(vmapd_site, mariadb):
    """A server that hangs without a word: the connections stand, no answer comes."""
    vmapd_site.reply_to("email1@example.com")
    mariadb.pause()
    reply = vmapd_site.reply_to("hanging@example.com")
    assert reply.code == 451
    mariadb.resume()
    assert vmapd_site.reply_to("hanging2@example.com").code == 550

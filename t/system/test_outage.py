"""Mail while the database is away: what was never seen is put off, never refused; what was seen goes
on; and all is well again without anybody's help."""
from harness.process import wait_until
from test_smtp import CASES, check

# How soon the daemon has to answer again from a database that has come back.
RECOVERY_S = 2.0


def test_never_seen_is_put_off_never_refused(mysql_site, vmapd_site, mariadb):
    mariadb.stop()
    for name, (recipient, _) in CASES.items():
        today = mysql_site.reply_to(recipient)
        moved = vmapd_site.reply_to(recipient)
        assert (name, today.code) == (name, 451)
        assert (name, moved.code) == (name, 451)
    mariadb.start()
    wait_until(lambda: vmapd_site.reply_to("email1@example.com").code == 250,
               "vmapd is back after the database", RECOVERY_S)
    # mysql: tables rest for a minute after a failure; not what is tested here.
    mysql_site.postfix.reload()
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

"""The tutorial's mail system with vmapd, from the finished files of conf/: what its users and the
rest of the world see of it, also while the database is away."""
import imaplib
import itertools
import poplib
import re
import smtplib
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage

import pytest

from harness.mailsystem import DATABASE
from harness.process import wait_until

OUTSIDE = "friend@elsewhere.example"
STRANGER = "stranger@elsewhere.example"
USER, PASSWORD = "email1@example.com", "firstpassword"
OTHER, OTHER_PASSWORD = "email2@example.com", "secondpassword"
# negative_ttl of conf/vmapd.conf, and a moment.
NEGATIVE_TTL_S = 30 + 2
OUTAGE_S = 30

_subjects = itertools.count(1)


def message(sender, recipient):
    """A message with a subject of its own, which is how it is found again."""
    text = EmailMessage()
    text["From"], text["To"] = sender, recipient
    text["Subject"] = f"number {next(_subjects)} of the tests"
    text["X-Tag"] = text["Subject"]
    text.set_content("hello")
    return text


def send(session, sender, recipient):
    """Send one message in a session that ends with it; its subject."""
    text = message(sender, recipient)
    with session:
        session.send_message(text, sender, [recipient])
    return text["Subject"]


def copies(system, mailbox, subject):
    return sum(f"Subject: {subject}\n" in text for text in system.maildir(mailbox))


def wait_delivered(system, mailbox, subject):
    wait_until(lambda: copies(system, mailbox, subject), f"{subject} is in the Maildir of {mailbox}")
    assert copies(system, mailbox, subject) == 1


def wait_outside(system, recipient, subject):
    # Each process of Postfix keeps the last answer of trivial-rewrite(8) for 30 s, also a failure.
    wait_until(lambda: system.sink.deliveries(subject), f"{subject} leaves for {recipient}", 60)
    assert [to for _, to in system.sink.deliveries(subject)] == [recipient]


def rcpt(session, recipient, sender=STRANGER):
    """The reply to RCPT TO in a session that ends with it."""
    with session:
        session.ehlo_or_helo_if_needed()
        assert session.mail(sender)[0] == 250
        code, text = session.rcpt(recipient)
        return code, text.decode()


def subjects_by_imap(system, user, password):
    session = system.imap(user, password)
    try:
        _, data = session.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
    finally:
        session.logout()
    return [re.search(rb"Subject: (.*)\r\n", part[1]).group(1).decode()
            for part in data if isinstance(part, tuple)]


# --- the names agree ------------------------------------------------------------------------------


def test_names_in_dns_and_smtp_agree(system, zones):
    """MX, address, PTR and what Postfix says of itself."""
    mx = zones["example.com", "MX"].split()[1]
    address = zones[mx.rstrip("."), "A"]
    reverse = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
    assert zones[reverse, "PTR"] == mx
    with system.smtp() as session:
        assert session.ehlo()[1].split(b"\n")[0].decode() == mx.rstrip(".")


# --- receiving ------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipient", ["email1@example.com", "alias@example.com",
                                       "email1+lists@example.com", "alias+shop@example.com",
                                       "Email1@EXAMPLE.com"])
def test_mail_lands_in_the_maildir(system, recipient):
    subject = send(system.smtp(), STRANGER, recipient)
    wait_delivered(system, USER, subject)
    assert copies(system, OTHER, subject) == 0


def test_mail_comes_in_encrypted(system):
    session = system.smtp()
    session.starttls(context=system.tls)
    wait_delivered(system, OTHER, send(session, STRANGER, OTHER))


@pytest.mark.parametrize("recipient, code, status", [
    ("nobody@example.com", 550, "5.1.1"),
    ("nobody+lists@example.com", 550, "5.1.1"),
    (OUTSIDE, 554, "5.7.1"),
])
def test_refused_at_rcpt(system, recipient, code, status):
    reply = rcpt(system.smtp(), recipient)
    assert (reply[0], reply[1].split()[0]) == (code, status)


def test_users_port_is_for_users(system):
    assert rcpt(system.submission(), USER)[0] == 554
    assert rcpt(system.smtps(), USER)[0] == 554


# --- reading --------------------------------------------------------------------------------------


def test_read_by_imap(system):
    subject = send(system.smtp(), STRANGER, "alias@example.com")
    wait_delivered(system, USER, subject)
    assert subject in subjects_by_imap(system, USER, PASSWORD)


def test_read_by_pop3(system):
    subject = send(system.smtp(), STRANGER, OTHER)
    wait_delivered(system, OTHER, subject)
    session = system.pop3(OTHER, OTHER_PASSWORD)
    try:
        count, _ = session.stat()
        texts = [b"\n".join(session.retr(number + 1)[1]) for number in range(count)]
    finally:
        session.quit()
    assert sum(b"Subject: " + subject.encode() + b"\n" in text for text in texts) == 1


@pytest.mark.parametrize("user, password", [(USER, OTHER_PASSWORD), (USER, ""),
                                            ("nobody@example.com", PASSWORD)])
def test_wrong_password_reads_nothing(system, user, password):
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED|Empty|Authentication"):
        system.imap(user, password or '""')
    with pytest.raises(poplib.error_proto, match="Authentication|AUTH"):
        system.pop3(user, password or "x")


def test_a_strangers_certificate_is_noticed(system):
    """The clients here do look at the certificate."""
    with pytest.raises(ssl.SSLCertVerificationError):
        imaplib.IMAP4_SSL("127.0.0.1", system.ports["imaps"],
                          ssl_context=ssl.create_default_context())


# --- sending --------------------------------------------------------------------------------------


@pytest.mark.parametrize("port", ["submission", "smtps"])
def test_user_sends(system, port):
    session = getattr(system, port)
    outside = send(session(USER, PASSWORD), USER, OUTSIDE)
    inside = send(session(USER, PASSWORD), USER, OTHER)
    wait_outside(system, OUTSIDE, outside)
    wait_delivered(system, OTHER, inside)


@pytest.mark.parametrize("port", ["submission", "smtps"])
@pytest.mark.parametrize("user, password", [(USER, "wrong"), ("nobody@example.com", PASSWORD)])
def test_wrong_password_does_not_send(system, port, user, password):
    with pytest.raises(smtplib.SMTPAuthenticationError) as error:
        getattr(system, port)(user, password)
    assert error.value.smtp_code == 535


def test_no_password_without_encryption(system):
    plain = smtplib.SMTP("127.0.0.1", system.ports["submission"], "user.example", 60)
    for session in (system.smtp(), plain):
        with session:
            session.ehlo()
            assert not session.has_extn("auth")
    with system.smtp() as session:
        session.starttls(context=system.tls)
        session.ehlo()
        assert not session.has_extn("auth"), "port 25 is not for users"


# --- new mailboxes --------------------------------------------------------------------------------


def add_mailbox(system, address):
    """With the password of USER."""
    system.mariadb.sql("INSERT INTO virtual_users (domain_id, password, email) SELECT 1, password, "
                       f"'{address}' FROM virtual_users WHERE email = '{USER}'", DATABASE)


def test_new_mailbox_after_a_flush(system):
    address = "flushed@example.com"
    assert rcpt(system.smtp(), address)[0] == 550
    add_mailbox(system, address)
    assert rcpt(system.smtp(), address)[0] == 550, "not from the cache"
    assert system.vmapd.ctl("flush", "mailboxes", address).returncode == 0
    wait_delivered(system, address, send(system.smtp(), STRANGER, address))
    assert len(subjects_by_imap(system, address, PASSWORD)) == 1


def test_new_mailbox_within_negative_ttl(system):
    address = "patient@example.com"
    assert rcpt(system.smtp(), address)[0] == 550
    add_mailbox(system, address)
    wait_until(lambda: rcpt(system.smtp(), address)[0] == 250, f"{address} is taken",
               NEGATIVE_TTL_S)
    wait_delivered(system, address, send(system.smtp(), STRANGER, address))


# --- without the database -------------------------------------------------------------------------


class Sender:
    """A mail server or a mail program: what is put off it offers again, what is refused it keeps."""

    def __init__(self, connect, address):
        """connect: a function that opens the session for one message."""
        self.connect = connect
        self.address = address
        self.waiting = []
        self.taken = []
        self.refused = []
        self.put_off = 0

    def write(self, recipient):
        self.waiting.append((message(self.address, recipient), recipient))

    def offer_all(self):
        waiting, self.waiting = self.waiting, []
        for text, recipient in waiting:
            try:
                with self.connect() as session:
                    session.send_message(text, self.address, [recipient])
            except smtplib.SMTPRecipientsRefused as error:
                self._not_taken(text, recipient, *error.recipients[recipient])
            except smtplib.SMTPResponseException as error:
                self._not_taken(text, recipient, error.smtp_code, error.smtp_error)
            else:
                self.taken.append((recipient, text["Subject"]))

    def _not_taken(self, text, recipient, code, reason):
        if code >= 500:
            self.refused.append((recipient, code, reason))
        else:
            self.put_off += 1
            self.waiting.append((text, recipient))


# To whom mail goes in the half minute, and where it has to be in the end.
MAILBOX = {"alias@example.com": USER, "email1+lists@example.com": USER, USER: USER, OTHER: OTHER}


def a_second_of_life(system, server, user):
    """Mail comes in, somebody reads mail, and somebody sends it."""
    for recipient in MAILBOX:
        server.write(recipient)
    user.write(OTHER)
    user.write(OUTSIDE)
    server.offer_all()
    user.offer_all()
    subjects_by_imap(system, USER, PASSWORD)


def wrong_logins_fail(system):
    """Dovecot takes its time to say so when it cannot ask the database."""
    with pytest.raises(imaplib.IMAP4.error):
        system.imap(USER, "wrong")
    with pytest.raises(smtplib.SMTPAuthenticationError):
        system.submission(USER, "wrong")


def an_outage(system, server, user):
    """OUTAGE_S seconds of life with the database stopped."""
    system.mariadb.stop()
    try:
        end = time.monotonic() + OUTAGE_S
        for number in itertools.count():
            a_second_of_life(system, server, user)
            # Never asked before, but the whole table is known, and where the database is on the same
            # machine nobody can have added anybody (mirror_expire).
            code, text = rcpt(system.smtp(), f"unknown{number}@example.com")
            assert code == 550, (code, text)
            if time.monotonic() >= end:
                return
            time.sleep(1)
    finally:
        system.mariadb.start()


def all_taken(server, user):
    server.offer_all()
    user.offer_all()
    return not server.waiting and not user.waiting


def assert_arrived(system, sender):
    assert sender.refused == []
    for recipient, subject in sender.taken:
        if recipient == OUTSIDE:
            wait_outside(system, recipient, subject)
        else:
            wait_delivered(system, MAILBOX[recipient], subject)


def test_half_a_minute_without_the_database(system):
    server = Sender(system.smtp, STRANGER)
    user = Sender(lambda: system.submission(USER, PASSWORD), USER)
    a_second_of_life(system, server, user)
    assert all_taken(server, user) and server.put_off == user.put_off == 0
    with ThreadPoolExecutor(1) as thread:
        wrong_logins = thread.submit(lambda: time.sleep(1) or wrong_logins_fail(system))
        an_outage(system, server, user)
        wait_until(lambda: all_taken(server, user), "all mail is taken", 10)
        wrong_logins.result()
    assert_arrived(system, server)
    assert_arrived(system, user)
    log = system.postfix.log_text()
    assert "status=bounced" not in log and "non-delivery notification" not in log
    assert rcpt(system.smtp(), "nobody@example.com")[0] == 550
    for name, sender in (("other servers", server), ("a user", user)):
        print(f"\n{name}: {len(sender.taken)} messages arrived, {sender.put_off} times one was put off")

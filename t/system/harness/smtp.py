"""SMTP sessions as a stranger's mail server holds them."""
import itertools
import re
import smtplib
from collections import namedtuple

Reply = namedtuple("Reply", "code text")
# replies: one for each recipient; queue_id: None if no message was taken.
Offer = namedtuple("Offer", "replies data queue_id tag")

SENDER = "stranger@elsewhere.example"
_tags = itertools.count(1)


class Session:
    def __init__(self, port, timeout=60.0, sender=SENDER):
        self.sender = sender
        self.smtp = smtplib.SMTP("127.0.0.1", port, "stranger.example", timeout)
        self.smtp.command_encoding = "utf-8"
        self.smtp.ehlo_or_helo_if_needed()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.smtp.close()

    def recipients(self, *recipients):
        """MAIL FROM and a RCPT TO for each; the replies to the latter."""
        self._command("RSET")
        sender = self._command(f"MAIL FROM:<{self.sender}> SMTPUTF8")
        assert sender.code == 250, sender
        return [self._command(f"RCPT TO:<{recipient}>") for recipient in recipients]

    def offer(self, *recipients):
        """A whole message; its text is sent when at least one recipient was taken."""
        replies = self.recipients(*recipients)
        if all(reply.code != 250 for reply in replies):
            return Offer(replies, None, None, None)
        tag = f"message-{next(_tags)}"
        data = Reply(*self.smtp.data(f"Subject: test\r\nX-Tag: {tag}\r\n\r\ntext\r\n"))
        queue_id = re.search(rb"queued as (\w+)", data.text)
        return Offer(replies, data, queue_id and queue_id.group(1).decode(), tag)

    def _command(self, line):
        code, text = self.smtp.docmd(line)
        return Reply(code, text.decode())

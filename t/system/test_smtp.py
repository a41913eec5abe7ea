"""The first promise, seen from outside: whoever is offered as a recipient, a Postfix with vmapd
gives the same reply and delivers to the same mailboxes as one with mysql: tables."""
import pytest

TAKEN = 250
UNKNOWN = (550, "5.1.1")
NO_RELAY = (554, "5.7.1")

# What is sent to RCPT TO, and the mailboxes where it has to arrive; or how it is refused.
CASES = {
    "exact": ("email1@example.com", ["email1@example.com"]),
    "mixed case": ("EmAiL1@eXaMpLe.CoM", ["email1@example.com"]),
    "mailbox with extension": ("email1+lists@example.com", ["email1+lists@example.com"]),
    "alias": ("alias@example.com", ["email1@example.com"]),
    "alias in mixed case": ("Alias@Example.COM", ["email1@example.com"]),
    "alias with extension": ("alias+foo@example.com", ["email1+foo@example.com"]),
    "alias to several, one row": ("team@example.com", ["email1@example.com", "email2@example.com"]),
    "alias to several, extension": ("team+x@example.com",
                                    ["email1+x@example.com", "email2+x@example.com"]),
    "alias to several, two rows": ("pair@example.com",
                                   ["email1@example.com", "email2@example.com"]),
    "catch-all": ("whoever@catchall.example", ["email2@example.com"]),
    "catch-all with extension": ("whoever+ext@catchall.example", ["email2@example.com"]),
    "alias beats catch-all": ("info@catchall.example", ["email1@example.com"]),
    "alias with extension beats catch-all": ("info+a@catchall.example", ["email1+a@example.com"]),
    "identity beats catch-all": ("box@catchall.example", ["box@catchall.example"]),
    "identity with extension": ("box+a@catchall.example", ["box+a@catchall.example"]),
    "whole domain moved": ("email1@moved.example", ["email1@example.com"]),
    "whole domain moved, extension": ("email1+a@moved.example", ["email1+a@example.com"]),
    "quoted localpart": ('"john doe"@example.com', ['"john doe"@example.com']),
    "quoted localpart, extension": ('"john doe+x"@example.com', ['"john doe+x"@example.com']),
    "quoted without need": ('"email1"@example.com', ["email1@example.com"]),
    "quoted alias": ('"old name"@example.com', ["email2@example.com"]),
    "quoted alias, extension": ('"old name+x y"@example.com', ['"email2+x y"@example.com']),
    "alias to quoted, extension": ('"new name+x"@example.com', ['"john doe+x"@example.com']),
    "two @, quoted": ('"a@b"@example.com', NO_RELAY),
    "two @": ("a@b@example.com", NO_RELAY),
    "postmaster": ("postmaster@example.com", ["email1@example.com"]),
    "postmaster with extension": ("postmaster+x@example.com", ["email1+x@example.com"]),
    "postmaster+x in catch-all": ("postmaster+x@catchall.example", ["email2@example.com"]),
    "empty localpart before delimiter": ("+foo@example.com", UNKNOWN),
    "two delimiters": ("email1+a+b@example.com", ["email1+a+b@example.com"]),
    "delimiter at the end": ("email1+@example.com", ["email1+@example.com"]),
    "bare localpart of a local domain": ("root@localhost", ["email1@example.com"]),
    "bare localpart, extension": ("root+x@localhost", ["email1+x@example.com"]),
    "UTF-8 localpart": ("jürgen@example.com", ["jürgen@example.com"]),
    "UTF-8 localpart, upper case": ("JÜRGEN@example.com", ["jürgen@example.com"]),
    "UTF-8 alias, upper case, extension": ("GRÖßE+ä@example.com", ["jürgen+ä@example.com"]),
    "UTF-8 domain": ("Leser@Bücher.example", ["leser@bücher.example"]),
    "unknown user": ("nobody@example.com", UNKNOWN),
    "unknown user with extension": ("nobody+x@example.com", UNKNOWN),
    "SQL in the key": ("x'/**/or/**/'1'='1@example.com", UNKNOWN),
    "unknown UTF-8 user": ("ärger@example.com", UNKNOWN),
    "unknown domain": ("email1@unknown.example", NO_RELAY),
    "subdomain is another domain": ("email1@sub.example.com", NO_RELAY),
}


def check(site, recipient, expected):
    """Offer the recipient alone; the reply, after it was compared with what is expected."""
    (reply,), delivered = site.deliver(recipient)
    if isinstance(expected, list):
        assert (reply.code, delivered) == (TAKEN, sorted(expected))
    else:
        code, status = expected
        assert reply.code == code and reply.text.startswith(status + " "), reply
        assert delivered == []
    return reply


@pytest.mark.parametrize("recipient, expected", CASES.values(), ids=CASES.keys())
def test_same_as_mysql(mysql_site, vmapd_site, recipient, expected):
    today = check(mysql_site, recipient, expected)
    moved = check(vmapd_site, recipient, expected)
    assert moved == today

"""As test_smtp, for settings of Postfix that change which keys are asked and what becomes of an
address extension; vmapd is told the same."""
import pytest
from test_smtp import UNKNOWN, check

TO_EMAIL1 = ["email1@example.com"]

# main.cf, vmapd's [server], and what then has to happen.
VARIANTS = {
    "two delimiters, one of them '-'": (
        ({"recipient_delimiter": "+-"}, "recipient_delimiter = +-"), {
            "list-foo@example.com": ["email1-foo@example.com"],
            "list+foo-bar@example.com": ["email1+foo-bar@example.com"],
            "list-foo+bar@example.com": ["email1-foo+bar@example.com"],
            "+foo@example.com": UNKNOWN,
            # Addresses that are never split, though their first word has an alias.
            "mailer-daemon@example.com": UNKNOWN,
            "Mailer-Daemon@example.com": UNKNOWN,
            "double-bounce@example.com": UNKNOWN,
            "owner-list@example.com": UNKNOWN,
            "list-request@example.com": UNKNOWN,
            # These only begin like one.
            "mailer-daemons@example.com": ["email1-daemons@example.com"],
            "double-bounced@example.com": ["email1-bounced@example.com"],
            "list-requests@example.com": ["email1-requests@example.com"],
            '"list-a b"@example.com': ['"email1-a b"@example.com'],
        }),
    "no delimiter": (({"recipient_delimiter": ""}, "recipient_delimiter ="), {
        "alias@example.com": TO_EMAIL1,
        "alias+foo@example.com": UNKNOWN,
        "email1+foo@example.com": UNKNOWN,
        "who+ever@catchall.example": ["email2@example.com"],
    }),
    "extensions are not propagated": (
        ({"propagate_unmatched_extensions": ""}, "propagate_extension = no"), {
            "alias+foo@example.com": TO_EMAIL1,
            "email1+foo@example.com": TO_EMAIL1,
            "email1+foo@moved.example": TO_EMAIL1,
            '"new name+x"@example.com': ['"john doe"@example.com'],
        }),
}


@pytest.mark.parametrize("variant, cases", VARIANTS.values(), ids=VARIANTS.keys(),
                         indirect=["variant"], scope="module")
def test_same_as_mysql(mysql_site, vmapd_site, cases):
    for recipient, expected in cases.items():
        today = check(mysql_site, recipient, expected)
        moved = check(vmapd_site, recipient, expected)
        assert moved == today, recipient

"""Each parameter of Postfix that moves, alone: what is set for it, rows for its table, and how mail is
sent so that the table matters. {table} is the table, {a} and {b} are two places to deliver to."""
import random
from typing import NamedTuple

COUNT = 180

LOCALPARTS = ["anna", "bert", "info", "owner-list", "list-request", "postmaster", "a.b", "o'neil",
              '"an na"', "größe", "j"]
EXTENSIONS = ["", "", "+x", "+x+y", "-z", "+"]
DOMAINS = ["one.example", "two.example", "sub.one.example", "deep.sub.two.example", "localhost",
           "three.test"]


class Parameter(NamedTuple):
    settings: dict  # beside the parameter itself
    value: object  # of a random source and a key: what the row says
    by_sender: bool = False
    keys: str = "addresses"
    twice: bool = False  # the first answers are still being found out


def elsewhere(chance, _):
    return chance.choice(["dest@one.example", "dest+own@two.example", "a@two.example, b@two.example",
                          '"quo ted"@one.example'])


def one_address(chance, _):
    return chance.choice(["dest@one.example", "dest+own@two.example", '"quo ted"@one.example'])


def yes(_, key):
    return key.lstrip("@.") or "1"


def place(chance, _):
    return chance.choice(["{a}", "{b}", "error:5.1.2 gone away"])


def relayhost(chance, _):
    return chance.choice(["[127.0.0.1]:{port_a}", "[127.0.0.1]:{port_b}"])


def login(chance, _):
    return chance.choice(["anna@one.example", "bert, anna@one.example", "somebody else"])


OPEN = {"smtpd_relay_restrictions": "check_client_access static:ok, reject"}
LOCAL = {"mydestination": "localhost, three.test"}
# By local(8), which knows none of these users itself.
DELIVERED = {"mydestination": "localhost, one.example, two.example", "local_transport": "local"}
VIRTUAL = {"virtual_mailbox_domains": "one.example, two.example", **LOCAL}

PARAMETERS = {
    "virtual_alias_maps": Parameter({**VIRTUAL, "virtual_mailbox_maps": "static:1"}, elsewhere),
    "virtual_alias_domains": Parameter({"virtual_alias_maps": "regexp:{patterns}", **LOCAL}, yes,
                                       keys="domains"),
    "virtual_mailbox_maps": Parameter(VIRTUAL, yes),
    "virtual_mailbox_domains": Parameter({"virtual_mailbox_maps": "static:1", **LOCAL}, yes,
                                         keys="domains"),
    "relay_domains": Parameter(LOCAL, yes, keys="domains"),
    "relay_recipient_maps": Parameter({"relay_domains": "one.example, two.example", **LOCAL}, yes),
    "local_recipient_maps": Parameter({"mydestination": "localhost, one.example, two.example"}, yes),
    "mydestination": Parameter({}, yes, keys="domains"),
    "transport_maps": Parameter({**OPEN, **LOCAL}, place, keys="both"),
    "canonical_maps": Parameter({**OPEN, **LOCAL}, one_address),
    "recipient_canonical_maps": Parameter({**OPEN, **LOCAL}, one_address),
    "lmtp_generic_maps": Parameter({**OPEN, **LOCAL}, one_address),
    "smtp_generic_maps": Parameter({**OPEN, **LOCAL, "default_transport": "smtp:[127.0.0.1]:{port_a}"},
                                   one_address),
    "mailbox_transport_maps": Parameter({**DELIVERED, "mailbox_transport": "{b}"}, place),
    "fallback_transport_maps": Parameter({**DELIVERED, "fallback_transport": "{b}"}, place),
    "recipient_bcc_maps": Parameter({**OPEN, **LOCAL}, one_address),
    "relocated_maps": Parameter({**OPEN, **LOCAL}, one_address),
    "address_verify_transport_maps": Parameter(
        {**OPEN, **LOCAL, "smtpd_recipient_restrictions": "reject_unverified_recipient",
         "address_verify_poll_count": "1", "unverified_recipient_reject_code": "550"}, place,
        keys="both", twice=True),
    "sender_canonical_maps": Parameter({**OPEN, **LOCAL}, one_address, by_sender=True),
    "sender_bcc_maps": Parameter({**OPEN, **LOCAL}, one_address, by_sender=True),
    "sender_dependent_default_transport_maps": Parameter({**OPEN, **LOCAL}, place, by_sender=True),
    "sender_dependent_relayhost_maps": Parameter({**OPEN, **LOCAL}, relayhost, by_sender=True),
    "smtpd_sender_login_maps": Parameter(
        {**OPEN, **LOCAL, "smtpd_sender_restrictions": "reject_sender_login_mismatch",
         "smtpd_sasl_auth_enable": "yes", "smtpd_sasl_type": "dovecot", "smtpd_sasl_path": "{sasl}"},
        login, by_sender=True),
}


def with_extension(localpart, extension):
    return localpart[:-1] + extension + '"' if localpart.endswith('"') else localpart + extension


def addresses(seed):
    chance = random.Random(seed)
    found = {}
    while len(found) < COUNT:
        localpart = with_extension(chance.choice(LOCALPARTS), chance.choice(EXTENSIONS))
        found[f"{localpart}@{chance.choice(DOMAINS)}"] = None
    return list(found)


def rows(parameter, seed):
    """Some of all keys that may be asked."""
    chance = random.Random(f"rows {seed}")
    keys = {}
    if parameter.keys != "addresses":
        for domain in DOMAINS:
            keys[domain] = keys[f".{domain}"] = None
    if parameter.keys != "domains":
        for localpart in LOCALPARTS:
            for extension in EXTENSIONS:
                bare = with_extension(localpart, extension)
                keys[bare] = None
                for domain in DOMAINS:
                    keys[f"{bare}@{domain}"] = None
        for domain in DOMAINS:
            keys[f"@{domain}"] = None
    return {key: parameter.value(chance, key) for key in keys
            if chance.random() < (0.3 if "@" in key[1:] else 0.5)}

"""Restrictions that look at what DNS says of a name (its name servers, mail servers, addresses) or at the client's
certificate: the same replies with a mysql: table and with vmapd."""
import base64
import hashlib
import ssl
import subprocess

import pytest

from harness import access
from harness.access_sites import Sites, Talk, Use, compare, compare_keys, restriction
from harness.dns import NameServer
from harness.keys import SEED

MANY = 180
FEW = 6
KEYS = 20


def named_client(chance):
    return access.names(chance), access.ipv4(chance)


def at_name(chance):
    return f"{chance.choice(['anna', 'bert', 'info'])}@{access.names(chance)}"


# What there is of DNS, and whose name is looked up.
PLACES = {
    "client": ("client", named_client, Talk.client),
    "reverse_client_hostname": ("client", named_client, Talk.client),
    "helo": ("helo", access.names, Talk.helo),
    "sender": ("sender", at_name, Talk.sender),
    "recipient": ("recipient", at_name, Talk.recipient),
}
USES = {f"check_{place}_{what}_access": Use(*restriction(f"check_{place}_{what}_access", stage),
                                            "client", make, say)
        for place, (stage, make, say) in PLACES.items() for what in ("a", "mx", "ns")}
CERTIFICATE = "check_ccert_access"


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True).stdout


class Certificates:
    """Clients' certificates, several for each key; and what Postfix looks up for one."""

    def __init__(self, directory):
        self.files = []
        for number in range(MANY):
            key = f"{directory}/{number % KEYS}.key"
            path = f"{directory}/{number}.pem"
            if number < KEYS:
                openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
            certificate = openssl("req", "-x509", "-key", key, "-days", "2",
                                  "-subj", f"/CN=client {number}")
            with open(path, "w", encoding="ascii") as file, open(key, encoding="ascii") as private:
                file.write(private.read() + certificate)
            self.files.append(path)

    def rows(self):
        """Some are known by their certificate, some by their key, some not at all."""
        return [self.fingerprint(path) for path in self.files[::3]] \
            + [self.key_fingerprint(path) for path in self.files[1:KEYS:4]]

    @staticmethod
    def fingerprint(path):
        with open(path, encoding="ascii") as file:
            _, begin, rest = file.read().partition(ssl.PEM_HEADER)
        return in_hex(ssl.PEM_cert_to_DER_cert(begin + rest))

    @staticmethod
    def key_fingerprint(path):
        lines = openssl("x509", "-in", path, "-noout", "-pubkey").splitlines()[1:-1]
        return in_hex(base64.b64decode("".join(lines)))


def in_hex(data):
    return hashlib.sha256(data).digest().hex(":")


@pytest.fixture(scope="module", name="certificates")
def _certificates(workdir):
    directory = workdir / "client-certificates"
    directory.mkdir()
    return Certificates(directory)


@pytest.fixture(scope="module", name="name_server")
def _name_server(workdir):
    made = NameServer(workdir, SEED)
    yield made
    made.close()


@pytest.fixture(scope="module", name="sites")
def _sites(loaded, workdir, show_logs, name_server, certificates):
    by_certificate = Use(*restriction(CERTIFICATE), "exact", None, Talk.certificate,
                         ("smtpd_tls_security_level=may", "smtpd_tls_ask_ccert=yes",
                          f"smtpd_tls_chain_files={certificates.files[0]}"))
    made = Sites(loaded, workdir, {**USES, CERTIFICATE: by_certificate})
    made.add_rows(loaded, certificates.rows())
    for site in made.mysql, made.ours:
        site.postfix.launcher = name_server.launcher
    show_logs += [made.vmapd.log, made.mysql.postfix.log, made.ours.postfix.log]
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.mark.parametrize("name", USES)
def test_same_replies(sites, name_server, name, figures):
    asked = name_server.asked
    whos = access.take(USES[name].make, MANY, f"{SEED} {name}")
    reasons = compare(sites, name, whos)
    assert name_server.asked > asked
    figures(name, f"{len(whos)} asked", f"{len(reasons)} different replies", "0 differences")


@pytest.mark.parametrize("name", USES)
def test_same_keys_in_the_same_order(sites, mariadb, name, figures):
    whos = access.take(USES[name].make, FEW, f"{SEED} order {name}")
    figures(name, f"{FEW} asked", f"{compare_keys(sites, mariadb, name, whos)} keys")


def test_same_replies_to_certificates(sites, certificates, figures):
    reasons = compare(sites, CERTIFICATE, certificates.files)
    assert len(reasons) > MANY // 3, (SEED, reasons)
    figures(CERTIFICATE, f"{MANY} asked", f"{len(reasons)} different replies", "0 differences")

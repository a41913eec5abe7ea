"""What each combination of the tls_ parameters means: to which servers vmapd connects, and that no password
goes to one that did not prove itself when that was asked for. The same with every client library, but for
what docs/security.md names."""
import ctypes
import itertools
import re
import shutil
import socket
import subprocess
from typing import NamedTuple

import pytest

from harness import mailsystem
from harness.mariadb import MariaDB


def own_address():
    """An address of this machine that is not on the loopback interface; None if it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return None
        return probe.getsockname()[0]


PLACES = {"loopback": "127.0.0.1", "network": own_address()}


def openssl(directory, *arguments):
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)


KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


def new_authority(directory, name):
    openssl(directory, "req", "-x509", *KEY, "-days", "2", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.pem")


def new_certificate(directory, name, subjects):
    """Signed by "right"."""
    (directory / f"{name}.ext").write_text(f"subjectAltName={subjects}", "ascii")
    openssl(directory, "req", *KEY, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    openssl(directory, "x509", "-req", "-in", f"{name}.csr", "-CA", "right.pem", "-CAkey", "right.key",
            "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext", "-out", f"{name}.pem")
    shutil.chown(directory / f"{name}.key", "mysql")


@pytest.fixture(scope="module")
def certificates(workdir):
    directory = workdir / "certificates"
    directory.mkdir(mode=0o755)
    for authority in ("right", "wrong"):
        new_authority(directory, authority)
    new_certificate(directory, "named", ",".join(f"IP:{address}" for address in PLACES.values() if address))
    new_certificate(directory, "misnamed", "DNS:elsewhere.example")
    return directory


SERVERS = ("named", "misnamed", "without TLS")
ACCOUNTS = {"password": mailsystem.PASSWORD, "no password": ""}


@pytest.fixture(scope="module")
def servers(workdir, certificates):
    started = {}
    try:
        for name in SERVERS:
            tls = ["--skip-ssl"] if name == "without TLS" else \
                [f"--ssl-cert={certificates}/{name}.pem", f"--ssl-key={certificates}/{name}.key"]
            server = MariaDB(workdir / f"tls-{SERVERS.index(name)}", "--bind-address=*", *tls)
            server.start()
            started[name] = server
            mailsystem.load_database(server)
            for account, password in ACCOUNTS.items():
                server.sql(f"CREATE USER '{account}'@'%' IDENTIFIED BY '{password}';"
                           f"GRANT SELECT ON mailserver.* TO '{account}'@'%'")
        yield started
    finally:
        for server in started.values():
            server.stop()


class Case(NamedTuple):
    server: str
    ca: str  # right, wrong, none
    verify: str  # yes, no, unset
    account: str
    place: str

    def name(self):
        return re.sub(r"\W", "_", "-".join(self))


CASES = [Case(*case) for case in itertools.product(
    SERVERS, ("right", "wrong", "none"), ("yes", "no", "unset"), ACCOUNTS,
    [place for place, address in PLACES.items() if address])]


def table(case, servers, certificates, password=None):
    lines = [f"[map {case.name()}]", f"query = {mailsystem.QUERIES['domains']}",
             f"hosts = {PLACES[case.place]}:{servers[case.server].port}", f"user = {case.account}",
             f"password = {ACCOUNTS[case.account] if password is None else password}"]
    if case.ca != "none":
        lines.append(f"tls_CAfile = {certificates}/{case.ca}.pem")
    if case.verify != "unset":
        lines.append(f"tls_verify_cert = {case.verify}")
    return "\n".join(lines) + "\n"


def library():
    """The version of the client library, such as (3, 4)."""
    get = ctypes.CDLL("libmariadb.so.3").mysql_get_client_info
    get.restype = ctypes.c_char_p
    return tuple(map(int, get().split(b".")[:2]))


def looks_at_the_name(case):
    """With an authority. The one thing in which the libraries differ, as docs/security.md says."""
    return case.verify == "yes" if library() < (3, 4) else case.place == "network"


def connects(case):
    """What has to be."""
    is_tls_demanded = case.ca != "none" or case.verify == "yes"
    if case.server == "without TLS":
        return not is_tls_demanded
    if case.ca == "none":  # those that the system trusts did not sign it
        return case.verify != "yes"
    return case.ca == "right" and (case.server == "named" or not looks_at_the_name(case))


def ask(daemon, case):
    """Whether it connects; the reason if it does not."""
    reply = daemon.ask(case.name(), "example.com")
    assert reply.status in ("OK", "TEMP"), reply
    return "" if reply.status == "OK" else reply.text


def test_matrix(vmapd, servers, certificates, figures):
    daemon = vmapd(maps="".join(table(case, servers, certificates) for case in CASES))
    reasons = {case: ask(daemon, case) for case in CASES}
    assert {case: reason == "" for case, reason in reasons.items()} \
        == {case: connects(case) for case in CASES}, reasons
    figures(f"client library {library()}")
    for line, cases in itertools.groupby(CASES, lambda case: case[:3]):
        told = ", ".join(f"{case.account}, {case.place}: {'no' if reasons[case] else 'yes'}"
                         for case in cases)
        figures("server {}, CA {}, tls_verify_cert {}: {}".format(*line, told))
    assert all(re.search("SSL|TLS|certificate", reason) for reason in reasons.values() if reason)


def test_no_password_before_the_certificate(vmapd, servers, certificates):
    """Where a certificate is asked for, a bad one ends it before the account is named: the server never
    gets to say that the password is wrong."""
    refused = [case for case in CASES if case.server != "without TLS" and not connects(case)]
    taken = next(case for case in CASES if connects(case) and case.account == "password")
    daemon = vmapd(maps="".join(table(case, servers, certificates, "wrong") for case in [*refused, taken]))

    def denied():
        return {name: server.status("Access_denied_errors") for name, server in servers.items()}
    before = denied()
    assert all(ask(daemon, case) for case in refused)
    assert denied() == before
    assert "Access denied" in ask(daemon, taken) and denied() != before

"""The AppArmor profile allows all that vmapd does on a whole system. The kernel of a test machine may know
nothing of AppArmor, so vmapd runs under strace, and each file and socket is looked up in the profile. What
is a matter of capabilities, the kernel refuses: no others are there than the profile has."""
import os
import re
import shutil
import subprocess

import pytest

from harness import mailsystem, trace
from harness.apparmor import Profile
from harness.mariadb import MariaDB
from harness.notify import Notifications
from harness.process import Process, free_port, wait_until
from harness.root import Root
from harness.vmapd import BUILD, SOURCE, Vmapd

PROFILE = SOURCE / "packaging/vmapd.apparmor"
UID = 42424

CONFIG = """
[server]
listen = unix:/var/spool/postfix/private/vmap inet:127.0.0.1:{listen}
socket_mode = 0660
socket_owner = postfix
metrics = inet:127.0.0.1:{metrics}
user = vmapd
log = syslog
[database]
hosts = unix:/run/mysqld/mysqld.sock
user = {user}
password_file = /run/credentials/vmapd.service/password
dbname = mailserver
[cache]
mirror = yes
state_file = /var/lib/vmapd/cache
state_interval = 1s
[map domains]
search = exact
query = SELECT 1 FROM virtual_domains WHERE name='%s'
[map mailboxes]
search = address
tables = /etc/postfix/mysql-mailboxes.cf
[map network]
hosts = db.example:{port}
password_file = /etc/vmapd/password
tls_CAfile = /etc/vmapd/ca.pem
tls_verify_cert = yes
query = SELECT 1 FROM virtual_users WHERE email='%s'
"""

CF = f"""
hosts = localhost
user = {mailsystem.USER}
password = {mailsystem.PASSWORD}
dbname = mailserver
option_file = /etc/postfix/client.cnf
domain = /etc/vmapd/our-domains
query = SELECT 1 FROM virtual_users WHERE email='%s'
"""

class System(Vmapd):
    """vmapd in a root of its own, with everything where the package and the manual have it."""

    def __init__(self, directory, mariadb, profile):  # pylint: disable=super-init-not-called
        self.root = root = Root(directory)
        self.directory = root.path("/etc/vmapd")
        self.control = root.path("/run/vmapd/control")
        self.address = f"unix:{root.path('/var/spool/postfix/private/vmap')}"
        with open(root.path("/etc/passwd"), "a", encoding="utf-8") as passwd:
            passwd.write(f"vmapd:x:{UID}:{UID}::/nonexistent:/usr/sbin/nologin\n")
        with open(root.path("/etc/group"), "a", encoding="utf-8") as group:
            group.write(f"vmapd:x:{UID}:\n")
        with open(root.path("/etc/hosts"), "a", encoding="utf-8") as hosts:
            hosts.write("127.0.0.1 db.example\n")
        root.make("/var/spool/postfix/private", "postfix", 0o700)
        root.make("/run/vmapd")
        os.chown(root.make("/var/lib/vmapd", mode=0o700), UID, UID)
        root.bind(mariadb.socket, "/run/mysqld/mysqld.sock")
        root.bind(BUILD, "/build")
        root.write("/etc/vmapd/our-domains", "example.com\n")
        for path in ("/etc/vmapd/password", "/run/credentials/vmapd.service/password"):
            root.write(path, mailsystem.PASSWORD)
        root.write("/etc/postfix/mysql-mailboxes.cf", CF)
        root.write("/etc/postfix/client.cnf", "[client]\nsocket = /run/mysqld/mysqld.sock\n")
        root.write("/etc/vmapd/vmapd.conf", CONFIG.format(
            user=mailsystem.USER, port=mariadb.port, listen=free_port(), metrics=free_port()))
        root.make("/run/systemd")
        self.manager = Notifications(root.path("/run/systemd/notify"))
        os.chmod(self.manager.path, 0o777)
        self.conf = root.path("/etc/vmapd/vmapd.conf")
        capabilities = ",".join(["-all"] + [f"+{name}" for name in sorted(profile.capabilities)])
        self.process = Process(
            root.command("strace", "-D", "-A", "-o", "/trace", *trace.ARGUMENTS,
                         "setpriv", f"--bounding-set={capabilities}", "/build/vmapd"),
            f"{directory}/vmapd.log", env={"NOTIFY_SOCKET": "/run/systemd/notify",
                                           "ASAN_OPTIONS": "detect_leaks=0"})
        self.log = self.process.log
        self._killed = False

    def trace(self):
        """What vmapd did, without what started it."""
        with open(self.root.path("/trace"), encoding="utf-8", errors="replace") as file:
            lives = re.split(r'(?m)^\d+ +execve\("([^"]*)".*\n', file.read())
        return [line for program, life in zip(lives[1::2], lives[2::2]) if program == "/build/vmapd"
                for line in life.splitlines()]

    def real(self, files):
        """As the kernel sees them: without symbolic links."""
        files = sorted(files)
        paths = self.root.run("realpath", "-m", "--", *(path for path, _ in files)).splitlines()
        return {(path.replace("/build/vmapd", "/usr/sbin/vmapd") + "/" * named.endswith("/"), access)
                for path, (named, access) in zip(paths, files)}

    def close(self):
        self.stop()
        self.manager.close()


@pytest.fixture(scope="module")
def profile():
    return Profile(PROFILE)


@pytest.fixture
def certificate(tmp_path):
    """Signed by itself."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "2", "-subj", "/CN=db.example", "-addext", "subjectAltName=DNS:db.example",
                    "-keyout", "key.pem", "-out", "cert.pem"], cwd=tmp_path, check=True, capture_output=True)
    shutil.chown(tmp_path / "key.pem", "mysql")
    return tmp_path / "cert.pem"


@pytest.fixture
def database(tmp_path, certificate):
    tmp_path.chmod(0o755)
    server = MariaDB(tmp_path / "mariadb", f"--ssl-cert={certificate}", f"--ssl-key={tmp_path}/key.pem")
    try:
        server.start()
        mailsystem.load_database(server)
        yield server
    finally:
        server.stop()


@pytest.fixture
def system(database, certificate, tmp_path, profile):
    made = System(tmp_path / "root", database, profile)
    shutil.copy(certificate, made.root.path("/etc/vmapd/ca.pem"))
    try:
        made.start()
        yield made
    finally:
        made.close()


def test_it_compiles_and_is_enforced(profile):
    subprocess.run(["apparmor_parser", "--skip-kernel-load", "--skip-cache", PROFILE], check=True,
                   capture_output=True)
    assert profile.is_enforced


def test_it_allows_no_more(profile):
    assert profile.allows("/etc/vmapd/vmapd.conf", "r")
    for path, access in [("/etc/vmapd/vmapd.conf", "w"), ("/etc/shadow", "r"), ("/root/.ssh/id_rsa", "r"),
                         ("/usr/sbin/vmapd", "w"), ("/var/lib/vmapd/cache", "m"), ("/bin/sh", "x"),
                         ("/var/lib/mysql/mysql/global_priv.MAD", "r"), ("/var/spool/postfix/active/1", "r")]:
        assert not profile.allows(path, access), path


def use(system):
    """Everything that makes vmapd look at something."""
    assert system.ask("domains", "example.com") == ("OK", "1")
    assert system.ask("mailboxes", "nobody@example.com").status == "NOTFOUND"
    assert system.ask("mailboxes", "email1@example.com") == ("OK", "1")
    assert system.ask("network", "email1@example.com") == ("OK", "1")
    assert system.ctl("reload").returncode == 0
    state = system.root.path("/var/lib/vmapd/cache")
    wait_until(lambda: os.path.exists(state), "vmapd has saved its state")
    system.manager.wait_for("READY")
    system.stop()
    system.start()
    assert system.ask("mailboxes", "email1@example.com") == ("OK", "1")
    system.stop()


def test_it_allows_all_that_vmapd_does(system, profile, figures):
    use(system)
    lines = system.trace()
    files = system.real(trace.files(lines))
    assert {"/etc/vmapd/vmapd.conf", "/var/lib/vmapd/cache", "/run/systemd/notify", "/run/mysqld/mysqld.sock",
            "/etc/vmapd/ca.pem"} <= {path for path, _ in files}
    assert [found for found in sorted(files) if not profile.allows(*found)] == []
    assert trace.sockets(lines) <= profile.network
    figures(f"{len(files)} files, {len(trace.sockets(lines))} kinds of sockets, {len(lines)} calls")

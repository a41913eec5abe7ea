"""The whole mail system from the finished files of conf/: MariaDB, vmapd, Postfix and Dovecot. What
is changed in the files are paths, ports, and the owner of the mailboxes; a change that finds nothing
to change is an error, so that the files and this one cannot drift apart."""
import imaplib
import os
import poplib
import shutil
import smtplib
import ssl
import subprocess

from harness.dovecot import Dovecot
from harness.dovecot import version as dovecot_version
from harness.postfix import Postfix
from harness.process import free_port
from harness.sink import Sink
from harness.vmapd import SOURCE, Vmapd

SERVICES = ("submission", "smtps", "imaps", "pop3s")
# The owner of all mailboxes, in the place of vmail.
MAIL_USER = "mail"


def finished(name, changes):
    """A file of conf/ with the changes made in it."""
    text = (SOURCE / "conf" / name).read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"conf/{name} no longer has {old!r}"
        text = text.replace(old, new)
    return text


def new_certificate(directory):
    """A self-signed one for the name of conf/postfix-main.cf; (certificate, key)."""
    paths = f"{directory}/mail.pem", f"{directory}/mail.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=mail.example.com",
                    "-addext", "subjectAltName=DNS:mail.example.com,IP:127.0.0.1",
                    "-out", paths[0], "-keyout", paths[1]], check=True, capture_output=True)
    return paths


class MailSystem:
    # What is not in Dovecot's file as it is.
    dovecot_lacks = ()

    def __init__(self, directory, mariadb):
        """Write all files; the database runs already."""
        self.directory = str(directory)
        self.mariadb = mariadb
        self.ports = {service: free_port() for service in SERVICES}
        self.mailboxes = f"{self.directory}/vhosts"
        os.makedirs(self.mailboxes, mode=0o770)
        shutil.chown(self.mailboxes, MAIL_USER, MAIL_USER)
        self.certificate, self.key = new_certificate(self.directory)
        self.tls = ssl.create_default_context(cafile=self.certificate)
        self.sink = Sink()
        self.postfix = self._postfix()
        self.private = f"{self.postfix.queue}/private"
        os.makedirs(self.private, mode=0o700)
        shutil.chown(self.private, "postfix")
        self.vmapd = self._vmapd()
        self.dovecot = self._dovecot()

    @property
    def logs(self):
        return [self.postfix.log, self.vmapd.log, self.dovecot.log]

    def start(self):
        self.vmapd.start()
        self.dovecot.start()
        self.postfix.start()

    def stop(self):
        self.postfix.stop()
        self.dovecot.stop()
        self.sink.close()
        self.vmapd.stop()

    def main_cf_changes(self):
        """Beyond those that each private instance needs."""
        return {}

    def _postfix(self):
        aliases, mailname = f"{self.directory}/aliases", f"{self.directory}/mailname"
        for path, text in ((aliases, "postmaster: root\n"), (mailname, "example.com\n")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        subprocess.run(["postalias", f"hash:{aliases}"], check=True)
        main_cf = finished("postfix-main.cf", {
            **self.main_cf_changes(),
            "inet_interfaces = all": "inet_interfaces = 127.0.0.1",
            # The tests are strangers that have to log in.
            "mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128": "mynetworks = 192.0.2.0/24",
            "/etc/aliases": aliases,
            "= /etc/mailname": f"= {mailname}",
            "/etc/ssl/certs/mail.pem": self.certificate,
            "/etc/ssl/private/mail.key": self.key,
        })
        master_cf = finished("postfix-master.cf", {
            "\nsmtp        inet": "\n127.0.0.1:{port} inet",
            "\nsubmission  inet": f"\n127.0.0.1:{self.ports['submission']} inet",
            "\nsmtps       inet": f"\n127.0.0.1:{self.ports['smtps']} inet",
        })
        return Postfix(f"{self.directory}/postfix", {
            # The world outside is the sink.
            "default_transport": f"lmtp:inet:[127.0.0.1]:{self.sink.port}",
            # Tests make errors on purpose, and do not want to wait for minutes.
            "smtpd_error_sleep_time": "0",
            "smtpd_hard_error_limit": "1000",
            "queue_run_delay": "1s", "minimal_backoff_time": "1s", "maximal_backoff_time": "2s",
        }, main_cf, master_cf)

    def _vmapd(self):
        directory = f"{self.directory}/vmapd"
        daemon = Vmapd(directory, finished("vmapd.conf", {
            "unix:/var/spool/postfix/private/vmap": f"unix:{self.private}/vmap",
            "unix:/run/vmapd/control": f"unix:{directory}/control",
            "hosts = 127.0.0.1": f"hosts = 127.0.0.1:{self.mariadb.port}",
        }))
        daemon.address = f"unix:{self.private}/vmap"
        return daemon

    def _dovecot(self):
        """With the file of conf/ that is for the version that is installed."""
        directory = f"{self.directory}/dovecot"
        os.makedirs(directory, mode=0o755)
        changes = {
            "/var/mail/vhosts": self.mailboxes,
            "/var/spool/postfix/private": self.private,
            "/etc/ssl/certs/mail.pem": self.certificate,
            "/etc/ssl/private/mail.key": self.key,
            "port = 993": f"port = {self.ports['imaps']}",
            "port = 995": f"port = {self.ports['pop3s']}",
        }
        if dovecot_version() < (2, 4):
            text = finished("dovecot.conf", {
                **changes, "uid=vmail gid=vmail": f"uid={MAIL_USER} gid={MAIL_USER}",
                "/etc/dovecot/dovecot-sql.conf.ext": self._dovecot_sql(directory)})
        else:
            text = finished("dovecot-2.4.conf", {
                **changes, "id = vmail": f"id = {MAIL_USER}",
                "mysql 127.0.0.1 {": f"mysql 127.0.0.1 {{\n  port = {self.mariadb.port}"})
        for part in self.dovecot_lacks:
            text = text.replace(part, "")
        return Dovecot(directory, text, [self.ports["imaps"], self.ports["pop3s"]])

    def _dovecot_sql(self, directory):
        path = f"{directory}/dovecot-sql.conf.ext"
        with open(path, "w", encoding="utf-8") as file:
            file.write(finished("dovecot-sql.conf.ext", {
                "host=127.0.0.1": f"host=127.0.0.1 port={self.mariadb.port}"}))
        shutil.chown(path, "root", "dovecot")
        os.chmod(path, 0o640)
        return path

    # --- as other servers and as users see it -------------------------------------------------------

    def smtp(self):
        """A session as another mail server holds it, not encrypted yet."""
        return smtplib.SMTP("127.0.0.1", self.postfix.port, "stranger.example", 60)

    def submission(self, user=None, password=None):
        """A session of a user's mail program with STARTTLS, logged in unless user is None."""
        session = smtplib.SMTP("127.0.0.1", self.ports["submission"], "user.example", 60)
        session.starttls(context=self.tls)
        return self._log_in(session, user, password)

    def smtps(self, user=None, password=None):
        """The same with TLS from the first byte."""
        session = smtplib.SMTP_SSL("127.0.0.1", self.ports["smtps"], "user.example", timeout=60,
                                   context=self.tls)
        return self._log_in(session, user, password)

    @staticmethod
    def _log_in(session, user, password):
        try:
            session.ehlo()
            if user is not None:
                session.login(user, password)
        except BaseException:
            session.close()
            raise
        return session

    def imap(self, user, password):
        session = imaplib.IMAP4_SSL("127.0.0.1", self.ports["imaps"], ssl_context=self.tls,
                                    timeout=60)
        try:
            session.login(user, password)
            session.select("INBOX")
        except BaseException:
            session.shutdown()
            raise
        return session

    def pop3(self, user, password):
        session = poplib.POP3_SSL("127.0.0.1", self.ports["pop3s"], timeout=60, context=self.tls)
        try:
            session.user(user)
            session.pass_(password)
        except BaseException:
            session.close()
            raise
        return session

    def maildir(self, address):
        """The texts of the messages in somebody's Maildir."""
        name, _, domain = address.partition("@")
        texts = []
        for folder in ("new", "cur"):
            path = f"{self.mailboxes}/{domain}/{name}/{folder}"
            for entry in os.listdir(path) if os.path.isdir(path) else []:
                with open(f"{path}/{entry}", encoding="utf-8") as file:
                    texts.append(file.read())
        return texts

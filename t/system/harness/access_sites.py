"""Two Postfix installations with one smtpd for each use of a table of access(5): one with the mysql: table
everywhere, one with vmapd's maps of it."""
import contextlib
import os
import re
import shutil
import smtplib
import ssl
import tempfile
from pathlib import Path
from typing import NamedTuple

from harness import access, mailsystem
from harness.keys import SEED
from harness.postfix import MASTER_CF, Postfix
from harness.process import free_port
from harness.sasl import Logins
from harness.vmapd import Vmapd

TABLES = """
DROP DATABASE IF EXISTS access_tables;
CREATE DATABASE access_tables CHARACTER SET utf8mb4;
GRANT SELECT ON access_tables.* TO 'mailuser'@'127.0.0.1';
USE access_tables;
CREATE TABLE actions (pattern varchar(255) COLLATE utf8mb4_bin PRIMARY KEY, action varchar(300));
CREATE TABLE nothing LIKE actions;
SET GLOBAL log_output = 'TABLE';
"""


class Talk:
    """One SMTP session with one smtpd; the methods that Use.say names give all replies."""

    def __init__(self, port):
        self.port = port
        self.smtp = smtplib.SMTP("127.0.0.1", port, "[192.0.2.1]", 20)
        self.smtp.command_encoding = "utf-8"
        self.smtp.ehlo("greeting.example")

    def do(self, line):
        code, text = self.smtp.docmd(line)
        return code, text.decode("utf-8", "replace")

    def close(self):
        self.smtp.close()

    def _mail(self, sender, recipient):
        self.do("RSET")
        return [self.do(f"MAIL FROM:<{sender}> SMTPUTF8"), self.do(f"RCPT TO:<{recipient}>")]

    def recipient(self, who):
        return self._mail("me@elsewhere.example", who)

    def sender(self, who):
        return self._mail(who, "you@elsewhere.example")

    def helo(self, who):
        return [self.do(f"HELO {who}"), *self.recipient("you@elsewhere.example")]

    def etrn(self, who):
        self.do("EHLO greeting.example")
        return [self.do(f"ETRN {who}")]

    def client(self, who):
        name, address = who
        self.do("RSET")
        said = [self.do(f"XCLIENT NAME={name} REVERSE_NAME={name} ADDR={address}"),
                self.do("EHLO greeting.example")[:1]]
        return said + self.recipient("you@elsewhere.example")

    def certificate(self, who):
        """A session of its own, with TLS; who: the file with the client's certificate and key."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(who)
        session = Talk(self.port)
        with contextlib.closing(session):
            session.smtp.starttls(context=context)
            session.smtp.ehlo("greeting.example")
            return session.recipient("you@elsewhere.example")

    def login(self, who):
        self.do("RSET")
        said = [self.do(f"XCLIENT LOGIN={who}"), self.do("EHLO greeting.example")[:1]]
        return said + self.recipient("you@elsewhere.example")


class Use(NamedTuple):
    """One place where Postfix takes a table, and what is said to it there."""
    parameter: str
    value: str  # with {table}
    search: str
    make: object  # of a random source: who is looked up
    say: object  # of a Talk and of that
    extra: tuple = ()  # more settings of its smtpd


def restriction(name, stage="recipient"):
    return f"smtpd_{stage}_restrictions", f"{name},{{table}},reject"


def map_name(use):
    """One map serves all uses that search in the same way."""
    return f"{use.search}{'_dotted' if use.extra and 'parent' in use.extra[0] else ''}"


TLSMGR = "tlsmgr unix - - n 1000? 1 tlsmgr\n"

MAIN_CF = {
    "smtpd_relay_restrictions": "check_client_access static:ok, reject",
    # Who is not refused by the table is refused in the end, since taking a message takes longer.
    "smtpd_recipient_restrictions": "check_client_access static:{REJECT in the end}", "smtpd_delay_reject": "yes",
    "smtpd_authorized_xclient_hosts": "0.0.0.0/0 [::]/0", "smtpd_error_sleep_time": "0",
    "smtpd_soft_error_limit": "100000", "smtpd_hard_error_limit": "100000",
    "smtpd_junk_command_limit": "100000", "smtpd_forbid_bare_newline": "no",
    "smtpd_peername_lookup": "no", "alias_maps": "", "alias_database": "", "mydestination": "",
    "local_recipient_maps": "", "recipient_delimiter": "+", "smtputf8_enable": "yes",
    "mynetworks": "203.0.113.0/24", "fast_flush_domains": "", "disable_dns_lookups": "no",
    "myhostname": "host.example.com",
    "default_transport": "discard", "relay_transport": "discard", "inet_protocols": "all",
}


class Asker:
    """A Postfix with one smtpd for each use, all with tables of one type."""

    def __init__(self, directory, uses, tables, logins, main_cf):
        services = ""
        self.uses, self.ports = uses, {}
        for name, use in uses.items():
            self.ports[name] = free_port()
            options = [f"{use.parameter}={use.value.format(table=tables[map_name(use)])}", *use.extra]
            services += (f"127.0.0.1:{self.ports[name]} inet n - n - - smtpd\n"
                         + "".join(f"  -o {option}\n" for option in options))
        self.postfix = Postfix(directory, {**MAIN_CF, "smtpd_sasl_auth_enable": "yes",
                                           "smtpd_sasl_type": "dovecot",
                                           "smtpd_sasl_path": logins.path, **main_cf},
                               master_cf=MASTER_CF + services + TLSMGR)

    def ask(self, name, whos):
        with contextlib.closing(Talk(self.ports[name])) as talk:
            return {who: self.uses[name].say(talk, who) for who in whos}


class Sites:
    def __init__(self, server, workdir, uses, main_cf=None):
        """main_cf: more settings of both. The table has keys of every form, and more when a test adds them."""
        server.sql(TABLES)
        self.add_rows(server, access.rows(SEED))
        self.directory = Path(tempfile.mkdtemp(prefix="access-", dir=workdir))
        self.directory.chmod(0o755)
        self.logins = Logins()
        cf = self.directory / "access.cf"
        cf.write_text(f"user = {mailsystem.USER}\npassword = {mailsystem.PASSWORD}\n"
                      f"hosts = 127.0.0.1:{server.port}\ndbname = access_tables\n"
                      f"option_file = {self.directory}/client.cnf\n"
                      "query = SELECT action FROM actions WHERE pattern='%s'\n", encoding="utf-8")
        (self.directory / "client.cnf").write_text("[client]\ndefault-character-set = utf8mb4\n",
                                                   encoding="utf-8")
        maps = sorted({map_name(use): use.search for use in uses.values()}.items())
        self.mysql = Asker(self.directory / "mysql", uses,
                           {name: f"mysql:{cf}" for name, _ in maps}, self.logins, main_cf or {})
        self.ours = Asker(self.directory / "ours", uses,
                          {name: f"socketmap:unix:private/vmap:{name}" for name, _ in maps},
                          self.logins, main_cf or {})
        private = f"{self.ours.postfix.queue}/private"
        os.makedirs(private, mode=0o700)
        shutil.chown(private, "postfix")
        self.vmapd = Vmapd(self.directory, mailsystem.vmapd_conf(
            server, self.directory, listen=f"unix:{private}/vmap",
            maps="".join(f"[map {name}]\nsearch = {search}\n"
                         "parent_domain_matches_subdomains = "
                         f"{'no' if name.endswith('_dotted') else 'yes'}\ntables = {cf}\n"
                         for name, search in maps)))

    @staticmethod
    def add_rows(server, keys):
        quoted = [key.replace("\\", "\\\\").replace("'", "''") for key in keys]
        server.sql("INSERT INTO actions VALUES "
                   + ", ".join(f"('{key}', 'REJECT row {key}')" for key in quoted), "access_tables")

    def start(self):
        self.vmapd.start()
        self.mysql.postfix.start()
        self.ours.postfix.start()

    def stop(self):
        self.mysql.postfix.stop()
        self.ours.postfix.stop()
        self.vmapd.stop()
        self.logins.close()


def reason(replies):
    """What was said, but for whom it was said to."""
    return " ".join(re.sub(r"<[^>]*>|\S*\[\S*\]", "", text) for _, *texts in replies for text in texts)


def compare(sites, name, whos):
    """Ask both sites, which reply the same; the different reasons that they give."""
    today = sites.mysql.ask(name, whos)
    moved = sites.ours.ask(name, whos)
    different = {who: (today[who], moved[who]) for who in whos if today[who] != moved[who]}
    assert not different, (SEED, len(different), dict(list(different.items())[:5]))
    reasons = {reason(replies) for replies in today.values()}
    assert len(reasons) > 1, (SEED, reasons)
    return reasons


@contextlib.contextmanager
def empty_table(sites, server):
    """With nothing in the table each key is asked for; the statements are kept by the server."""
    server.sql("RENAME TABLE actions TO away, nothing TO actions; SET GLOBAL general_log = 1",
               "access_tables")
    sites.vmapd.ctl("flush")
    try:
        yield
    finally:
        server.sql("SET GLOBAL general_log = 0; RENAME TABLE actions TO nothing, away TO actions",
                   "access_tables")
        sites.vmapd.ctl("flush")


def keys_asked(sites, server, site, name, who):
    server.sql("TRUNCATE mysql.general_log")
    sites.vmapd.ctl("flush")
    site.ask(name, [who])
    statements = server.sql("SELECT argument FROM mysql.general_log "
                            "WHERE argument LIKE 'SELECT action FROM actions%'")
    # Postfix asks some things twice, and escapes a quote in another way.
    return list(dict.fromkeys(statement.replace("\\\\'", "''") for statement, in statements))


def compare_keys(sites, server, name, whos):
    """Both ask the database for the same keys in the same order; how many that are."""
    count = 0
    with empty_table(sites, server):
        for who in whos:
            today = keys_asked(sites, server, sites.mysql, name, who)
            assert keys_asked(sites, server, sites.ours, name, who) == today, (SEED, who)
            count += len(today)
    assert count >= len(whos)
    return count

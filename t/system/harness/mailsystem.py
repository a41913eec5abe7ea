"""The mail system that vmapd is made for (Postfix with virtual users in MySQL, as a well-known
tutorial has it): its schema and rows, its three .cf files, its main.cf, and the vmapd.conf that
takes the place of the .cf files."""
import os

from harness.postfix import Postfix
from harness.sink import Sink
from harness.smtp import Session
from harness.vmapd import SOURCE

SCHEMA = SOURCE / "conf" / "schema.sql"
USER, PASSWORD, DATABASE = "mailuser", "mailuserpass", "mailserver"

# Beyond the sample rows of conf/schema.sql: one row or two for each kind of address.
ROWS = """
INSERT INTO virtual_domains (id, name) VALUES
  (11, 'catchall.example'), (12, 'moved.example'), (13, 'bücher.example');
INSERT INTO virtual_users (domain_id, password, email) VALUES
  (1, '-', 'jürgen@example.com'),
  (1, '-', '"john doe"@example.com'),
  (1, '-', '"a@b"@example.com'),
  (11, '-', 'box@catchall.example'),
  (13, '-', 'leser@bücher.example');
INSERT INTO virtual_aliases (domain_id, source, destination) VALUES
  (1, 'team@example.com', 'email1@example.com, email2@example.com'),
  (1, 'pair@example.com', 'email1@example.com'),
  (1, 'pair@example.com', 'email2@example.com'),
  (1, '"old name"@example.com', 'email2@example.com'),
  (1, '"new name"@example.com', '"john doe"@example.com'),
  (1, 'postmaster@example.com', 'email1@example.com'),
  (1, 'root', 'email1@example.com'),
  (1, 'list@example.com', 'email1@example.com'),
  (1, 'owner@example.com', 'email1@example.com'),
  (1, 'mailer@example.com', 'email1@example.com'),
  (1, 'double@example.com', 'email1@example.com'),
  (1, 'grösse@example.com', 'jürgen@example.com'),
  (11, 'info@catchall.example', 'email1@example.com'),
  (11, '@catchall.example', 'email2@example.com'),
  (12, '@moved.example', '@example.com');
"""

QUERIES = {
    "domains": "SELECT 1 FROM virtual_domains WHERE name='%s'",
    "mailboxes": "SELECT 1 FROM virtual_users WHERE email='%s'",
    "alias": "SELECT destination FROM virtual_aliases WHERE source='%s'",
    "email2email": "SELECT email FROM virtual_users WHERE email='%s'",
}
CF_NAMES = {
    "domains": "mysql-virtual-mailbox-domains.cf",
    "mailboxes": "mysql-virtual-mailbox-maps.cf",
    "alias": "mysql-virtual-alias-maps.cf",
    "email2email": "mysql-email2email.cf",
}

MAPS = f"""
[map domains]
search = exact
query = {QUERIES["domains"]}
[map mailboxes]
search = address
local_domains = localhost
query = {QUERIES["mailboxes"]}
[map aliases]
search = alias
local_domains = localhost
tables = alias email2email
[table alias]
query = {QUERIES["alias"]}
[table email2email]
query = {QUERIES["email2email"]}
"""


def load_sample(mariadb):
    """The database as conf/schema.sql makes it, and the account that may only read."""
    mariadb.sql(f"DROP DATABASE IF EXISTS {DATABASE};"
                + mariadb.grant("SELECT", DATABASE, USER, PASSWORD))
    mariadb.sql(SCHEMA.read_text(encoding="utf-8"))


def load_database(mariadb):
    """The same with the rows of the tests."""
    load_sample(mariadb)
    mariadb.sql(ROWS, DATABASE)


def write_cf_files(directory, mariadb):
    """The .cf files of the mysql: tables; returns their paths by table name. Postfix 3.7 knows no
    "charset", so an option file tells the client library."""
    options = f"{directory}/client.cnf"
    with open(options, "w", encoding="utf-8") as file:
        file.write("[client]\ndefault-character-set = utf8mb4\n")
    paths = {}
    for table, query in QUERIES.items():
        paths[table] = f"{directory}/{CF_NAMES[table]}"
        with open(paths[table], "w", encoding="utf-8") as file:
            file.write(f"user = {USER}\npassword = {PASSWORD}\n"
                       f"hosts = 127.0.0.1:{mariadb.port}\ndbname = {DATABASE}\n"
                       f"option_file = {options}\nquery = {query}\n")
    return paths


def vmapd_conf(mariadb, directory, *, listen=None, server="", database="", cache="", maps=MAPS):
    """The text of a vmapd.conf; server, database and cache are further lines of those sections."""
    return f"""\
[server]
listen = {listen or f"unix:{directory}/vmap"}
socket_mode = 0660
socket_owner = postfix
control = unix:{directory}/control
{server}
[database]
hosts = 127.0.0.1:{mariadb.port}
user = {USER}
password = {PASSWORD}
dbname = {DATABASE}
pool_size = 4
{database}
[cache]
{cache}
{maps}"""


def main_cf(sink_port, domains, mailboxes, aliases):
    """main.cf of the tutorial, without TLS and SASL. The test is a stranger, not in mynetworks, and
    wherever mail would leave the machine or the virtual domains it ends in the sink as well."""
    sink = f"lmtp:inet:[127.0.0.1]:{sink_port}"
    return {
        "smtpd_banner": "$myhostname ESMTP",
        "biff": "no",
        "append_dot_mydomain": "no",
        "smtpd_relay_restrictions": "",
        "smtpd_recipient_restrictions":
            "permit_sasl_authenticated, permit_mynetworks, reject_unauth_destination",
        "myhostname": "host.example.com",
        "alias_maps": "",
        "alias_database": "",
        "myorigin": "$myhostname",
        "mydestination": "localhost",
        "relayhost": "",
        "mynetworks": "192.0.2.0/24",
        "recipient_delimiter": "+",
        "virtual_transport": sink,
        "local_transport": sink,
        "default_transport": sink,
        "virtual_mailbox_domains": domains,
        "virtual_mailbox_maps": mailboxes,
        "virtual_alias_maps": aliases,
        "smtputf8_enable": "yes",
        # Tests make errors on purpose; do not slow down for them.
        "smtpd_error_sleep_time": "0",
        "smtpd_soft_error_limit": "1000",
        "smtpd_hard_error_limit": "1000",
    }


class Site:
    """A Postfix and the sink that it delivers to."""

    def __init__(self, directory):
        self.sink = Sink()
        self.postfix = Postfix(directory, {})
        os.chmod(directory, 0o755)

    def start(self, domains, mailboxes, aliases, parameters):
        self.postfix.configure({**main_cf(self.sink.port, domains, mailboxes, aliases),
                                **parameters})
        self.postfix.start()

    def stop(self):
        self.postfix.stop()
        self.sink.close()

    def reply_to(self, recipient):
        """What RCPT TO says."""
        with Session(self.postfix.port) as session:
            return session.recipients(recipient)[0]

    def deliver(self, *recipients):
        """Offer a message: the replies to its recipients, and to whom it went in the end."""
        with Session(self.postfix.port) as session:
            offer = session.offer(*recipients)
        if offer.data is None:
            return offer.replies, []
        assert offer.data.code == 250, offer.data
        bounce = self.postfix.wait_removed(offer.queue_id)
        assert bounce is None, f"{recipients} bounced:\n{self.postfix.log_text()}"
        return offer.replies, sorted(to for _, to in self.sink.deliveries(offer.tag))


def use_mysql(site, mariadb, parameters):
    """The site as it is today: every Postfix process asks the database itself. parameters: of
    main.cf, beyond the tutorial's."""
    cf = write_cf_files(site.postfix.directory, mariadb)
    site.start(f"mysql:{cf['domains']}", f"mysql:{cf['mailboxes']}",
               f"mysql:{cf['alias']}, mysql:{cf['email2email']}", parameters)


def use_vmapd(site, parameters):
    """The site moved to vmapd, which listens in the queue directory."""
    site.start(*(f"socketmap:unix:private/vmap:{name}"
                 for name in ("domains", "mailboxes", "aliases")), parameters)

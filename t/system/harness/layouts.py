"""The layouts of docs/moving.md beside the tutorial, as somebody has them who moves: main.cf, its .cf files and
their tables. Each is a function of a directory for the files, the server, and where mail is to be delivered;
it gives the parameters of main.cf, and the addresses that a move is tried with."""
import shutil
from pathlib import Path

from harness import mailsystem, shapes

RELAYED = ["whoever@relay.example", "whoever@sub.relay.example"]

POSTFIXADMIN_TABLES = """
DROP DATABASE IF EXISTS postfixadmin;
CREATE DATABASE postfixadmin CHARACTER SET utf8mb4;
GRANT SELECT ON postfixadmin.* TO 'mailuser'@'127.0.0.1';
USE postfixadmin;
CREATE TABLE domain (domain varchar(255) PRIMARY KEY, backupmx tinyint, active tinyint);
CREATE TABLE alias (address varchar(255) PRIMARY KEY, goto text, active tinyint);
CREATE TABLE mailbox (username varchar(255) PRIMARY KEY, maildir varchar(255), active tinyint);
CREATE TABLE alias_domain (alias_domain varchar(255) PRIMARY KEY, target_domain varchar(255),
  active tinyint);
INSERT INTO domain VALUES ('one.example', 0, 1), ('two.example', 0, 1), ('off.example', 0, 0),
  ('catchall.example', 0, 1), ('relay.example', 1, 1);
INSERT INTO alias_domain VALUES ('two.example', 'one.example', 1);
INSERT INTO mailbox VALUES ('anna@one.example', 'one.example/anna/', 1),
  ('bert@one.example', 'one.example/bert/', 0), ('box@catchall.example', 'catchall/box/', 1);
INSERT INTO alias VALUES ('anna@one.example', 'anna@one.example', 1),
  ('box@catchall.example', 'box@catchall.example', 1),
  ('info@one.example', 'anna@one.example,box@catchall.example', 1),
  ('gone@one.example', 'anna@one.example', 0),
  ('@catchall.example', 'anna@one.example', 1);
"""
POSTFIXADMIN_QUERIES = {
    "virtual_alias_maps": "SELECT goto FROM alias WHERE address='%s' AND active = '1'",
    "virtual_alias_domain_maps":
        "SELECT goto FROM alias, alias_domain WHERE alias_domain.alias_domain = '%d' AND\n"
        "    # the address in the other domain\n"
        "    alias.address = CONCAT('%u', '@', alias_domain.target_domain)\n"
        "    AND alias.active = 1 AND alias_domain.active='1'",
    "virtual_alias_domain_catchall_maps":
        "SELECT goto FROM alias, alias_domain WHERE alias_domain.alias_domain = '%d' AND "
        "alias.address = CONCAT('@', alias_domain.target_domain) AND alias.active = 1 AND "
        "alias_domain.active='1'",
    "virtual_domains_maps": "SELECT domain FROM domain WHERE domain='%s' AND backupmx = '0' AND "
                            "active = '1'",
    "virtual_mailbox_maps": "SELECT maildir FROM mailbox WHERE username='%s' AND active = '1'",
    "virtual_alias_domain_mailbox_maps":
        "SELECT maildir FROM mailbox, alias_domain WHERE alias_domain.alias_domain = '%d' AND "
        "mailbox.username = CONCAT('%u', '@', alias_domain.target_domain) AND mailbox.active = 1 "
        "AND alias_domain.active='1'",
    "relay_domains": "SELECT domain FROM domain WHERE domain='%s' AND active = '1' AND "
                     "backupmx = '1'",
}


def postfixadmin(directory, mariadb, _sink):
    """Three tables of aliases with a catch-all, two of mailboxes, behind proxy:, relay domains."""
    mariadb.sql(POSTFIXADMIN_TABLES)
    tables = {}
    for name, query in POSTFIXADMIN_QUERIES.items():
        path = f"{directory}/mysql_{name}.cf"
        Path(path).write_text(f"user = {mailsystem.USER}\npassword = {mailsystem.PASSWORD}\n"
                              f"hosts = 127.0.0.1:{mariadb.port}\ndbname = postfixadmin\n"
                              f"query = {query}\n", encoding="utf-8")
        tables[name] = f"proxy:mysql:{path}"
    parameters = mailsystem.main_cf(
        0, tables["virtual_domains_maps"],
        f"{tables['virtual_mailbox_maps']},\n    {tables['virtual_alias_domain_mailbox_maps']}",
        f"{tables['virtual_alias_maps']},\n    {tables['virtual_alias_domain_maps']},\n"
        f"    {tables['virtual_alias_domain_catchall_maps']}")
    parameters["relay_domains"] = f"$mydestination, {tables['relay_domains']}"
    return parameters, [
        "anna@one.example", "Anna+x@One.Example", "bert@one.example", "info@one.example",
        "info+y@one.example", "gone@one.example", "nobody@one.example", "anna@two.example",
        "info+z@two.example", "nobody@two.example", "box@catchall.example",
        "box+a@catchall.example", "whoever@catchall.example", "who+ever@catchall.example",
        "anna@off.example", "anna@unknown.example", '"an na"@one.example', "root@localhost",
        *RELAYED]


def _table(mariadb, directory, name):
    """A file of t/system/shapes, as Postfix's own programs may read it; the name of the table."""
    path = shapes.write_cf(name, directory, mariadb, "utf8mb4")
    shutil.chown(path, group="postfix")
    return f"mysql:{path}"


def ispmail(directory, mariadb, _sink):
    """A table that makes each mailbox an alias of itself, and a catch-all that it beats."""
    shapes.load(mariadb, "utf8mb4")
    mariadb.sql("""
        DELETE FROM virtual_aliases WHERE source LIKE '%virtual.example' OR source LIKE '@%org';
        -- A mirror is never certain that something is not there if there are such domains beside it.
        DELETE FROM virtual_users WHERE email LIKE '%@bücher%' OR email LIKE '%ß%';
        CREATE INDEX name ON virtual_domains (name)""", "ispmail")
    table = {name: _table(mariadb, directory, f"ispmail.{name}")
             for name in ("mailbox_domains", "mailbox_maps", "alias_maps", "email2email")}
    parameters = mailsystem.main_cf(0, table["mailbox_domains"], table["mailbox_maps"],
                                    f"{table['alias_maps']},{table['email2email']}")
    parameters["smtpd_sender_login_maps"] = table["email2email"]
    return parameters, [
        "john@example.com", "John+x@Example.Com", "jane@example.org", "info@example.com", "info+x@example.com",
        "team@example.com", "many@example.com", "box@catchall.example", "box+x@catchall.example",
        "whoever@catchall.example", "info@catchall.example", "o'brien@example.com", "nobody@example.com",
        "jürgen@example.com", "john@unknown.example"]


def iredmail(directory, mariadb, sink):
    """Four tables of aliases, a catch-all that is the name of its domain, transports in the database, copies,
    and the line "port" in each file."""
    shapes.load(mariadb, "utf8mb4")
    mariadb.sql(f"""
        DELETE FROM forwardings WHERE address LIKE '%virtual.example';
        -- A mirror is never certain that something is not there if there are such beside it.
        DELETE FROM mailbox WHERE username <> CONVERT(username USING ascii);
        DELETE FROM domain WHERE domain <> CONVERT(domain USING ascii);
        UPDATE domain SET transport = '{sink}' WHERE backupmx = 0;
        UPDATE mailbox SET transport = '{sink}' WHERE transport <> '';
        DELETE FROM recipient_bcc_domain WHERE domain <> 'mail.eu.example.net';
        UPDATE recipient_bcc_domain SET bcc_address = 'john@example.com'""", "iredmail")
    table = {name: "proxy:" + _table(mariadb, directory, f"iredmail.{name}")
             for name in ("alias", "domain_alias", "catchall", "domain_alias_catchall", "mailbox", "mailbox_domains",
                          "transport_user", "transport_domain", "recipient_bcc_domain")}
    parameters = mailsystem.main_cf(
        0, table["mailbox_domains"], table["mailbox"],
        f"{table['alias']}\n    {table['domain_alias']}\n    {table['catchall']}\n    "
        f"{table['domain_alias_catchall']}")
    parameters["transport_maps"] = f"{table['transport_user']}\n    {table['transport_domain']}"
    parameters["recipient_bcc_maps"] = table["recipient_bcc_domain"]
    return parameters, [
        "john@example.com", "John+x@Example.Com", "jane@example.com", "info@example.com", "info+x@example.com",
        "team@example.com", "ops@mail.eu.example.net", "box@catchall.example", "whoever@catchall.example",
        "who+x@catchall.example", "info@alias.example", "john+x@alias.example", "whoever@catchall-alias.example",
        "john@off-alias.example", "gone@example.com", "nobody@example.com", "john@unknown.example"]

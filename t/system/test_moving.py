"""vmapctl import: Postfix installations with mysql: tables move to vmapd by the commands that it
prints, deliver the same mail as before, and go back by the other commands."""
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness import mailsystem
from harness.process import wait_until
from harness.vmapd import Vmapd, vmapctl
from test_smtp import CASES

RELAYED = ["whoever@relay.example", "whoever@sub.relay.example"]


def tutorial(directory, mariadb):
    """Three parameters, one table each but for the aliases; some rows more than the tutorial has."""
    cf = mailsystem.write_cf_files(directory, mariadb)
    parameters = mailsystem.main_cf(0, f"mysql:{cf['domains']}", f"mysql:{cf['mailboxes']}",
                                    f"mysql:{cf['alias']}, mysql:{cf['email2email']}")
    return parameters, [address for address, _ in CASES.values()]


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


def postfixadmin(directory, mariadb):
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


class Move:
    """One Postfix, before, with vmapd, and after."""

    def __init__(self, directory, mariadb, layout):
        self.site = mailsystem.Site(directory)
        self.queue = self.site.postfix.queue
        self.conf = f"{directory}/vmapd.conf"
        self.config = self.site.postfix.config
        parameters, self.addresses = layout(directory, mariadb)
        sink = f"lmtp:inet:[127.0.0.1]:{self.site.sink.port}"
        for transport in "virtual_transport", "local_transport", "default_transport", \
                "relay_transport":
            parameters[transport] = sink
        self.site.postfix.configure(parameters)
        for cf in Path(directory).glob("*.cf"):
            cf.chmod(0o640)
            shutil.chown(cf, group="postfix")
        self.site.postfix.start()
        self.vmapd = None

    def import_maps(self):
        run = vmapctl("import", "-c", self.config, "-o", self.conf)
        assert run.returncode == 0, run
        return run.stdout

    def serve(self, directory):
        """vmapd with what import wrote; only the control socket is not where it is usually."""
        text = Path(self.conf).read_text(encoding="utf-8")
        self.vmapd = Vmapd(directory, text.replace(
            "[server]", f"[server]\ncontrol = unix:{directory}/control", 1))
        self.vmapd.start()

    def deliver(self, addresses=None):
        """Each address: the reply's code and status, and where the mail ended."""
        results = {}
        for address in addresses or self.addresses:
            (reply,), delivered = self.site.deliver(address)
            results[address] = (reply.code, reply.text.split()[0], delivered)
        return results

    def settings(self):
        run = subprocess.run(["postconf", "-c", self.config, "-n"], capture_output=True, text=True,
                             check=True)
        return run.stdout

    def stop(self):
        self.site.stop()
        if self.vmapd is not None:
            self.vmapd.stop()


def commands(report, heading):
    """The commands below a heading of the report."""
    return re.search(rf"^{heading}:\n((?:    .*\n)+)", report, re.MULTILINE).group(1)


def run_commands(report, heading):
    subprocess.run(["sh", "-e", "-c", commands(report, heading)], check=True,
                   stdin=subprocess.DEVNULL, capture_output=True)


@pytest.fixture(params=[tutorial, postfixadmin])
def move(request, loaded, workdir):
    directory = Path(tempfile.mkdtemp(prefix="move-", dir=workdir))
    directory.chmod(0o755)
    moving = Move(directory, loaded, request.param)
    try:
        yield moving
    finally:
        moving.stop()


def test_there_and_back(move, loaded, workdir):
    today = move.deliver()
    assert any(delivered for _, _, delivered in today.values())
    before = move.settings()
    report = move.import_maps()
    assert move.settings() == before  # nothing of Postfix is changed by import itself

    directory = tempfile.mkdtemp(prefix="vmapd-", dir=workdir)
    os.chmod(directory, 0o755)
    move.serve(directory)
    compared = move.vmapd.ctl("compare", "-c", move.config)
    assert compared.returncode == 0, compared
    run_commands(report, "Switch")
    checked = move.vmapd.ctl("check", "-c", move.vmapd.conf, "-p", move.config)
    # Without --install nothing is done about an outage.
    assert [line for line in checked.stdout.splitlines() if line.startswith("problem:")
            and "while the database is away" not in line] == [], checked.stdout
    assert "mysql:" not in move.settings()
    connections = loaded.connections_of(mailsystem.USER)
    assert move.deliver() == today
    assert move.vmapd.stats()["replies"]["temp"] == 0
    assert loaded.connections_of(mailsystem.USER) <= connections + 4

    run_commands(report, "Go back")
    assert move.settings() == before
    wait_until(lambda: move.vmapd.stats()["clients"]["current"] == 0,
               "all processes with the old tables have ended")
    move.vmapd.stop()
    some = move.addresses[::8]
    assert move.deliver(some) == {address: today[address] for address in some}


def test_relay_domains_have_their_subdomains(loaded, workdir):
    """What Postfix does by default with a table of relay_domains (parent_domain_matches_subdomains)
    is what it does after the move."""
    directory = Path(tempfile.mkdtemp(prefix="move-", dir=workdir))
    directory.chmod(0o755)
    moving = Move(directory, loaded, postfixadmin)
    try:
        assert [moving.site.reply_to(address).code for address in RELAYED] == [250, 250]
    finally:
        moving.stop()


def test_nothing_to_import(workdir):
    directory = Path(tempfile.mkdtemp(prefix="move-", dir=workdir))
    (directory / "main.cf").write_text("virtual_alias_maps = hash:/etc/postfix/virtual\n"
                                       "compatibility_level = 3.6\n", encoding="utf-8")
    (directory / "master.cf").write_text("", encoding="utf-8")
    run = vmapctl("import", "-c", str(directory))
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == f"vmapctl import: {directory} uses no mysql: table\n"


def test_existing_files_are_kept(move):
    move.import_maps()
    os.chmod(move.conf, 0o600)
    Path(move.conf).write_text("mine\n", encoding="utf-8")
    run = vmapctl("import", "-c", move.config, "-o", move.conf)
    assert (run.returncode, run.stdout) == (1, "")
    assert "is there already" in run.stderr
    assert Path(move.conf).read_text(encoding="utf-8") == "mine\n"
    assert vmapctl("import", "-c", move.config, "-o", move.conf, "-f").returncode == 0
    assert "[map aliases]" in Path(move.conf).read_text(encoding="utf-8")


def test_standard_output_is_a_configuration(move):
    run = vmapctl("import", "-c", move.config)
    assert run.returncode == 0
    Path(move.conf).write_text(run.stdout, encoding="utf-8")
    os.chmod(move.conf, 0o640)
    checked = vmapctl("check", "-c", move.conf, "-p", move.config)
    # vmapd does not run, and Postfix does not ask it: nothing else.
    problems = [line for line in checked.stdout.splitlines() if line.startswith("problem:")]
    assert problems == [], checked.stdout

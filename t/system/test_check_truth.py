"""vmapctl check tells the truth: whenever mail does not flow, or would not in an outage, it exits with 1,
and one line says what to do. The right one: done as it says, check is content."""
import os
import re
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness import mailsystem
from harness.postfix import MASTER_CF, Postfix
from harness.vmapd import VMAPCTL, Vmapd

MAPS = ("domains", "mailboxes", "aliases")


class System:
    """A Postfix that is not started, and vmapd in its queue directory, as they should be."""

    def __init__(self, directory, mariadb, master_cf=MASTER_CF):
        os.chmod(directory, 0o755)
        self.postfix = Postfix(f"{directory}/postfix", {}, master_cf=master_cf)
        self.queue = self.postfix.queue
        os.makedirs(f"{self.queue}/private")
        home = f"{directory}/vmapd"
        self.vmapd = Vmapd(home, mailsystem.vmapd_conf(
            mariadb, home, listen=f"unix:{self.queue}/private/vmap",
            server="recipient_delimiter = +", cache=f"state_file = {home}/cache"))
        self.parameters = {**mailsystem.main_cf(0, *(f"socketmap:unix:private/vmap:{name}"
                                                     for name in MAPS)),
                           "virtual_alias_domains": ""}

    def check(self, path=None, **changes):
        """The problems that check tells of main.cf with these changes."""
        self.postfix.configure({**self.parameters, **changes})
        environment = {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"} if path else None
        run = subprocess.run([VMAPCTL, "-s", self.vmapd.control, "check", "-c", self.vmapd.conf, "-p",
                              self.postfix.config], capture_output=True, text=True, check=False,
                             timeout=60, stdin=subprocess.DEVNULL, env=environment)
        found = [line for line in run.stdout.splitlines() if line.startswith("problem: ")
                 and "every user of this machine" not in line]
        assert run.returncode == (1 if "problem: " in run.stdout else 0), run
        return found


@pytest.fixture
def system(mariadb, tmp_path):
    made = System(tmp_path, mariadb)
    made.vmapd.start()
    os.chmod(made.vmapd.conf, 0o600)
    yield made
    made.vmapd.stop()


def test_all_is_well(system):
    assert system.check() == []


def test_vmapd_that_does_not_run(system):
    system.vmapd.stop()
    first, *_ = system.check()
    assert re.search("vmapd does not run, and Postfix asks it, so mail is deferred .*; "
                     "systemctl start vmapd$", first)
    system.vmapd.start()
    assert system.check() == []


NAMES = {
    "a socket that is misspelt": ("socketmap:unix:private/vmpa:aliases", "there is no socket {}"),
    "no map": ("socketmap:unix:private/vmap", "names no map"),
    "no map behind a path": ("socketmap:unix:/private/vmap:", "names no map"),
    "a comment behind the value": ("socketmap:unix:private/vmap:aliases # by vmapd",
                                   '"# by vmapd" is taken for tables'),
    "a map that is misspelt": ("socketmap:unix:private/vmap:alias", "there is no map alias in"),
}


@pytest.mark.parametrize("name", NAMES)
def test_names_that_lead_nowhere(system, name):
    value, told = NAMES[name]
    found = system.check(virtual_alias_maps=value)
    assert len(found) == 1, found
    assert f"{system.postfix.config}/main.cf: virtual_alias_maps: " in found[0]
    assert told.format(f"{system.queue}/private/vmpa") in found[0]
    if "write socketmap" in found[0]:  # what it says is the remedy
        remedy = re.search(r"write (socketmap:\S+:)\w+", found[0]).group(1) + "aliases"
        assert system.check(virtual_alias_maps=remedy) == []


def test_an_absolute_path_with_a_chroot(mariadb, tmp_path):
    chrooted = MASTER_CF.replace("inet n - n - - smtpd", "inet n - y - - smtpd")
    system = System(tmp_path, mariadb, chrooted)
    system.vmapd.start()
    try:
        absolute = f"socketmap:unix:{system.queue}/private/vmap:aliases"
        assert system.check() == []
        (found,) = system.check(virtual_alias_maps=absolute)
        assert "runs in the chroot" in found and \
            found.endswith("write socketmap:unix:private/vmap:aliases")
        assert system.check(virtual_alias_maps=f"proxy:{absolute}") == []
    finally:
        system.vmapd.stop()


def test_another_configuration_than_the_file_s(system):
    text = Path(system.vmapd.conf).read_text(encoding="utf-8")
    Path(system.vmapd.conf).write_text("# only a comment\n" + text, encoding="utf-8")
    assert system.check() == []
    Path(system.vmapd.conf).write_text(text.replace("[cache]", "[cache]\nttl = 7m"), encoding="utf-8")
    (found,) = system.check()
    assert "vmapd runs with another configuration; vmapctl reload" in found
    assert system.vmapd.ctl("reload").returncode == 0
    assert system.check() == []


def test_a_socket_that_is_gone(system):
    os.unlink(f"{system.queue}/private/vmap")
    found = system.check()
    assert "vmapd runs, but the socket is gone" in found[0]
    system.vmapd.stop()
    system.vmapd.start()
    assert system.check() == []




def test_what_loses_known_recipients_in_an_outage(system):
    text = Path(system.vmapd.conf).read_text(encoding="utf-8")
    Path(system.vmapd.conf).write_text(
        re.sub("state_file = .*", "", text).replace("tables = alias email2email", "tables = alias")
        .split("[table email2email]")[0], encoding="utf-8")
    system.vmapd.stop()
    system.vmapd.start()
    del system.parameters["virtual_alias_domains"]
    found = system.check()
    assert len(found) == 3, found
    state, domains, identity = found
    assert "without state_file nobody is known after a restart" in state
    assert "postconf -e 'virtual_alias_domains =' " in domains
    assert re.search("the mailbox .* is in no table of map aliases", identity)
    assert len(system.check(virtual_alias_domains="")) == 2


def test_the_tutorial_s_dovecot_asks_the_database_for_each_delivery(system):
    """doveconf is played: what it prints of the tutorial's configuration."""
    programs = tempfile.mkdtemp(dir=system.vmapd.directory)
    doveconf = Path(programs) / "doveconf"
    dovecot = {"virtual_transport": "lmtp:unix:private/dovecot-lmtp"}

    def play(args):
        doveconf.write_text("#!/bin/sh\ncat <<'END'\npassdb {\n  args = /etc/dovecot/dovecot-sql.conf.ext\n"
                            f"  driver = sql\n}}\nuserdb {{\n  args = {args}\n  driver = static\n}}\nEND\n",
                            encoding="utf-8")
        doveconf.chmod(0o755)
        return system.check(path=programs, **dovecot)

    (found,) = play("uid=vmail gid=vmail home=/var/mail/vhosts/%d/%n")
    assert "userdb static asks the database for each delivery" in found
    assert "add allow_all_users=yes to the args" in found
    assert play("uid=vmail gid=vmail home=/var/mail/vhosts/%d/%n allow_all_users=yes") == []

    def play_2_4(line):
        doveconf.write_text("#!/bin/sh\ncat <<'END'\npassdb sql {\n  query = SELECT 1\n}\nuserdb static {\n"
                            f"{line}  fields {{\n    uid = vmail\n  }}\n}}\nEND\n", encoding="utf-8")
        return system.check(path=programs, **dovecot)

    (found,) = play_2_4("")
    assert "add the line allow_all_users = yes to that userdb" in found
    assert play_2_4("  allow_all_users = yes\n") == []


def test_transports_and_copies_that_say_nothing_for_most(system):
    """Nobody is refused for it, so it may be told for long; done as it says, check is content."""
    with open(system.vmapd.conf, encoding="utf-8") as file:
        text = file.read()
    transport = "[map transport_maps]\nsearch = domain\nquery = SELECT 'smtp:' FROM virtual_domains " \
                "WHERE name = '%s' AND id < 0\n"
    system.vmapd.write_config(text + transport)
    system.vmapd.reload()
    (found,) = system.check(transport_maps="socketmap:unix:private/vmap:transport_maps")
    assert re.search(r"map transport_maps has nothing for \S+@\S+, .* write negative_ttl = 1d for table "
                     "transport_maps$", found)
    system.vmapd.write_config(text + transport + "negative_ttl = 1d\n")
    system.vmapd.reload()
    assert system.check(transport_maps="socketmap:unix:private/vmap:transport_maps") == []


def test_files_that_are_not_there_or_not_readable(system):
    ca = f"{system.vmapd.directory}/ca.pem"
    text = Path(system.vmapd.conf).read_text(encoding="utf-8")
    Path(system.vmapd.conf).write_text(
        text.replace("[server]", "[server]\nuser = nobody").replace(
            "[database]", f"[database]\ntls_CAfile = {ca}"), encoding="utf-8")
    os.chmod(system.vmapd.conf, 0o644)
    found = "\n".join(system.check())
    assert f"{ca} is not there; make it, or mend the name" in found
    Path(ca).write_text("", encoding="utf-8")
    os.chmod(ca, 0o600)
    found = "\n".join(system.check())
    assert re.search(f"user nobody, as which vmapd runs, may not read {ca} .*; "
                     f"setfacl -m u:nobody:r {ca}", found)
    os.chmod(ca, 0o644)
    assert ca not in "\n".join(system.check())

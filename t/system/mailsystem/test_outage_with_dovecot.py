"""The tutorial's mail system moves by import and switch; what check then says of Dovecot is done; and while the
database is away mail is not only taken, but lies in the Maildir, after a restart of vmapd, too."""
import os
import re
import subprocess
import tempfile

import pytest

from harness import mailsystem
from harness.process import wait_until
from harness.vmapd import VMAPCTL
from test_mailsystem import STRANGER, send, wait_delivered
from whole import MailSystem

OTHER = """[server]
listen = unix:{private}/vmap
socket_owner = postfix
control = unix:{directory}/control
[map other]
dbname = d
query = SELECT '%s'
"""
MAILBOX = {"email1@example.com": "email1@example.com", "email2+x@example.com": "email2@example.com",
           "alias@example.com": "email1@example.com"}


class Tutorial(MailSystem):
    """As it is before it moves: mysql: tables, and Dovecot as the tutorial has it."""
    dovecot_lacks = (" allow_all_users=yes", "  allow_all_users = yes\n", "auth_cache_size = 10M\n")

    def main_cf_changes(self):
        cf = mailsystem.write_cf_files(self.directory, self.mariadb)
        os.chmod(self.directory, 0o755)
        return {"socketmap:unix:private/vmap:domains": f"mysql:{cf['domains']}",
                "socketmap:unix:private/vmap:mailboxes": f"mysql:{cf['mailboxes']}",
                "socketmap:unix:private/vmap:aliases": f"mysql:{cf['alias']}",
                "virtual_alias_domains =\n": ""}

    def ctl(self, *arguments):
        """vmapctl, which finds the private Dovecot."""
        programs = f"{self.directory}/programs"
        os.makedirs(programs, exist_ok=True)
        with open(f"{programs}/doveconf", "w", encoding="ascii") as file:
            file.write(f'#!/bin/sh\nexec /usr/bin/doveconf -c {self.dovecot.conf} "$@"\n')
        os.chmod(f"{programs}/doveconf", 0o755)
        return subprocess.run([VMAPCTL, "-s", self.vmapd.control, *arguments], capture_output=True, text=True,
                              check=False, timeout=120, stdin=subprocess.DEVNULL,
                              env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"})

    def problems(self):
        run = self.ctl("check", "-c", self.vmapd.conf, "-p", self.postfix.config)
        return [line for line in run.stdout.splitlines()
                if line.startswith("problem:") and "every user of this machine" not in line]


@pytest.fixture
def tutorial(server, workdir, show_logs):
    server.ensure_running()
    mailsystem.load_sample(server)
    directory = tempfile.mkdtemp(prefix="tutorial-", dir=workdir)
    os.chmod(directory, 0o755)
    whole = Tutorial(directory, server)
    whole.vmapd.write_config(OTHER.format(private=whole.private, directory=whole.vmapd.directory))
    show_logs.extend(whole.logs)
    try:
        whole.start()
        yield whole
    finally:
        whole.stop()
        server.ensure_running()


def deliver_all(system):
    for recipient, mailbox in MAILBOX.items():
        wait_delivered(system, mailbox, send(system.smtp(), STRANGER, recipient))


def test_mail_is_in_the_maildir_without_the_database(tutorial):
    run = tutorial.ctl("import", "--install", "-f", "-c", tutorial.postfix.config, "-o", tutorial.vmapd.conf)
    assert "no differences" in run.stdout, run
    with open(tutorial.vmapd.conf, encoding="utf-8") as file:
        text = file.read()
    tutorial.vmapd.write_config(text.replace("/var/lib/vmapd/cache", f"{tutorial.vmapd.directory}/cache")
                                .replace("[cache]", "[cache]\nttl = 1s\nnegative_ttl = 1s"))
    tutorial.vmapd.reload()
    run = tutorial.ctl("switch", "-c", tutorial.postfix.config)
    assert run.returncode == 0, run

    (dovecot,) = tutorial.problems()
    remedy = re.search("add (?:allow_all_users=yes to the args|the line (allow_all_users = yes) to)", dovecot)
    with open(tutorial.dovecot.conf, encoding="utf-8") as file:
        conf = file.read()
    conf = conf.replace("userdb static {", f"userdb static {{\n  {remedy.group(1)}") if remedy.group(1) \
        else conf.replace("home=", "allow_all_users=yes home=")
    with open(tutorial.dovecot.conf, "w", encoding="utf-8") as file:
        file.write(conf)
    subprocess.run(["doveadm", "-c", tutorial.dovecot.conf, "reload"], check=True, capture_output=True)
    assert tutorial.problems() == []

    deliver_all(tutorial)
    tutorial.mariadb.stop()
    wait_until(lambda: all(mirror["confirmed_age_ms"] > 2000 for mirror in tutorial.vmapd.stats()["mirrors"].values()),
               "the database has been away for a while")
    deliver_all(tutorial)
    tutorial.vmapd.stop()
    tutorial.vmapd.start()
    deliver_all(tutorial)
    assert "status=deferred" not in tutorial.postfix.log_text()

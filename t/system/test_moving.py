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
from harness.layouts import RELAYED, iredmail, ispmail, postfixadmin
from harness.process import wait_until
from harness.vmapd import Vmapd, vmapctl
from test_smtp import CASES


def tutorial(directory, mariadb, _sink):
    """Three parameters, one table each but for the aliases; some rows more than the tutorial has."""
    cf = mailsystem.write_cf_files(directory, mariadb)
    parameters = mailsystem.main_cf(0, f"mysql:{cf['domains']}", f"mysql:{cf['mailboxes']}",
                                    f"mysql:{cf['alias']}, mysql:{cf['email2email']}")
    return parameters, [address for address, _ in CASES.values()]


class Move:
    """One Postfix, before, with vmapd, and after."""

    def __init__(self, directory, mariadb, layout):
        self.site = mailsystem.Site(directory)
        self.queue = self.site.postfix.queue
        self.conf = f"{directory}/vmapd.conf"
        self.config = self.site.postfix.config
        sink = f"lmtp:inet:[127.0.0.1]:{self.site.sink.port}"
        parameters, self.addresses = layout(directory, mariadb, sink)
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


@pytest.fixture(params=[tutorial, postfixadmin, ispmail, iredmail])
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

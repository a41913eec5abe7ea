"""Who may change something through the control socket: root, vmapd's own user, members of the
socket's group. Others see what the socket's mode lets them, and no more."""
import grp
import os
import pwd
import shutil
import subprocess

import pytest

from harness.commands import calls
from harness.vmapd import VMAPCTL

# Users and groups of the base system that have nothing to do with each other.
STRANGER, GROUP = "games", "news"


class Access:
    """A daemon, and vmapctl where every user can run it, wherever this source tree is."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.program = shutil.copy(VMAPCTL, f"{daemon.directory}/vmapctl")

    def ctl(self, *arguments, user=STRANGER, group=None, extra_groups=()):
        return subprocess.run(
            [self.program, "-s", self.daemon.control, *arguments], user=user,
            group=group or pwd.getpwnam(user).pw_gid, extra_groups=list(extra_groups),
            capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def access(vmapd):
    """Open to everybody's look."""
    daemon = vmapd(server=f"control_mode = 0666\ncontrol_group = {GROUP}")
    assert grp.getgrgid(os.stat(daemon.control).st_gid).gr_name == GROUP
    return Access(daemon)


def test_strangers_may_look(access):
    assert access.ctl("ping").returncode == 0
    assert access.ctl("stats", "--json").returncode == 0
    assert access.ctl("lookup", "mailboxes", "email1@example.com").stdout == "1\n"


@pytest.mark.parametrize("command", calls(("mailboxes", "email1@example.com"), changes=[True]))
def test_strangers_may_not_change(access, command):
    daemon = access.daemon
    daemon.ask("mailboxes", "email1@example.com")
    entries = daemon.stats()["cache"]["entries"]
    log = daemon.log_text()
    run = access.ctl(*command)
    assert (run.returncode, run.stdout) == (77, "")
    assert run.stderr.count("\n") == 1 and "permission denied" in run.stderr
    assert daemon.stats()["cache"]["entries"] == entries
    assert "reloaded" not in daemon.log_text()[len(log):]
    assert f"uid {pwd.getpwnam(STRANGER).pw_uid} " in daemon.log_text()[len(log):]


def test_strangers_do_not_fill_the_log(access):
    before = access.daemon.log_text().count("\n")
    for _ in range(20):
        assert access.ctl("flush").returncode == 77
    assert access.daemon.log_text().count("\n") - before <= 2


def test_members_of_the_group_may_change(access):
    gid = grp.getgrnam(GROUP).gr_gid
    assert access.ctl("flush", group=gid).returncode == 0
    assert access.ctl("flush", extra_groups=[gid]).returncode == 0
    assert access.ctl("reload", extra_groups=[gid]).returncode == 0


def test_the_own_user_may_change(vmapd):
    own = Access(vmapd(server=f"control_mode = 0666\nuser = {STRANGER}"))
    assert own.ctl("flush").returncode == 0
    assert own.ctl("flush", user="news").returncode == 77


def test_root_may_change(access):
    assert access.daemon.ctl("flush").returncode == 0
    assert access.daemon.ctl("reload").returncode == 0

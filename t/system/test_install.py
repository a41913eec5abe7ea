"""make install and make uninstall, into a directory of their own."""
import os
import re
import subprocess

import pytest

from harness.vmapd import BUILD, SOURCE

# Not a file of ours, whatever the prefix.
CONFIGURATION = "etc/vmapd/vmapd.conf"


@pytest.fixture
def make(tmp_path):
    def run(target, *variables):
        subprocess.run(["make", "-s", "-C", SOURCE, target, f"BUILD={BUILD}",
                        f"DESTDIR={tmp_path}", *variables],
                       check=True, capture_output=True, text=True)
    return run


def files(root):
    """The paths of all files, relative to root."""
    return {os.path.relpath(os.path.join(directory, name), root)
            for directory, _, names in os.walk(root) for name in names}


def test_everything_is_where_prefix_says(make, tmp_path):
    make("install", "prefix=/usr")
    there = files(tmp_path)
    assert {"usr/sbin/vmapd", "usr/bin/vmapctl", "usr/share/man/man8/vmapd.8",
            "usr/share/man/man5/vmapd.conf.5", "usr/share/man/man1/vmapctl.1",
            "usr/lib/systemd/system/vmapd.service", "usr/lib/systemd/system/vmapd.socket",
            "usr/lib/systemd/system/vmapd-control.socket", "usr/lib/sysusers.d/vmapd.conf",
            "usr/lib/tmpfiles.d/vmapd.conf", "usr/share/bash-completion/completions/vmapctl",
            "usr/share/doc/vmapd/README", "usr/share/doc/vmapd/CHANGELOG",
            "usr/share/doc/vmapd/security.md", "usr/share/doc/vmapd/examples/schema.sql",
            CONFIGURATION} <= there
    assert {path for path in there if not path.startswith("usr/")} == {CONFIGURATION}
    unit = (tmp_path / "usr/lib/systemd/system/vmapd.service").read_text(encoding="utf-8")
    assert "ExecStart=/usr/sbin/vmapd\n" in unit and "/usr/local" not in unit
    (condition,) = re.findall(r"^ExecCondition=/bin/sh -c '(.*)'$", unit, re.MULTILINE)
    condition = condition.replace(" /", f" {tmp_path}/")
    assert subprocess.run(["sh", "-c", condition], check=False).returncode == 1  # the sample
    with open(tmp_path / CONFIGURATION, "a", encoding="utf-8") as file:
        file.write("# edited\n")
    assert subprocess.run(["sh", "-c", condition], check=False).returncode == 0
    assert os.stat(tmp_path / CONFIGURATION).st_mode & 0o777 == 0o640


def test_each_directory_can_be_set(make, tmp_path):
    make("install", "PREFIX=/opt/vmapd", "mandir=/man", "sbindir=/daemons", "unitdir=/units")
    there = files(tmp_path)
    assert {"man/man8/vmapd.8", "daemons/vmapd", "opt/vmapd/bin/vmapctl"} <= there
    unit = (tmp_path / "units/vmapd.service").read_text(encoding="utf-8")
    assert "ExecStart=/daemons/vmapd\n" in unit


def test_nothing_remains_but_the_configuration(make, tmp_path):
    make("install")
    (tmp_path / CONFIGURATION).write_text("# mine\n", encoding="utf-8")
    make("install")
    assert (tmp_path / CONFIGURATION).read_text(encoding="utf-8") == "# mine\n"
    make("uninstall")
    assert files(tmp_path) == {CONFIGURATION}


def test_help_is_for_somebody():
    run = subprocess.run(["make", "-s", "-C", SOURCE, "help"], check=True, capture_output=True, text=True)
    users, packagers, developers = re.split(r"\n\n", run.stdout.strip())
    assert re.search("^For users\n(.*\n)*  demo ", users)
    assert re.search("^For packagers\n(.*\n)*  deb ", packagers)
    assert re.search("^For developers\n(.*\n)*  unit ", developers)


def test_who_removes_the_package_is_warned(tmp_path):
    """A Postfix that still names the socket: postconf is played, and prints what a switched one does."""
    script = (SOURCE / "packaging/debian/vmapd.prerm").read_text(encoding="utf-8")
    postconf = tmp_path / "postconf"

    def remove(main_cf):
        postconf.write_text(f"#!/bin/sh\n[ $1 != -n ] || echo '{main_cf}'\n", encoding="utf-8")
        postconf.chmod(0o755)
        return subprocess.run(["sh", "-c", script, "prerm", "remove"], check=True, capture_output=True,
                              text=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"}).stderr
    assert "vmapctl switch --back" in remove("virtual_alias_maps = socketmap:unix:private/vmap:aliases")
    assert remove("virtual_alias_maps = mysql:/etc/postfix/a.cf") == ""


def test_another_mail_server_is_not_removed_for_postfix(tmp_path):
    """dpkg and apt are played: exim4 is installed, Postfix is not."""
    for name, text in {"dpkg-query": "case $* in *Provides*) echo 'exim4-daemon-light install ok installed "
                                     "mail-transport-agent';; esac",
                       "apt-get": f"touch {tmp_path}/asked"}.items():
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
        program.chmod(0o755)
    run = subprocess.run(["sh", SOURCE / "mk/install-packages", "postfix", "postfix-mysql"], check=False,
                         capture_output=True, text=True, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert run.returncode == 1
    assert "exim4-daemon-light would be removed for it: nothing was installed" in run.stderr
    assert not os.path.exists(tmp_path / "asked")

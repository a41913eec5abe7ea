"""make install and make uninstall, into a directory of their own."""
import os
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

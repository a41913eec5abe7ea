"""vmapctl compare: Postfix's own mysql: tables and vmapd are asked the same keys; each difference is
told, and nothing else is one."""
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness.vmapd import VMAPCTL
from test_moving import Move, postfixadmin, tutorial


@pytest.fixture(params=[tutorial, postfixadmin])
def moved(request, loaded, workdir):
    """vmapd with what import made of a Postfix, which is not switched."""
    loaded.ensure_running()
    directory = Path(tempfile.mkdtemp(prefix="compare-", dir=workdir))
    directory.chmod(0o755)
    moving = Move(directory, loaded, request.param)
    try:
        moving.import_maps()
        moving.serve(tempfile.mkdtemp(prefix="vmapd-", dir=workdir))
        yield moving
    finally:
        moving.stop()
        loaded.ensure_running()


def compare(move, *arguments, addresses=None):
    return subprocess.run([VMAPCTL, "-s", move.vmapd.control, "compare", "-c", move.config, *arguments],
                          input=addresses, capture_output=True, text=True, check=False, timeout=120,
                          stdin=None if addresses is not None else subprocess.DEVNULL)


def test_a_sample_of_the_tables_has_no_differences(moved):
    run = compare(moved)
    assert run.returncode == 0, run
    last = run.stdout.splitlines()[-1]
    assert last.endswith("lookups: no differences"), run
    assert int(last.split()[2]) > 10, run
    assert run.stderr == ""  # no progress where nobody looks


def test_addresses_of_a_file_and_of_standard_input(moved):
    listing = "".join(f"{address}\n" for address in moved.addresses)
    path = f"{moved.site.postfix.directory}/addresses"
    Path(path).write_text(listing, encoding="utf-8")
    for run in compare(moved, path), compare(moved, "-", addresses=listing):
        assert run.returncode == 0, run
        assert run.stdout.endswith("no differences\n")


def test_each_difference_is_a_line(loaded, workdir):
    """A delimiter that vmapd does not know, and a value that it keeps: three kinds of answers."""
    directory = Path(tempfile.mkdtemp(prefix="compare-", dir=workdir))
    directory.chmod(0o755)
    move = Move(directory, loaded, postfixadmin)
    try:
        move.import_maps()
        text = Path(move.conf).read_text(encoding="utf-8")
        Path(move.conf).write_text(text.replace("recipient_delimiter = +", "recipient_delimiter ="),
                                   encoding="utf-8")
        move.serve(tempfile.mkdtemp(prefix="vmapd-", dir=workdir))
        assert move.vmapd.ctl("lookup", "aliases", "info@one.example").returncode == 0
        loaded.sql("UPDATE postfixadmin.alias SET goto = 'bert@one.example' "
                   "WHERE address = 'info@one.example'")
        run = compare(move, "-", addresses="info@one.example\nanna+x@one.example\nno@one.example\n")
        assert run.returncode == 1
        assert run.stdout.splitlines()[:-1] == [
            "aliases: anna+x@one.example: mysql: anna+x@one.example, vmapd: not found",
            "aliases: info@one.example: mysql: bert@one.example, "
            "vmapd: anna@one.example,box@catchall.example",
            "mailboxes: anna+x@one.example: mysql: one.example/anna/, vmapd: not found"]
        assert run.stdout.splitlines()[-1].endswith(": 3 differences")
        assert move.vmapd.ctl("flush").returncode == 0
        assert compare(move, "-", addresses="info@one.example\n").returncode == 0
    finally:
        move.stop()


def test_who_cannot_be_asked_is_told(moved, loaded):
    moved.vmapd.stop()
    run = compare(moved)
    assert run.returncode == 69
    assert "cannot reach vmapd" in run.stdout
    moved.vmapd.start()
    loaded.stop()
    run = compare(moved, "-", addresses="anna@one.example\n")
    assert run.returncode == 75
    assert "Postfix's own table cannot be asked: mysql:" in run.stdout


def test_no_addresses_and_no_postfix(moved):
    run = compare(moved, "-", addresses="\n\n")
    assert (run.returncode, run.stdout) == (1, "there is no address to compare; name a FILE with some\n")
    run = compare(moved, "/nonexistent/file")
    assert (run.returncode, run.stderr) == (
        1, "vmapctl compare: /nonexistent/file: No such file or directory\n")
    assert os.path.exists(moved.config)

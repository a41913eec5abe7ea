"""Two commands move a mail system to vmapd, and one moves it back: vmapctl import --install and vmapctl
switch. While the database is away each known recipient is taken, also after a restart of vmapd."""
import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from harness import mailsystem
from harness.process import wait_until
from harness.vmapd import SOURCE, VMAPCTL, Vmapd, vmapctl
from harness.layouts import iredmail, ispmail, postfixadmin
from test_moving import Move, tutorial

# What vmapd runs with before: something else than the sample, so that it has to be overwritten.
OTHER = """[server]
listen = unix:{queue}/private/vmap
socket_owner = postfix
control = unix:{directory}/control
[map other]
dbname = d
query = SELECT '%s'
"""


def plain_tutorial(directory, mariadb, _sink):
    """The tutorial as it is: no table makes a mailbox an alias of itself, and no catch-all."""
    cf = mailsystem.write_cf_files(directory, mariadb)
    mariadb.sql("DELETE FROM virtual_aliases WHERE source LIKE '@%'", mailsystem.DATABASE)
    return mailsystem.main_cf(0, f"mysql:{cf['domains']}", f"mysql:{cf['mailboxes']}",
                              f"mysql:{cf['alias']}"), \
        ["email1@example.com", "email2+x@example.com", "team@example.com", "nobody@example.com"]


def start_move(layout, mariadb, workdir):
    directory = Path(tempfile.mkdtemp(prefix="switch-", dir=workdir))
    directory.chmod(0o755)
    move = Move(directory, mariadb, layout)
    home = tempfile.mkdtemp(prefix="vmapd-", dir=workdir)
    os.chmod(home, 0o755)
    move.vmapd = Vmapd(home, OTHER.format(queue=move.queue, directory=home))
    return move


@pytest.fixture(params=[tutorial, plain_tutorial, postfixadmin, ispmail, iredmail])
def move(request, loaded, workdir):
    loaded.ensure_running()
    mailsystem.load_database(loaded)
    moving = start_move(request.param, loaded, workdir)
    moving.layout = request.param
    try:
        moving.vmapd.start()
        yield moving
    finally:
        moving.stop()
        loaded.ensure_running()
        mailsystem.load_database(loaded)


def ctl(move, *arguments):
    return subprocess.run([VMAPCTL, "-s", move.vmapd.control, *arguments], capture_output=True, text=True,
                          check=False, timeout=120, stdin=subprocess.DEVNULL)


def install(move, *arguments):
    run = ctl(move, "import", "--install", "-c", move.config, "-o", move.vmapd.conf, *arguments)
    text = Path(move.vmapd.conf).read_text(encoding="utf-8")
    # The user of the package is not here, and its directory is not this test's.
    Path(move.vmapd.conf).write_text(text.replace("/var/lib/vmapd/cache", f"{move.vmapd.directory}/cache"),
                                     encoding="utf-8")
    return run


def settings(move):
    """All that postconf tells of main.cf and master.cf."""
    return [subprocess.run(["postconf", "-c", move.config, option], capture_output=True, text=True,
                           check=True).stdout for option in ("-n", "-M", "-P")]


def problems(text):
    return [line for line in text.splitlines() if line.startswith("problem:")]


def test_there_in_two_commands_and_back_in_one(move, loaded):
    today, before = move.deliver(), settings(move)
    files = {path: path.read_bytes() for path in Path(move.config).glob("m*.cf")}

    run = install(move, "-f")
    assert "no differences" in run.stdout, run
    assert settings(move) == before
    assert ("The table identity was added" in run.stdout) == (move.layout is plain_tutorial)
    move.vmapd.reload()

    dry = ctl(move, "switch", "-c", move.config, "-n")
    assert dry.returncode == 0 and settings(move) == before
    run = ctl(move, "switch", "-c", move.config)
    assert run.returncode == 0, run
    assert all(line in run.stdout for line in dry.stdout.splitlines())
    assert "mysql:" not in move.settings()
    assert f"{move.config}/before-vmapd" in run.stdout and "switch --back" in run.stdout
    assert move.deliver() == today
    assert ctl(move, "compare", "-c", move.config).returncode == 0
    assert ctl(move, "switch", "-c", move.config).returncode == 1  # once is enough

    run = ctl(move, "switch", "--back", "-c", move.config)
    assert run.returncode == 0, run
    assert settings(move) == before
    assert {path: path.read_bytes() for path in files} == files
    assert not os.path.exists(f"{move.config}/before-vmapd")
    assert loaded is not None


# Of each, those who had mail before: mailboxes, aliases, extensions, alias domains, and a mailbox beside a
# catch-all.
KNOWN = {
    tutorial: ["email1@example.com", "team@example.com", "email2+x@example.com"],
    plain_tutorial: ["email1@example.com", "team@example.com", "email2+x@example.com"],
    postfixadmin: ["anna@one.example", "info@one.example", "Anna+x@one.example", "anna@two.example",
                   "info@two.example", "box@catchall.example"],
    ispmail: ["john@example.com", "jane@example.org", "john+x@example.com", "info@example.com",
              "box@catchall.example"],
    iredmail: ["john@example.com", "jane@example.com", "team@example.com", "ops@mail.eu.example.net",
               "info@alias.example", "john+x@alias.example", "box@catchall.example"],
}
# Until a restart: whom a catch-all takes, as long as it is certain that nothing else does; an alias of several
# rows, and what is not ASCII, whose answers are the database's own.
CERTAIN = {
    tutorial: [], plain_tutorial: [], postfixadmin: [],
    ispmail: ["whoever@catchall.example", "many@example.com", "jürgen@example.com"],
    iredmail: ["john+x@example.com", "whoever@catchall.example"],
}


def all_is_old(move):
    """Beyond ttl and negative_ttl since the database was there."""
    ages = [mirror["confirmed_age_ms"] for mirror in move.vmapd.stats()["mirrors"].values()
            if mirror["state"] != "off"]
    return min(ages) > 2000


def test_known_recipients_have_their_mail_without_the_database(move, loaded):
    assert "no differences" in install(move, "-f").stdout
    text = Path(move.vmapd.conf).read_text(encoding="utf-8")
    Path(move.vmapd.conf).write_text(text.replace("[cache]", "[cache]\nttl = 1s\nnegative_ttl = 1s"),
                                     encoding="utf-8")
    move.vmapd.reload()
    assert ctl(move, "switch", "-c", move.config).returncode == 0
    assert "virtual_alias_domains =" in move.settings()
    known, certain = KNOWN[move.layout], CERTAIN[move.layout]
    today = move.deliver(known + certain)
    assert all(code == 250 for code, _, _ in today.values())
    loaded.stop()
    wait_until(lambda: all_is_old(move), "all that was asked is past its time")
    assert move.deliver(known + certain) == today
    move.vmapd.stop()
    move.vmapd.start()
    assert move.deliver(known) == {address: today[address] for address in known}


def test_what_was_edited_since_stays(loaded, workdir):
    move = start_move(tutorial, loaded, workdir)
    try:
        move.vmapd.start()
        before = settings(move)
        install(move, "-f")
        move.vmapd.reload()
        assert ctl(move, "switch", "-c", move.config).returncode == 0
        subprocess.run(["postconf", "-c", move.config, "-e", "message_size_limit = 4711"], check=True)
        assert any("virtual_alias_domains" in line for line in settings(move)[0].splitlines())
        run = ctl(move, "switch", "--back", "-c", move.config)
        assert run.returncode == 0, run
        main_cf, *others = settings(move)
        assert "message_size_limit = 4711\n" in main_cf
        assert [main_cf.replace("message_size_limit = 4711\n", ""), *others] == before
        assert ctl(move, "switch", "--back", "-c", move.config).returncode == 1
    finally:
        move.stop()


def test_nothing_changes_unless_vmapd_answers(loaded, workdir):
    """Neither with a vmapd that does not know the maps, nor with none."""
    move = start_move(tutorial, loaded, workdir)
    try:
        move.vmapd.start()
        before = settings(move)
        run = ctl(move, "switch", "-c", move.config)
        assert run.returncode == 1 and "Not done, all is as it was" in run.stdout, run
        assert "as user postfix: socketmap:unix:" in run.stderr
        move.vmapd.stop()
        assert ctl(move, "switch", "-c", move.config).returncode == 1
        assert settings(move) == before and not os.path.exists(f"{move.config}/before-vmapd")
    finally:
        move.stop()


def test_only_an_untouched_sample_is_overwritten(loaded, workdir):
    move = start_move(tutorial, loaded, workdir)
    conf = f"{move.vmapd.directory}/new.conf"
    arguments = ["-s", move.vmapd.control, "import", "--install", "-c", move.config, "-o", conf]
    try:
        sample = (SOURCE / "conf/vmapd.conf").read_bytes()
        Path(conf).write_bytes(sample)
        os.chmod(conf, 0o600)
        run = vmapctl(*arguments)
        assert f"{conf} is written." in run.stdout, run
        assert "vmapd does not run, and there is no systemd" in run.stderr
        written = Path(conf).read_text(encoding="utf-8")
        assert os.stat(conf).st_mode & 0o777 == 0o600
        assert "tables = mailbox" in written.replace("virtual-", "") and "[table " in written
        assert "state_file = /var/lib/vmapd/cache" in written

        edited = sample + b"#\n"
        Path(conf).write_bytes(edited)
        run = vmapctl(*arguments)
        assert run.returncode == 1 and "is not the sample; -f replaces it" in run.stderr, run
        assert Path(conf).read_bytes() == edited
        assert f"{conf} is written." in vmapctl(*arguments, "-f").stdout
        assert Path(f"{conf}.before-import").read_bytes() == edited
    finally:
        move.stop()

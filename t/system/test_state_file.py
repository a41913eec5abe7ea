"""The cache outlives the process: after a restart and after a crash, with the lifetimes that remain,
also when the database is away by then; and a file that is not to be trusted is left aside."""
import os
import re
import resource

import pytest

from harness.clients import ask_all
from harness.mailsystem import QUERIES
from harness.memory import IS_SANITIZED
from harness.preload import preload
from harness.process import wait_until
from harness.watch import Watch

KEYS = [f"user{n}@example.com" for n in range(300)]
MAPS = f"""
[map m]
search = alias
tables = first second
[table first]
query = {QUERIES["alias"]}
[table second]
query = SELECT v FROM state WHERE k='%s'
"""
LIVES = "ttl = 1h\nnegative_ttl = 1h\n"


@pytest.fixture
def rows(mariadb):
    mariadb.sql("CREATE OR REPLACE TABLE state (k VARCHAR(50) PRIMARY KEY, v VARCHAR(50));"
                "INSERT INTO state VALUES " + ",".join(f"('{key}','{key}')" for key in KEYS),
                "mailserver")
    return mariadb


@pytest.fixture
def start(vmapd, rows):
    """Starts a daemon that saves its cache, every second unless cache says otherwise."""
    def run(lives=LIVES, interval="1s", maps=MAPS):
        daemon = vmapd.new(maps=maps, server="lookup_timeout = 2s",
                           cache=f"{lives}state_file = @/cache\nstate_interval = {interval}\n")
        with open(daemon.conf, encoding="utf-8") as file:
            text = file.read().replace("@/cache", f"{daemon.directory}/cache")
        daemon.state = f"{daemon.directory}/cache"
        daemon.write_config(text)
        daemon.start()
        return daemon
    return run


def restart(daemon):
    daemon.stop()
    daemon.start()


def wait_saved(daemon):
    """Until a save has ended that began after now."""
    def saves():
        return daemon.log_text().count("cache saved:")
    seen = saves()
    wait_until(lambda: saves() >= seen + 2, "the cache is saved")


def test_a_restart_asks_nothing(start, rows):
    daemon = start()
    assert ask_all(daemon, "m", KEYS).right == len(KEYS)
    assert daemon.ask("m", "absent@example.com").status == "NOTFOUND"
    restart(daemon)
    asked = rows.status("Com_select")
    assert ask_all(daemon, "m", KEYS).right == len(KEYS)
    assert daemon.ask("m", "absent@example.com").status == "NOTFOUND"
    assert rows.status("Com_select") == asked
    assert daemon.stats()["database"]["queries"] == 0


@pytest.mark.parametrize("end", ["stopped", "crashed"])
def test_without_the_database(start, rows, end, figures):
    """All that was known is past its time, and vmapd starts while the database is away."""
    daemon = start(lives="ttl = 500ms\nnegative_ttl = 500ms\nstale_ttl = 1h\n")
    assert ask_all(daemon, "m", KEYS).right == len(KEYS)
    assert daemon.ask("m", "absent@example.com").status == "NOTFOUND"
    rows.stop()
    wait_until(lambda: daemon.ask("m", "absent@example.com").status != "NOTFOUND",
               "the negative expires")
    wait_saved(daemon)
    if end == "stopped":
        daemon.stop()
    else:
        daemon.kill()
    daemon.start()
    assert daemon.ask("m", "absent@example.com").status == "TEMP"
    known = ask_all(daemon, "m", KEYS)
    figures(known)
    assert known.right == len(KEYS), known.reasons
    assert daemon.ask("m", "absent@example.com").status == "TEMP"


def test_lifetimes_go_on(start, rows):
    """Time that passes while vmapd is away counts."""
    daemon = start(lives="ttl = 2s\nnegative_ttl = 2s\nstale_ttl = 1h\n")
    assert ask_all(daemon, "m", KEYS[:5]).right == 5
    assert daemon.ask("m", "new@example.com").status == "NOTFOUND"
    daemon.stop()
    rows.sql("UPDATE state SET v = 'changed'; INSERT INTO state VALUES ('new@example.com', 'new')",
             "mailserver")
    daemon.start()
    assert daemon.ask("m", KEYS[0]) == ("OK", KEYS[0])
    wait_until(lambda: daemon.ask("m", KEYS[0]) == ("OK", "changed")
               and daemon.ask("m", "new@example.com") == ("OK", "new"), "the old answers end", 3)


def test_flushed_answers_stay_flushed(start, rows):
    """Also if it crashes before the next save."""
    daemon = start(interval="1h")
    assert ask_all(daemon, "m", KEYS).right == len(KEYS)
    restart(daemon)
    assert daemon.stats()["cache"]["entries"] > 0
    assert daemon.ctl("flush").returncode == 0
    daemon.kill()
    daemon.start()
    assert daemon.stats()["cache"]["entries"] == 0


def test_another_definition_forgets(start, rows):
    daemon = start()
    assert ask_all(daemon, "m", KEYS).right == len(KEYS)
    daemon.stop()
    with open(daemon.conf, encoding="utf-8") as file:
        text = file.read()
    daemon.write_config(text.replace("SELECT v FROM state", "SELECT CONCAT('x-', v) FROM state"))
    daemon.start()
    assert daemon.ask("m", KEYS[0]) == ("OK", f"x-{KEYS[0]}")
    assert re.search("entries of other table definitions are left out", daemon.log_text())


def flip(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


DAMAGE = {
    "cut short": lambda data: data[:len(data) // 2],
    "a bit in the head": lambda data: flip(data, 5),
    "a bit in the middle": lambda data: flip(data, len(data) // 2),
    "a bit at the end": lambda data: flip(data, len(data) - 1),
    "more at the end": lambda data: data + b"x",
    "empty": lambda data: b"",
    "something else": lambda data: b"[server]\nlisten = unix:/x\n" * 100,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_left_aside(start, damage):
    """It is told in a log line, kept for whoever wants to see it, and nothing of it is used."""
    daemon = start(interval="1h")
    assert ask_all(daemon, "m", KEYS[:50]).right == 50
    daemon.stop()
    with open(daemon.state, "rb") as file:
        data = DAMAGE[damage](file.read())
    with open(daemon.state, "wb") as file:
        file.write(data)
    daemon.start()
    assert daemon.stats()["cache"]["entries"] == 0
    assert f"state file {daemon.state} is not used: " in daemon.log_text()
    with open(f"{daemon.state}.bad", "rb") as file:
        assert file.read() == data
    assert ask_all(daemon, "m", KEYS[:50]).right == 50


def test_a_file_of_others_is_not_used(start):
    """Who can write to it could say where mail goes."""
    daemon = start(interval="1h")
    assert ask_all(daemon, "m", KEYS[:50]).right == 50
    daemon.stop()
    os.chmod(daemon.state, 0o666)
    daemon.start()
    assert daemon.stats()["cache"]["entries"] == 0
    assert f"state file {daemon.state} is not used: " in daemon.log_text()


def test_a_full_disk(start):
    """No room for the file: it is told, the last one stays as it was, and lookups do not notice."""
    daemon = start(interval="1h")
    assert ask_all(daemon, "m", KEYS[:10]).right == 10
    daemon.stop()
    with open(daemon.state, "rb") as file:
        before = file.read()
    small = max(len(before), os.path.getsize(daemon.log)) + 4096
    with open(daemon.conf, encoding="utf-8") as file:
        text = file.read()
    daemon.write_config(text.replace("state_interval = 1h", "state_interval = 1s"))
    daemon.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (small, small)))
    assert ask_all(daemon, "m", KEYS).right == len(KEYS)
    wait_until(lambda: "cannot save the cache: " in daemon.log_text(), "the failure is logged")
    assert "the last state file is kept" in daemon.log_text()
    assert ask_all(daemon, "m", KEYS).right == len(KEYS)
    with open(daemon.state, "rb") as file:
        assert file.read() == before
    daemon.stop()
    daemon.start()
    assert daemon.stats()["cache"]["entries"] > 0


@pytest.fixture
def slow(start):
    """A daemon that has just begun to wait for the disk. daemon.waits: a file while it does."""
    daemon = start(interval="1h")
    assert ask_all(daemon, "m", KEYS).right == len(KEYS)
    daemon.stop()
    waits = daemon.waits = f"{daemon.directory}/waits"
    daemon.process.env.update(LD_PRELOAD=preload("slow_disk", daemon.directory), SLOW_DISK=waits)
    with open(daemon.conf, encoding="utf-8") as file:
        text = file.read()
    daemon.write_config(text.replace("state_interval = 1h", "state_interval = 1s"))
    daemon.start()
    wait_until(lambda: os.path.exists(waits), "a save waits for the disk")
    return daemon


@pytest.mark.skipif(IS_SANITIZED, reason="nothing can be preloaded before AddressSanitizer")
@pytest.mark.parametrize("command", ["flush", "reload"])
def test_a_slow_disk_holds_nobody_up(slow, command, figures):
    """A save waits for the disk when somebody wants a flush or a reload, which ends that save."""
    daemon = slow
    with Watch(daemon) as watch:
        assert daemon.ctl(command).returncode == 0
        assert ask_all(daemon, "m", KEYS[:20]).right == 20
        assert os.path.exists(daemon.waits)
    figures(watch)
    watch.check()
    saved = daemon.log_text().count("cache saved:")
    wait_until(lambda: daemon.log_text().count("cache saved:") > saved, "it is saved later")
    daemon.kill()
    daemon.start()
    assert daemon.stats()["cache"]["entries"] == (40 if command == "flush" else 2 * len(KEYS))


@pytest.mark.skipif(IS_SANITIZED, reason="nothing can be preloaded before AddressSanitizer")
def test_no_more_state_file_while_the_disk_is_slow(slow):
    """Nothing remains of a save whose file is not wanted any more."""
    with open(slow.conf, encoding="utf-8") as file:
        slow.write_config(re.sub(r"(?m)^state_file = .*\n", "", file.read()))
    assert slow.ctl("reload").returncode == 0
    assert os.path.exists(f"{slow.state}.tmp")
    wait_until(lambda: not os.path.exists(f"{slow.state}.tmp"), "the rest of it goes", 5)
    assert len(os.listdir(f"/proc/{slow.process.pid}/task")) <= 2


def test_nowhere_to_save(start, vmapd):
    """A directory that is not there is a complaint and no more."""
    daemon = vmapd(maps=MAPS, cache="state_file = /nonexistent/cache\nstate_interval = 1s\n")
    wait_until(lambda: "cannot save the cache: /nonexistent/cache" in daemon.log_text(),
               "the failure is logged")
    assert daemon.ask("m", KEYS[0]) == ("OK", KEYS[0])

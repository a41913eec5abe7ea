"""What systemd sees of the service: the messages of sd_notify(3), and the unit files, as far as they
can be looked at without a systemd that runs."""
import os
import re
import subprocess
import time

import pytest

from harness.notify import Notifications
from harness.process import wait_until
from harness.vmapd import SOURCE, VMAPD

KNOWN = ("mailboxes", "email1@example.com")
# The sandbox of the unit, on systemd's scale from 0 (nothing is open) to 10.
EXPOSURE = 1.5


@pytest.fixture
def service(vmapd):
    """A daemon that is not started yet, with service.told to hear what it says."""
    daemon = vmapd.new()
    daemon.told = Notifications(f"{daemon.directory}/notify")
    daemon.process.env.update(daemon.told.environment())
    yield daemon
    daemon.told.close()


def test_ready_means_that_it_answers(service):
    service.process.start()
    assert service.told.wait_for("READY")["READY"] == "1"
    assert service.ask(*KNOWN) == ("OK", "1")


def test_ready_with_the_database_down(service, mariadb):
    mariadb.stop()
    service.process.start()
    service.told.wait_for("READY")
    assert service.ask(*KNOWN).status == "TEMP"


def test_status_line_tells_of_lookups(service):
    service.start()
    for _ in range(4):
        service.ask(*KNOWN)
    status = service.told.wait_for("STATUS")["STATUS"]
    assert re.fullmatch(r"\d+\.\d lookups/s, 75\.0 % from the cache", status), status
    status = service.told.wait_for("STATUS")["STATUS"]
    assert status == "idle, 4 lookups since start"


@pytest.mark.parametrize("good", [True, False])
def test_reload_is_told(service, good):
    service.start()
    service.told.drop_all()
    if not good:
        service.write_config("nonsense\n")
    before = time.monotonic_ns() // 1000
    service.reload()
    message = service.told.wait_for("RELOADING")
    assert before <= int(message["MONOTONIC_USEC"]) <= time.monotonic_ns() // 1000
    assert service.told.wait_for("READY")["READY"] == "1"
    assert service.ask(*KNOWN) == ("OK", "1")


def test_stop_is_told(service):
    service.start()
    service.stop()
    assert service.told.wait_for("STOPPING")["STOPPING"] == "1"


def test_watchdog_is_fed_by_the_event_loop(service):
    service.process.env.update(service.told.environment(watchdog_ms=600))
    service.start()
    fed = [service.told.wait_for("WATCHDOG") and time.monotonic() for _ in range(4)]
    assert max(later - sooner for sooner, later in zip(fed, fed[1:])) < 0.6
    service.process.pause()
    service.told.drop_all()
    with pytest.raises(TimeoutError):
        service.told.wait_for("WATCHDOG", 0.6)
    service.process.resume()
    service.told.wait_for("WATCHDOG")


def test_no_watchdog_unless_asked_for(service):
    service.start()
    with pytest.raises(TimeoutError):
        service.told.wait_for("WATCHDOG", 1)


# --- units ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def units(workdir):
    """The unit files, for a vmapd that exists."""
    directory = workdir / "units"
    directory.mkdir()
    for unit in (SOURCE / "systemd").iterdir():
        if unit.suffix in (".service", ".socket"):
            text = unit.read_text(encoding="utf-8").replace("/usr/local/sbin/vmapd", str(VMAPD))
            (directory / unit.name).write_text(text, encoding="utf-8")
    return sorted(directory.iterdir())


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True,
                          check=False, timeout=60)


def test_systemd_has_nothing_to_say_about_the_units(units):
    assert [unit.name for unit in units] == ["vmapd-control.socket", "vmapd.service",
                                             "vmapd.socket"]
    run = analyze("verify", "--man=no", *units)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_sandbox_is_tight(units):
    service = next(unit for unit in units if unit.suffix == ".service")
    run = analyze("security", "--offline=true", "--no-pager", service)
    exposure = re.search(r"Overall exposure level for vmapd.service: ([\d.]+)", run.stdout)
    assert float(exposure.group(1)) <= EXPOSURE, run.stdout


def test_sysusers_and_tmpfiles_are_understood(workdir):
    """Into an empty root directory, so nothing of this machine changes."""
    root = workdir / "root"
    (root / "etc").mkdir(parents=True)
    for tool, name in (("systemd-sysusers", "vmapd.sysusers"),
                       ("systemd-tmpfiles", "vmapd.tmpfiles")):
        create = ["--create"] if tool == "systemd-tmpfiles" else []
        subprocess.run([tool, f"--root={root}", *create, SOURCE / "systemd" / name], check=True,
                       capture_output=True)
    entry = (root / "etc/passwd").read_text(encoding="ascii").splitlines()
    assert [line.split(":")[0] for line in entry] == ["vmapd"]
    assert entry[0].endswith("/nologin")
    assert (root / "run/vmapd").stat().st_mode & 0o7777 == 0o755


# --- the files of its sockets ---------------------------------------------------------------------

@pytest.mark.parametrize("how", ["SIGHUP", "reload"])
def test_a_socket_file_that_was_removed(vmapd, how):
    """Who is connected does not notice; a reload makes it anew as it was, and says so."""
    daemon = vmapd()
    path = daemon.address.removeprefix("unix:")
    mode = os.stat(path).st_mode
    with daemon.client() as client:
        assert client.ask(*KNOWN) == ("OK", "1")
        os.unlink(path)
        assert client.ask(*KNOWN) == ("OK", "1")
        if how == "reload":
            said = daemon.ctl("reload").stdout
            assert f"made anew, as it had gone: unix:{path}" in said
        else:
            os.unlink(daemon.control)
            daemon.reload()
        wait_until(lambda: os.path.exists(path) and os.path.exists(daemon.control), "they are there")
        assert os.stat(path).st_mode == mode
        assert daemon.ask(*KNOWN) == ("OK", "1")
        assert client.ask(*KNOWN) == ("OK", "1")
    assert f"the file of a socket had gone, and was made anew: unix:{path}" in daemon.log_text()
    assert daemon.ctl("ping").returncode == 0
    assert daemon.process.stop() == 0
    assert not os.path.exists(path)

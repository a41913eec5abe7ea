"""vmapd and vmapctl as built in $VMAPD_BUILD (default: build/ of this source tree)."""
import json
import os
import re
import signal
import subprocess
from pathlib import Path

from harness.process import Process, tail, wait_until
from harness.socketmap import Client

SOURCE = Path(__file__).resolve().parents[3]
BUILD = (SOURCE / os.environ.get("VMAPD_BUILD", "build")).resolve()
VMAPD = BUILD / "vmapd"
VMAPCTL = BUILD / "vmapctl"

SANITIZER_REPORT = re.compile(r"(ERROR: \w+Sanitizer|WARNING: \w+Sanitizer|runtime error:).*")
# The suppressed exit code would look like one of ours.
SANITIZER_ENV = {"ASAN_OPTIONS": "exitcode=99:detect_leaks=1",
                 "UBSAN_OPTIONS": "print_stacktrace=1"}


# Set: every daemon holds its tables whole, whatever the test is about.
MIRRORED = bool(os.environ.get("VMAPD_TEST_MIRROR"))


def with_mirrors(config):
    lines = "[cache]\nmirror = yes\nmirror_interval = 100ms\n"
    if "mirror" in config:
        return config
    return config.replace("[cache]\n", lines, 1) if "[cache]\n" in config else f"{config}\n{lines}"


def vmapd(*arguments):
    """Run vmapd to its end: command lines that do not serve."""
    return subprocess.run([VMAPD, *arguments], capture_output=True, text=True, check=False,
                          timeout=30, stdin=subprocess.DEVNULL)


def vmapctl(*arguments):
    return subprocess.run([VMAPCTL, *arguments], capture_output=True, text=True, check=False,
                          timeout=60, stdin=subprocess.DEVNULL)


class Vmapd:
    """A daemon with its configuration file and its sockets below one directory."""

    def __init__(self, directory, config):
        """config: the text of vmapd.conf; it may use {directory}, listen and control are ours
        unless it says otherwise."""
        self.directory = str(directory)
        os.makedirs(self.directory, mode=0o755, exist_ok=True)
        self.conf = f"{self.directory}/vmapd.conf"
        self.control = f"{self.directory}/control"
        self.address = f"unix:{self.directory}/vmap"
        self.write_config(config)
        self.process = Process([VMAPD, "-c", self.conf], f"{self.directory}/vmapd.log",
                               env=SANITIZER_ENV)
        self.log = self.process.log
        self._killed = False

    def write_config(self, config):
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(with_mirrors(config) if MIRRORED else config)

    def wait_mirrored(self):
        """Until every table that can be read is held whole."""
        wait_until(lambda: all(mirror["state"] != "loading" or mirror["reason"]
                               for mirror in self.stats()["mirrors"].values()), "mirrors are read")

    def start(self, **options):
        """Start, and return when it answers on its control socket."""
        self._killed = False
        self.process.start(**options)
        self.wait_ready()
        if MIRRORED:
            self.wait_mirrored()

    def wait_ready(self):
        def ready():
            if not self.process.alive():
                raise RuntimeError(f"vmapd ended with {self.process.wait()}:\n{tail(self.log)}")
            return os.path.exists(self.control) and self.ctl("ping").returncode == 0
        wait_until(ready, "vmapd answers on its control socket")

    def stop(self):
        """SIGTERM; it has to end with 0 and to leave no complaint of a sanitizer. The same for one
        that has ended before, unless it was killed on purpose."""
        code = self.process.stop()
        self.assert_clean()
        assert code in (0, None) or self._killed, f"vmapd ended with {code}:\n{tail(self.log)}"

    def kill(self):
        self._killed = True
        self.process.kill()

    def assert_clean(self):
        if not os.path.exists(self.log):
            return
        report = SANITIZER_REPORT.search(self.log_text())
        assert report is None, f"{report.group(0)}\n{tail(self.log, 80)}"

    def reload(self):
        """SIGHUP; returns the log line that tells what came of it."""
        seen = len(self.log_text())
        self.process.send(signal.SIGHUP)
        return wait_until(lambda: re.search(r"^.*(reloaded|reload failed).*$",
                                            self.log_text()[seen:], re.MULTILINE),
                          "vmapd logs the reload").group(0)

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def ctl(self, *arguments):
        return vmapctl("-s", self.control, *arguments)

    def stats(self):
        run = self.ctl("stats", "--json")
        assert run.returncode == 0, run
        return json.loads(run.stdout)

    def client(self, timeout=30.0):
        return Client(self.address, timeout)

    def ask(self, table, key):
        with self.client() as client:
            return client.ask(table, key)

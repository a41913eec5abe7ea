"""A machine for commands as documents print them: /etc, /var, /run and /usr/local are copies that nobody else
sees, and the network is 127.0.0.1 alone, with a MariaDB on 3306 and a Postfix. It is this process that moves
there: run() starts a new one for a function of a module."""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from harness import mariadb
from harness.postfix import MASTER_CF, write_settled
from harness.process import wait_until
from harness.vmapd import BUILD, SOURCE, VMAPD

COPIES = ("/etc", "/var", "/usr/local")


def run(module, function, directory):
    """What module.function(machine) returns, on such a machine with its files below directory."""
    code = ("import sys; sys.path[:0] = sys.argv[1:3]; from harness import own_machine; "
            "own_machine.enter(*sys.argv[3:])")
    here = str(SOURCE / "t/system")
    process = subprocess.run(["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
                              sys.executable, "-c", code, here, here, module, function, str(directory)],
                             capture_output=True, text=True, check=False, timeout=300, stdin=subprocess.DEVNULL)
    assert process.returncode == 0, process.stdout + process.stderr
    return json.loads(process.stdout.splitlines()[-1])


def enter(module, function, directory):
    machine = Machine(directory)
    try:
        result = getattr(__import__(module), function)(machine)
    finally:
        machine.stop()
    print(json.dumps(result))


class Machine:
    def __init__(self, directory):
        self.directory = directory
        os.chmod(directory, 0o755)
        self.vmapd = self.mariadb = None
        self.sh("mount --make-rprivate /; ip link set lo up")
        for path in COPIES:
            upper, work = (f"{directory}/{kind}{path}" for kind in ("upper", "work"))
            os.makedirs(upper)
            os.makedirs(work)
            self.sh(f"mount -t overlay overlay -o lowerdir={path},upperdir={upper},workdir={work} {path}")
        self.sh("mount -t tmpfs tmpfs /run; mkdir /run/vmapd")
        self.add_programs()

    def add_programs(self):
        """Ours, and a systemctl that enables and disables without a systemd that runs."""
        programs = Path(f"{self.directory}/programs")
        programs.mkdir()
        real = subprocess.run(["sh", "-c", "command -v systemctl"], capture_output=True, text=True, check=True).stdout
        (programs / "systemctl").write_text('#!/bin/sh\n[ "$2" != --now ] || { verb=$1; shift 2; set -- $verb "$@"; }\n'
                                            f'SYSTEMD_OFFLINE=1 exec {real.strip()} "$@"\n', encoding="ascii")
        (programs / "systemctl").chmod(0o755)
        os.environ["PATH"] = f"{programs}:{BUILD}:{os.environ['PATH']}"

    @staticmethod
    def sh(command, check=True):
        """What a command prints, at the top of the source tree."""
        done = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False, cwd=SOURCE, stdin=subprocess.DEVNULL)
        assert not check or done.returncode == 0, f"{command}: {done.stdout}"
        return done.stdout

    def start_database(self):
        mariadb.free_port = lambda: 3306
        self.mariadb = mariadb.MariaDB(f"{self.directory}/mariadb")
        self.mariadb.start()

    def start_postfix(self, main_cf):
        write_settled("/etc/postfix/master.cf", MASTER_CF.format(port=25)
                      + "virtual   unix  - n n -     - virtual\n")
        write_settled("/etc/postfix/main.cf", main_cf)
        self.sh("postfix start")

    def start_vmapd(self):
        with open(f"{self.directory}/vmapd.log", "ab") as log:
            self.vmapd = subprocess.Popen([VMAPD], stderr=log)  # pylint: disable=consider-using-with
        wait_until(lambda: "alive" in self.sh("vmapctl ping", check=False), "vmapd answers")

    def stop_vmapd(self):
        if self.vmapd is not None:
            self.vmapd.terminate()
            self.vmapd.wait()
        self.vmapd = None

    def left_behind(self):
        """The files that were written, whether or not they are what they were before."""
        upper = Path(f"{self.directory}/upper")
        return [f"/{path.relative_to(upper)}" for path in sorted(upper.rglob("*"))
                if path.is_file() and not path.name.endswith("-")]

    def stop(self):
        self.stop_vmapd()
        if self.mariadb is not None:
            self.mariadb.stop()


# What varies from one time to the next.
FIGURES = {r"\b[\d.]+ [um]?s\b": "N s", r"\b(\d+m )?\d+s\b": "Ns", r"\b\d+\.\d+\.\d+-MariaDB[^,\s]*": "N-MariaDB"}


def same_text(printed, said):
    """Whether a text has what a document prints: other blanks and line ends, "..." for anything, other figures."""
    def plain(text):
        for figure, name in FIGURES.items():
            text = re.sub(figure, name, text)
        return " ".join(text.split())
    return re.search(re.escape(plain(printed)).replace(r"\.\.\.", ".*?"), plain(said)) is not None

"""The demonstration: vmapd between a private MariaDB and Postfix's own tools, in one directory
below /tmp that is gone afterwards. Nothing of the machine's own mail system is touched.

    demo.py          start, show, and stay until Ctrl-C; without a terminal: show and end
    demo.py --keep   start, show, and leave the servers running
    demo.py --stop   stop what a demonstration has left running
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "t/system"))

# pylint: disable=wrong-import-position
from harness import mailsystem  # noqa: E402
from harness.mariadb import MariaDB  # noqa: E402
from harness.postfix import Postfix  # noqa: E402
from harness.process import wait_until  # noqa: E402
from harness.vmapd import VMAPCTL, Vmapd  # noqa: E402

# Where the running demonstration is, and which processes it has.
STATE = SOURCE / "build/demo.json"

BOLD, PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")

LOOKUPS = [
    ("a domain that we host", "domains", "example.com"),
    ("a domain that we do not", "domains", "example.org"),
    ("a mailbox", "mailboxes", "email1@example.com"),
    ("a mailbox with an address extension", "mailboxes", "Email1+lists@Example.com"),
    ("an alias", "aliases", "alias@example.com"),
    ("an alias with an address extension", "aliases", "alias+shop@example.com"),
    ("a catch-all domain", "aliases", "whoever@catchall.example"),
    ("a mailbox in it, which the catch-all must not take", "aliases", "box@catchall.example"),
    ("nobody", "mailboxes", "nobody@example.com"),
]
NEVER_SEEN = ("an address that was not asked for before", "mailboxes", "email2@example.com")


def headline(text):
    print(f"\n{BOLD}== {text}{PLAIN}", flush=True)


class Demo:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="vmapd-demo-", dir="/tmp")
        os.chmod(self.directory, 0o755)
        self.mariadb = self.vmapd = self.postfix = None
        self.save_state()

    def save_state(self):
        servers = [server.process for server in (self.mariadb, self.vmapd) if server is not None]
        state = {"directory": self.directory, "demo": os.getpid(),
                 "servers": [server.pid for server in servers if server.alive()]}
        STATE.write_text(json.dumps(state), encoding="utf-8")

    def start(self):
        print(f"Starting MariaDB and vmapd in {self.directory} ...", flush=True)
        self.mariadb = MariaDB(f"{self.directory}/mariadb")
        self.mariadb.start()
        self.save_state()
        mailsystem.load_database(self.mariadb)
        self.vmapd = Vmapd(self.directory, mailsystem.vmapd_conf(self.mariadb, self.directory))
        self.vmapd.start()
        self.save_state()
        # Only for postmap to find its lookup table plugins; no Postfix runs.
        self.postfix = Postfix(f"{self.directory}/postfix", {})

    def show(self):
        headline("What Postfix asks, by its own postmap, and what vmapd answers")
        for lookup in LOOKUPS:
            self.ask(*lookup)
        headline("The database is stopped: what is known goes on, nothing is ever \"not found\"")
        self.mariadb.stop()
        for lookup in (LOOKUPS[2], LOOKUPS[5], NEVER_SEEN):
            self.ask(*lookup)
        headline("The database is back: so are we")
        self.mariadb.start()
        self.save_state()
        wait_until(lambda: self.vmapd.ctl("lookup", *NEVER_SEEN[1:]).returncode == 0,
                   "vmapd finds the database again")
        self.ask(*NEVER_SEEN)
        headline("vmapctl stats")
        print(self.vmapd.ctl("stats").stdout, end="", flush=True)

    def ask(self, what, map_name, key):
        table = f"socketmap:{self.vmapd.address}:{map_name}"
        print(f"\n# {what}\n$ postmap -q {key} {table}", flush=True)
        run = subprocess.run(["postmap", "-c", self.postfix.config, "-q", key, table],
                             capture_output=True, text=True, check=False)
        answer = run.stdout.strip() or ("(not found)" if not run.stderr else run.stderr.strip())
        print(f"{BOLD}{answer}{PLAIN}", flush=True)

    def tell_what_to_try(self):
        headline("It runs. Try")
        print(f"""\
  postmap -q KEY socketmap:{self.vmapd.address}:NAME     (NAME: domains, mailboxes, aliases)
  {VMAPCTL} -s {self.vmapd.control} stats
  mariadb --socket={self.mariadb.socket} --user=root {mailsystem.DATABASE}
  less {self.vmapd.conf} {self.vmapd.log}""", flush=True)

    def stop(self):
        for server in (self.vmapd, self.mariadb):
            if server is not None:
                server.process.stop()
        remove(self.directory)


def remove(directory):
    shutil.rmtree(directory, ignore_errors=True)
    STATE.unlink(missing_ok=True)


def is_ours(pid, directory):
    """Whether this process still is the one that was noted: its command line tells."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return False
    return directory in command or "demo.py" in command


def stop_what_is_left():
    if not STATE.exists():
        print("No demonstration is running.")
        return
    state = json.loads(STATE.read_text(encoding="utf-8"))
    directory = state["directory"]
    # A demonstration that is still there cleans up by itself.
    pids = [pid for pid in [state["demo"], *state["servers"]] if is_ours(pid, directory)]
    for pid in pids[:1] if state["demo"] in pids else pids:
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not any(is_ours(pid, directory) for pid in pids), "the servers end", 60)
    remove(directory)
    print(f"The demonstration in {directory} is stopped and removed.")


def on_signal(*_):
    raise KeyboardInterrupt


def run(keep):
    if STATE.exists():
        stop_what_is_left()
    for signum in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, on_signal)
    demo = Demo()
    try:
        demo.start()
        demo.show()
        if keep:
            demo.tell_what_to_try()
            print("\n`make demo-stop` ends it.")
            return
        if sys.stdin.isatty() and sys.stdout.isatty():
            demo.tell_what_to_try()
            print("\nCtrl-C ends it, or `make demo-stop` elsewhere.", flush=True)
            while demo.vmapd.process.alive():
                time.sleep(0.5)
    except KeyboardInterrupt:
        print()
    except BaseException:
        keep = False
        raise
    finally:
        if not keep:
            demo.stop()
            print("\nThe demonstration is over; its servers and files are gone.")


if __name__ == "__main__":
    if os.geteuid() != 0:  # the servers' own users have to be had
        os.execvp("sudo", ["sudo", "--preserve-env=VMAPD_BUILD", sys.executable, *sys.argv])
    if sys.argv[1:] == ["--stop"]:
        stop_what_is_left()
    else:
        run(keep=sys.argv[1:] == ["--keep"])

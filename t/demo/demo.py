"""The demonstration: two private Postfix beside each other, one with mysql: tables, one with vmapd, and
a private MariaDB that is stopped under both. All is in one directory below /tmp that is gone afterwards.
Nothing of the machine's own mail system is touched.

    demo.py          start, show, and stay until Ctrl-C; without a terminal: show and end
    demo.py --keep   start, show, and leave the servers running
    demo.py --stop   stop what a demonstration has left running
"""
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "t/system"))

# pylint: disable=wrong-import-position
from harness import mailsystem  # noqa: E402
from harness.mariadb import MariaDB  # noqa: E402
from harness.process import wait_until  # noqa: E402
from harness.vmapd import VMAPCTL, Vmapd  # noqa: E402

# Where the running demonstration is, and which processes it has.
STATE = SOURCE / "build/demo.json"

BOLD, PLAIN = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")

MAPS = ("domains", "mailboxes", "aliases")
RECIPIENTS = [
    ("a mailbox", "email1@example.com"),
    ("... with an address extension", "Email1+lists@Example.com"),
    ("an alias", "alias@example.com"),
    ("nobody", "nobody@example.com"),
]
NEW = ("a mailbox that nobody wrote to lately", "email2@example.com")

# Short lifetimes, so that they are over while somebody looks: the real ones are minutes.
CACHE = """ttl = 1s
negative_ttl = 1s
state_file = {directory}/cache"""


def headline(text):
    print(f"\n{BOLD}== {text}{PLAIN}", flush=True)


class Demo:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="vmapd-demo-", dir="/tmp")
        os.chmod(self.directory, 0o755)
        self.mariadb = self.vmapd = None
        self.sites = {}
        self.save_state()

    def pids(self):
        for server in self.mariadb, self.vmapd:
            if server is not None and server.process.alive():
                yield server.process.pid
        for site in self.sites.values():
            try:
                yield site.postfix.master_pid()
            except (OSError, ValueError):
                pass

    def save_state(self):
        state = {"directory": self.directory, "demo": os.getpid(), "servers": list(self.pids())}
        STATE.write_text(json.dumps(state), encoding="utf-8")

    def start(self):
        print(f"Starting MariaDB, vmapd and two Postfix in {self.directory} ...", flush=True)
        self.mariadb = MariaDB(f"{self.directory}/mariadb")
        self.mariadb.start()
        self.save_state()
        mailsystem.load_database(self.mariadb)
        self.sites = {name: mailsystem.Site(f"{self.directory}/{name}") for name in ("mysql", "vmapd")}
        queue = self.sites["vmapd"].postfix.queue
        os.makedirs(f"{queue}/private", exist_ok=True)
        shutil.chown(f"{queue}/private", "postfix")
        self.vmapd = Vmapd(self.directory, mailsystem.vmapd_conf(
            self.mariadb, self.directory, listen=f"unix:{queue}/private/vmap",
            cache=CACHE.format(directory=self.directory)))
        self.vmapd.start()
        mailsystem.use_mysql(self.sites["mysql"], self.mariadb, {})
        mailsystem.use_vmapd(self.sites["vmapd"], {"virtual_alias_domains": ""})
        self.save_state()

    def show(self):
        headline("The database runs: both say the same to RCPT TO")
        self.ask_both(RECIPIENTS)
        headline("The database is stopped, and what was known is out of date")
        self.mariadb.stop()
        wait_until(lambda: self.vmapd.ctl("lookup", "mailboxes", "nobody@example.com").returncode == 75,
                   "\"not found\" is not told any longer")
        self.ask_both([*RECIPIENTS, NEW])
        headline("vmapd is restarted, without a database: it still knows")
        self.vmapd.stop()
        self.vmapd.start()
        self.save_state()
        self.ask_both(RECIPIENTS[:3])
        print("\n" + "".join(line for line in self.vmapd.ctl("stats").stdout.splitlines(True)
                            if "stale" in line or " down" in line), end="")
        headline("The database is back, and vmapd at once with it (mysql: rests for a minute)")
        self.mariadb.start()
        self.save_state()
        wait_until(lambda: self.reply("vmapd", NEW[1]).startswith("250"),
                   "vmapd finds the database again")
        self.ask_both([*RECIPIENTS, NEW])

    def reply(self, name, recipient):
        reply = self.sites[name].reply_to(recipient)
        text = reply.text.replace(f"<{recipient}>: ", "").replace("Recipient address rejected: ", "")
        return f"{reply.code} {text}"[:42].strip()

    def ask_both(self, recipients):
        print(f"\n  {'RCPT TO':<26}{'Postfix with mysql:':<44}Postfix with vmapd")
        for what, recipient in recipients:
            print(f"  {recipient:<26}{self.reply('mysql', recipient):<44}"
                  f"{BOLD}{self.reply('vmapd', recipient)}{PLAIN}  ({what})", flush=True)

    def tell_what_to_try(self):
        headline("It runs. Try")
        ctl = f"{VMAPCTL} -s {self.vmapd.control}"
        print(f"""\
  {ctl} explain aliases alias+shop@example.com
  {ctl} top
  {ctl} compare -c {self.sites["mysql"].postfix.config}
  swaks --server 127.0.0.1:{self.sites["vmapd"].postfix.port} --to email1@example.com
  mariadb --socket={self.mariadb.socket} --user=root {mailsystem.DATABASE}
  less {self.vmapd.conf} {self.vmapd.log}""", flush=True)

    def stop(self):
        for site in self.sites.values():
            site.stop()
        for server in (self.vmapd, self.mariadb):
            if server is not None:
                server.process.stop()
        remove(self.directory)


def remove(directory):
    shutil.rmtree(directory, ignore_errors=True)
    STATE.unlink(missing_ok=True)


def is_ours(pid, directory):
    """Whether this process still is the one that was noted: its command line tells, or where it is."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        place = os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return False
    return directory in command or "demo.py" in command or place.startswith(directory)


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

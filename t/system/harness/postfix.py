"""A private Postfix instance: own configuration, queue and log below one directory."""
import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from harness.process import accepts, free_port, is_running, tail, wait_until


def meta_directory():
    """Where the package describes its files and lookup table plugins; an instance has its own copies. It is
    /etc/postfix up to Debian 13, and /usr/share/postfix later."""
    return subprocess.run(["postconf", "-dh", "meta_directory"], capture_output=True, text=True,
                          check=True).stdout.strip()


MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup    unix  n - n 60    1 pickup
cleanup   unix  n - n -     0 cleanup
qmgr      unix  n - n 300   1 qmgr
rewrite   unix  - - n -     - trivial-rewrite
bounce    unix  - - n -     0 bounce
defer     unix  - - n -     0 bounce
trace     unix  - - n -     0 bounce
verify    unix  - - n -     1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n -     - proxymap
lmtp      unix  - - n -     - lmtp
showq     unix  n - n -     - showq
error     unix  - - n -     - error
retry     unix  - - n -     - error
anvil     unix  - - n -     1 anvil
scache    unix  - - n -     1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


def write_settled(path, text):
    """Write a file that looks as if it were older: what has just changed, Postfix reads again and
    again, with a break each time."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    minute_ago = time.time() - 60
    os.utime(path, (minute_ago, minute_ago))


class Postfix:
    def __init__(self, directory, parameters, main_cf="", master_cf=MASTER_CF):
        """Write the configuration. parameters are main.cf's, beyond those of a private instance;
        main_cf comes before all of them, and {port} in master_cf is where SMTP is served."""
        self.directory = str(directory)
        self.config = f"{self.directory}/etc"
        self.queue = f"{self.directory}/queue"
        self.log = f"{self.directory}/maillog"
        self.port = free_port()
        self.launcher = []  # a command that runs "postfix start", such as one that gives it another resolver
        for path in (self.directory, self.config, self.queue, f"{self.directory}/data"):
            os.makedirs(path, mode=0o755, exist_ok=True)
        shutil.chown(f"{self.directory}/data", "postfix")
        package = meta_directory()
        for path in glob.glob(f"{package}/dynamicmaps.cf*") + glob.glob(f"{package}/postfix-files*"):
            copy = f"{self.config}/{os.path.basename(path)}"
            if os.path.isdir(path):
                shutil.copytree(path, copy)
            else:
                shutil.copy(path, copy)
        self.main_cf = main_cf
        self._write("master.cf", master_cf.format(port=self.port))
        self.configure(parameters)

    def configure(self, parameters):
        own = {
            "compatibility_level": "3.6",
            "queue_directory": self.queue,
            "data_directory": f"{self.directory}/data",
            "meta_directory": self.config,
            "maillog_file": self.log,
            "maillog_file_prefixes": self.directory,
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
        }
        settings = {**own, **parameters}
        self._write("main.cf", self.main_cf + "".join(f"{name} = {value}\n"
                                                      for name, value in settings.items()))

    def start(self):
        self._command("start")
        wait_until(lambda: accepts(socket.AF_INET, ("127.0.0.1", self.port)),
                   f"Postfix answers on port {self.port}")

    def stop(self):
        """The master ends its process group on SIGTERM; `postfix stop` would wait whole seconds."""
        try:
            pid = self.master_pid()
        except (OSError, ValueError):
            return
        if is_running(pid):
            os.kill(pid, signal.SIGTERM)
            wait_until(lambda: not is_running(pid) and not self._is_locked(), "Postfix ends")

    def _is_locked(self):
        """Whether a process that is just ending still stands in the way of the next start."""
        return subprocess.run(["postfix", "-c", self.config, "status"], capture_output=True,
                              check=False, stdin=subprocess.DEVNULL).returncode == 0

    def master_pid(self):
        with open(f"{self.queue}/pid/master.pid", encoding="ascii") as file:
            return int(file.read())

    def postmap(self, key, table):
        """postmap -q: (exit code, value)."""
        run = subprocess.run(["postmap", "-c", self.config, "-q", key, table],
                             capture_output=True, check=False)
        return run.returncode, run.stdout.decode(errors="surrogateescape").rstrip("\n")

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_removed(self, queue_id):
        """Until a message has left the queue. The queue id of its bounce, or None."""
        wait_until(lambda: f"{queue_id}: removed" in self.log_text(),
                   f"message {queue_id} is delivered or bounced")
        bounce = re.search(rf"{queue_id}: sender non-delivery notification: (\w+)",
                           self.log_text())
        return bounce and bounce.group(1)

    def _command(self, verb):
        run = subprocess.run([*self.launcher, "postfix", "-c", self.config, verb], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True, check=False,
                             stdin=subprocess.DEVNULL)
        if run.returncode != 0:
            raise RuntimeError(f"postfix {verb}: {run.stdout}\n{tail(self.log)}")

    def _write(self, name, text):
        write_settled(f"{self.config}/{name}", text)

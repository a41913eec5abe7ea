"""A private Dovecot: own configuration, sockets, log and mailboxes below one directory."""
import os
import socket
import subprocess

from harness.process import Process, accepts, tail, wait_until

# What keeps an instance to itself. The mailboxes belong to a system user that every Debian has; the
# names of its own users come with the package.
PRIVATE = """
base_dir = {directory}/run
state_dir = {directory}/state
instance_name = {directory}
log_path = {directory}/dovecot.log
listen = 127.0.0.1
first_valid_uid = 1
default_process_limit = 20
default_vsz_limit = 64G
# Tests guess passwords; do not let them wait longer with each guess.
auth_failure_delay = 0
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""


def version():
    """The one that is installed, such as (2, 4)."""
    told = subprocess.run(["dovecot", "--version"], capture_output=True, text=True, check=True).stdout
    return tuple(map(int, told.split(".")[:2]))


class Dovecot:
    def __init__(self, directory, config, ports):
        """config: the text of dovecot.conf; ports: those that it serves."""
        self.directory = str(directory)
        self.log = f"{self.directory}/dovecot.log"
        self.ports = ports
        self.conf = f"{self.directory}/dovecot.conf"
        for name in ("", "/run", "/state"):
            os.makedirs(self.directory + name, mode=0o755, exist_ok=True)
        with open(self.conf, "w", encoding="utf-8") as file:
            file.write(config + PRIVATE.format(directory=self.directory))
        self.process = Process(["dovecot", "-F", "-c", self.conf],
                               f"{self.directory}/dovecot.stderr")

    def start(self):
        self.process.start()

        def ready():
            if not self.process.alive():
                raise RuntimeError(f"dovecot ended:\n{tail(self.process.log)}{tail(self.log)}")
            return all(accepts(socket.AF_INET, ("127.0.0.1", port)) for port in self.ports)
        wait_until(ready, "Dovecot serves its ports")

    def stop(self):
        self.process.stop()

"""Postfix instances that differ in nothing but their tables: mysql:, proxy:mysql:, vmapd, and tables
that cost nothing."""
import os
import shutil
import socket

from harness import mailsystem
from harness.postfix import Postfix
from harness.process import Process, accepts, free_port, wait_until
from figures.process import cpu_seconds, family_cpu_seconds
from figures.site import TABLES


# Who asks the database; one of its accounts for each, to tell their connections apart.
ACCOUNTS = {"mysql": "mysql_tables", "proxy:mysql": "proxy_tables", "vmapd": mailsystem.USER,
            "mirror": mailsystem.USER, "stream": mailsystem.USER, "free": None}


VMAPD_TABLES = {name: f"socketmap:unix:private/vmap:{name}" for name in TABLES}


class Sink:
    """An LMTP server that throws away what it gets."""

    def __init__(self, site):
        self.port = free_port()
        self.process = Process(["smtp-sink", "-u", "postfix", "-L", f"127.0.0.1:{self.port}",
                                "128"], site.path("sink.log"))

    def start(self):
        self.process.start()
        wait_until(lambda: accepts(socket.AF_INET, ("127.0.0.1", self.port)), "smtp-sink listens")

    def stop(self):
        if self.process.alive():
            self.process.kill()


class Instance:
    """A Postfix that takes mail for the virtual domains from strangers."""

    def __init__(self, site, name, tables, transport="discard:", daemon=None):
        """tables: as main.cf has them, by name. daemon: the vmapd that they ask."""
        self.daemon = daemon
        self.tables = tables
        self.postfix = Postfix(site.path(name), {
            "myhostname": "host.example", "mydestination": "localhost",
            "mynetworks": "192.0.2.0/24",
            "alias_maps": "", "alias_database": "", "local_recipient_maps": "",
            "smtpd_relay_restrictions": "",
            "smtpd_recipient_restrictions": "reject_unauth_destination",
            "recipient_delimiter": "+",
            "virtual_mailbox_domains": tables["domains"],
            "virtual_mailbox_maps": tables["mailboxes"],
            "virtual_alias_maps": tables["aliases"],
            "virtual_transport": transport,
            "proxy_read_maps": " ".join(tables.values()),
            # Not to slow down for what looks like abuse; it is.
            "smtpd_error_sleep_time": "0", "smtpd_hard_error_limit": "1000",
            "smtpd_client_connection_count_limit": "0",
            # Nor for a second when messages come faster than they go: the faster tables would lose.
            "in_flow_delay": "0"})

    def start(self):
        if self.daemon is not None:
            private = f"{self.postfix.queue}/private"
            os.makedirs(private, mode=0o700, exist_ok=True)
            shutil.chown(private, "postfix")
            self.daemon.start()
        self.postfix.start()

    def stop(self):
        self.postfix.stop()
        if self.daemon is not None:
            self.daemon.stop()

    def cpu_seconds(self):
        """Of Postfix, and of vmapd if there is one."""
        seconds = family_cpu_seconds(self.postfix.master_pid())
        return seconds + (cpu_seconds(self.daemon.process.pid) if self.daemon else 0)

    def wait_empty(self):
        """Until every message has left the queue."""
        places = [f"{self.postfix.queue}/{name}" for name in ("maildrop", "incoming", "active")]
        wait_until(lambda: not any(os.listdir(place) for place in places),
                   "the queue is empty", 120)
        assert not self.deferred(), f"messages were deferred: {self.postfix.log}"

    def deferred(self):
        return [name for _, _, files in os.walk(f"{self.postfix.queue}/deferred") for name in files]


def tables(site, hosts):
    """The values of main.cf, by kind and table."""
    def mysql(kind):
        return {name: f"{kind}:{site.cf_file(name, hosts, ACCOUNTS[kind])}" for name in TABLES}

    # Patterns inside of Postfix's own processes: no lookup service can be faster than none.
    users = site.write_lines("users.regexp", ["/^user[0-9]+@/ 1"])
    nobody = site.write_lines("nobody.regexp", [])
    free = {"domains": "static:1", "mailboxes": f"regexp:{users}", "aliases": f"regexp:{nobody}"}
    return {"free": free, "mysql": mysql("mysql"), "proxy:mysql": mysql("proxy:mysql"),
            "vmapd": VMAPD_TABLES}

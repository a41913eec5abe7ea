"""A Galera cluster of private servers on the loopback interface, with state transfer by rsync."""
import random
import socket

from harness.mariadb import MariaDB
from harness.process import port_range, tail, wait_until

PROVIDER = "/usr/lib/galera/libgalera_smm.so"

# Nodes that say nothing are given up within seconds instead of a quarter of a minute.
QUICK = ("evs.keepalive_period=PT0.3S;evs.inactive_check_period=PT0.3S;evs.suspect_timeout=PT1S;"
         "evs.inactive_timeout=PT2S;evs.install_timeout=PT2S;gcache.size=8M")


def free_ports(count):
    """The first of so many ports in a row that nobody uses."""
    while True:
        first = random.choice(port_range()[:-count])
        if all(_is_free(port) for port in range(first, first + count)):
            return first


def _is_free(port):
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


class Node(MariaDB):
    """One member. It has four ports of its own beside the server's: replication, incremental
    state transfer, state transfer by rsync, and one between them that Galera leaves free."""

    def __init__(self, directory, number):
        self.base_port = free_ports(4)
        address = f"127.0.0.1:{self.base_port}"
        super().__init__(
            directory, "--wsrep-on=ON", f"--wsrep-provider={PROVIDER}",
            "--wsrep-cluster-name=vmapd-test", f"--wsrep-node-name=node{number}",
            f"--wsrep-node-address={address}",
            f"--wsrep-provider-options=base_port={self.base_port};"
            f"gmcast.listen_addr=tcp://{address};{QUICK}",
            "--wsrep-sst-method=rsync", f"--wsrep-sst-receive-address=127.0.0.1:{self.base_port + 3}",
            "--binlog-format=ROW", "--default-storage-engine=InnoDB",
            "--innodb-autoinc-lock-mode=2")
        self._argv = self.process.argv

    def join(self, others):
        """Start, and return when it is a member that answers queries. No others: a new cluster."""
        members = ",".join(f"127.0.0.1:{node.base_port}" for node in others)
        self.process.argv = self._argv + [f"--wsrep-cluster-address=gcomm://{members}"]
        self.process.start()

        def is_ready():
            if not self.process.alive():
                raise RuntimeError(f"a Galera node ended:\n{tail(self.log)}")
            return self.wsrep("ready") == "ON"
        wait_until(is_ready, "the node is ready", 60)

    def wsrep(self, name):
        """One of the node's wsrep_ status variables; None while it cannot tell."""
        try:
            rows = self.sql(f"SHOW GLOBAL STATUS LIKE 'wsrep_{name}'")
        except RuntimeError:
            return None
        return rows[0][1] if rows else None


class Cluster:
    def __init__(self, directory, size=3):
        self.nodes = [Node(directory / f"node{number}", number) for number in range(size)]

    def start(self):
        self.nodes[0].join([])
        for number, node in enumerate(self.nodes[1:], 1):
            node.join(self.nodes[:number])

    def stop(self):
        for node in self.nodes:
            if node.process.alive():
                node.kill()

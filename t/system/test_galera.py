"""A Galera cluster: nodes die, the last one is left without its majority (it lets everybody in and
answers everybody with error 1047), and the cluster heals."""
import re

import pytest

from harness import mailsystem
from harness.clients import Clients, ask_all
from harness.galera import Cluster
from harness.people import wait_confirmed
from harness.process import wait_until
from harness.watch import Watch

KEYS = [f"key{n}" for n in range(300)]
MAPS = """
[map live]
cache = no
query = SELECT v FROM cluster WHERE k='%s'
[map cached]
ttl = 1s
negative_ttl = 1s
query = SELECT v FROM cluster WHERE k='%s'
"""


@pytest.fixture(scope="module")
def cluster(workdir):
    nodes = Cluster(workdir / "galera")
    try:
        nodes.start()
        mailsystem.load_database(nodes.nodes[0])
        nodes.nodes[0].sql(
            "CREATE TABLE cluster (k VARCHAR(50) PRIMARY KEY, v VARCHAR(50)); INSERT INTO cluster "
            "VALUES " + ",".join(f"('{key}','{key}')" for key in KEYS), "mailserver")
        yield nodes
    finally:
        nodes.stop()


@pytest.fixture
def daemon(vmapd, cluster):
    prepared = vmapd.new(maps=MAPS, server="lookup_timeout = 3s",
                         database="query_timeout = 1s\nretry_interval = 1s")
    hosts = " ".join(f"127.0.0.1:{node.port}" for node in cluster.nodes)
    with open(prepared.conf, encoding="utf-8") as file:
        text = file.read()
    prepared.write_config(re.sub(r"(?m)^hosts = .*", f"hosts = {hosts}", text))
    prepared.start()
    return prepared


def states(daemon):
    return [host["state"] for host in daemon.stats()["hosts"]]


def answers(daemon):
    return daemon.ask("live", "key1") == ("OK", "key1")


def test_nodes_die_and_come_back(daemon, cluster, figures):
    """In one story, because to build a cluster takes most of the time."""
    first, second, last = cluster.nodes
    with Watch(daemon) as watch, Clients(daemon, "live", KEYS) as clients:
        clients.wait_for_more(1000)
        first.kill()
        wait_until(lambda: last.wsrep("cluster_size") == "2", "the others go on without it")
        clients.wait_for_more(1000)
    figures(f"one of three killed: {clients}", watch)
    assert clients.problems == []
    assert clients.right == clients.total, clients.reasons
    watch.check()

    # What is known goes on while the last node refuses, and nobody else is told "not found".
    assert ask_all(daemon, "cached", KEYS).right == len(KEYS)
    assert daemon.ask("cached", "absent").status == "NOTFOUND"
    with Watch(daemon) as watch, Clients(daemon, "live", KEYS) as clients:
        second.kill()
        wait_until(lambda: last.wsrep("ready") == "OFF", "the last node has no majority")
        wait_until(lambda: not answers(daemon), "it answers nobody")
        refused = clients.total
        clients.wait_for_more(50)
        known = ask_all(daemon, "cached", KEYS)
        wait_until(lambda: daemon.ask("cached", "absent").status != "NOTFOUND",
                   "the negative expires")
        refused = clients.total - refused
        # Between being let in by the last node and its answer to the first query that one looks up.
        wait_until(lambda: states(daemon) == ["down"] * 3, "no node is taken for good", 5)
    figures(f"no majority: {clients}", f"cached: {known}", watch)
    assert refused > 0
    assert clients.problems == [] and clients.wrong == 0
    assert any("WSREP" in reason for reason in clients.reasons), clients.reasons
    assert clients.longest < 3.5
    assert known.right == known.total, known.reasons
    assert f"database 127.0.0.1:{last.port}: down: WSREP" in daemon.log_text()
    watch.check()

    with Clients(daemon, "live", KEYS) as clients:
        last.sql("SET GLOBAL wsrep_provider_options = 'pc.bootstrap=YES'")
        wait_until(lambda: last.wsrep("ready") == "ON", "the last node is a cluster of its own")
        wait_until(lambda: answers(daemon), "lookups work again", 2)
        known = clients.temporary
        first.join([last])
        second.join([last])
        wait_until(lambda: states(daemon) == ["up"] * 3, "all nodes are used again", 5)
        clients.wait_for_more(500)
    figures(f"healed: {clients}")
    assert clients.problems == [] and clients.wrong == 0
    assert clients.temporary == known, clients.reasons  # none while the others joined
    assert ask_all(daemon, "live", KEYS).right == len(KEYS)


def test_a_mirror_of_one_node_sees_what_others_write(vmapd, cluster):
    """And reads nothing while nothing is written."""
    for node in cluster.nodes:
        if not node.process.alive():
            node.join([other for other in cluster.nodes if other.process.alive()])
    one, other = cluster.nodes[0], cluster.nodes[1]
    daemon = vmapd.new(maps=MAPS, cache="mirror = yes\nmirror_interval = 200ms\nttl = 1h\nnegative_ttl = 1h")
    with open(daemon.conf, encoding="utf-8") as file:
        text = file.read()
    daemon.write_config(re.sub(r"(?m)^hosts = .*", f"hosts = 127.0.0.1:{one.port}", text).replace("cache = no\n", ""))
    daemon.start()

    def mirror():
        return daemon.stats()["mirrors"]["live"]
    wait_until(lambda: mirror()["state"] == "live", "the mirror is live")
    for change, expected in (("INSERT INTO cluster VALUES ('far', 'far')", "OK"),
                             ("DELETE FROM cluster WHERE k = 'far'", "NOTFOUND")):
        other.sql(change, "mailserver")
        wait_until(lambda: daemon.ask("live", "far").status == expected,  # pylint: disable=cell-var-from-loop
                   f"it gets {expected}")
    wait_until(lambda: mirror()["state"] == "live", "the mirror is live")
    reads = mirror()["reads"]
    wait_confirmed(daemon, "live", 5)
    assert mirror()["reads"] == reads
    assert mirror()["differences"] == 0

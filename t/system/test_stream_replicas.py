"""Real replicas beside vmapd do not notice it, and their server's log may be encrypted, compressed and cut into small
files."""
import pytest

from harness.log_work import key_file
from harness.mailsystem import PASSWORD
from harness.mariadb import MariaDB
from harness.people import mirrors
from harness.process import wait_until
from harness.serving import serving
from harness.stream import DATABASE, OPTIONS, SCHEMA, conf, follower, wait_live

REPLICA = "replica"
RESTARTS = 12


@pytest.fixture(scope="module")
def primary(workdir, show_logs):
    server = MariaDB(workdir / "primary", *OPTIONS, *key_file(workdir), "--log-bin-compress",
                     "--log-bin-compress-min-len=10", "--max-binlog-size=4096",
                     "--rpl-semi-sync-master-timeout=60000")
    with serving(show_logs, server, server.log):
        server.sql(SCHEMA + f"""
            GRANT REPLICATION SLAVE ON *.* TO '{REPLICA}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';
            SET GLOBAL rpl_semi_sync_master_enabled = 1""")
        yield server


@pytest.fixture(scope="module")
def replica(primary, workdir, show_logs):
    """It acknowledges what it gets: a COMMIT waits for it, and for nobody else."""
    server = MariaDB(workdir / "replica", "--server-id=2", "--rpl-semi-sync-slave-enabled=1", "--read-only")
    with serving(show_logs, server, server.log):
        server.sql(f"CHANGE MASTER TO master_host = '127.0.0.1', master_port = {primary.port}, "
                   f"master_user = '{REPLICA}', master_password = '{PASSWORD}', master_use_gtid = slave_pos, "
                   "master_heartbeat_period = 1; START SLAVE")
        wait_until(lambda: dump_threads(primary), "it follows")
        yield server


def dump_threads(server):
    """The connections of real replicas that are sent the log."""
    return [row[0] for row in server.sql("SELECT id FROM information_schema.processlist "
                                         f"WHERE user = '{REPLICA}' AND command LIKE 'Binlog%'")]


def test_a_replica_is_not_disturbed(primary, replica, vmapd):
    threads = dump_threads(primary)
    daemons = [vmapd(conf(primary.port)), vmapd(conf(primary.port))]
    for daemon in daemons:
        wait_live(daemon)
    assert len(follower(primary)) == 2
    for number in range(RESTARTS):
        daemon = daemons[number % 2]
        daemon.stop()
        primary.sql(f"INSERT INTO people VALUES ('r{number}@s.example', 's.example')", DATABASE)
        daemon.start()
        wait_live(daemon)
        assert daemon.ask("people", f"r{number}@s.example").status == "OK"
        assert dump_threads(primary) == threads
    wait_until(lambda: replica.sql("SELECT COUNT(*) FROM people.people WHERE email LIKE 'r%'")[0][0] ==
               str(RESTARTS), "the replica has all")
    assert replica.status("Slave_retried_transactions") == 0
    assert dump_threads(primary) == threads
    # To the administrator vmapd is no replica, and no COMMIT waits for it.
    assert [row[0] for row in primary.sql("SHOW SLAVE HOSTS")] == ["2"]
    assert primary.status("Rpl_semi_sync_master_clients") == 1
    assert primary.status("Rpl_semi_sync_master_no_tx") == 0
    assert all(mirror["differences"] == 0 for daemon in daemons for mirror in mirrors(daemon).values())


def test_changes_in_such_a_log_are_told(primary, replica, vmapd):
    daemon = vmapd(conf(primary.port))
    wait_live(daemon)
    files = len(primary.sql("SHOW BINARY LOGS"))
    for number in range(60):
        name = f"f{number}@s.example"
        daemon.ask("nicks", name)
        primary.sql(f"INSERT INTO nicks VALUES ('{name}', '{name.replace('f', 'long-' * 15)}')", DATABASE)
        wait_until(lambda: daemon.ask("nicks", name).status == "OK",  # pylint: disable=cell-var-from-loop
                   "the new answer", 2)
        primary.sql(f"DELETE FROM nicks WHERE source = '{name}'", DATABASE)
        wait_until(lambda: daemon.ask("nicks", name).status == "NOTFOUND",  # pylint: disable=cell-var-from-loop
                   "the answer is gone", 2)
    assert len(primary.sql("SHOW BINARY LOGS")) > files + 2
    wait_live(daemon)
    assert all(mirror["stream"]["restarts"] == 0 and mirror["differences"] == 0
               for mirror in mirrors(daemon).values())
    assert replica.sql("SELECT 1")

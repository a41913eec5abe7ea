"""Where a mirror finds its rows, and where they are written: a server that tells nothing of changes, one with a
binary log, and replicas. One database with tables of several kinds, and changes of every kind."""
import os

from harness.mailsystem import PASSWORD, USER
from harness.mariadb import MariaDB
from harness.process import wait_until

DATABASE = "people"
SCHEMA = """
CREATE DATABASE people; USE people;
CREATE TABLE domains (name VARCHAR(50) PRIMARY KEY);
CREATE TABLE nicks (source VARCHAR(100) PRIMARY KEY, destination VARCHAR(100) NOT NULL, domain VARCHAR(50) NOT NULL,
                    FOREIGN KEY (domain) REFERENCES domains(name) ON DELETE CASCADE);
CREATE TABLE old (source VARCHAR(100) PRIMARY KEY, destination VARCHAR(100) NOT NULL) ENGINE = MyISAM;
CREATE TABLE others (n INT AUTO_INCREMENT PRIMARY KEY);
CREATE TABLE ticks (n INT AUTO_INCREMENT PRIMARY KEY);
INSERT INTO domains VALUES ('m.example');
INSERT INTO nicks VALUES ('joe@m.example', 'joe@x.example', 'm.example');
INSERT INTO old VALUES ('joe@m.example', 'joe@x.example');
"""
UNDO = """
DROP TRIGGER IF EXISTS t; DROP TABLE IF EXISTS aside; DROP TABLE IF EXISTS before_it;
DELETE FROM nicks WHERE source <> 'joe@m.example'; DELETE FROM old WHERE source <> 'joe@m.example';
DELETE FROM domains WHERE name <> 'm.example';
"""
CONF = f"""
[server]
listen = unix:DIRECTORY/vmap
control = unix:DIRECTORY/control
[database]
hosts = HOSTS
user = {USER}
password = {PASSWORD}
dbname = people
[cache]
mirror = yes
mirror_interval = 200ms
ttl = 1h
negative_ttl = 1h
[map nicks]
search = alias
query = SELECT destination FROM nicks WHERE source='%s'
[map old]
search = alias
query = SELECT destination FROM old WHERE source='%s'
"""

KEY = "a@m.example"
NEW, OLD = f"INSERT INTO nicks VALUES ('{KEY}', 'new@x.example', 'm.example')", f"('{KEY}', 'old@x.example')"
# name: what is there before, the change, the table that it is seen in, what KEY gets then
CHANGES = {
    "INSERT": ("", NEW, "nicks", "OK new@x.example"),
    "UPDATE": (NEW, "UPDATE nicks SET destination = 'other@x.example' WHERE source = 'a@m.example'", "nicks",
               "OK other@x.example"),
    "DELETE": (NEW, "DELETE FROM nicks WHERE source = 'a@m.example'", "nicks", "NOTFOUND"),
    "cascade": ("INSERT INTO domains VALUES ('gone.example'); "
                f"INSERT INTO nicks VALUES ('{KEY}', 'new@x.example', 'gone.example')",
                "DELETE FROM domains WHERE name = 'gone.example'", "nicks", "NOTFOUND"),
    "trigger": (f"CREATE TRIGGER t AFTER INSERT ON others FOR EACH ROW INSERT INTO old VALUES {OLD}",
                "INSERT INTO others VALUES (NULL)", "old", "OK old@x.example"),
    "TRUNCATE": (f"INSERT INTO old VALUES {OLD}", "TRUNCATE old", "old", "NOTFOUND"),
    "RENAME": (f"CREATE TABLE aside LIKE old; INSERT INTO aside VALUES {OLD}",
               "RENAME TABLE old TO before_it, aside TO old", "old", "OK old@x.example"),
    "MyISAM": ("", f"INSERT INTO old VALUES {OLD}", "old", "OK old@x.example"),
    "LOAD DATA": ("", "LOAD DATA INFILE 'ROWS' INTO TABLE nicks FIELDS TERMINATED BY ','", "nicks",
                  "OK file@x.example"),
    "XA": ("", f"XA START 'x'; {NEW}; XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x'", "nicks", "OK new@x.example"),
    "large transaction": ("", f"BEGIN; INSERT INTO others SELECT NULL FROM seq_1_to_100000; {NEW}; COMMIT", "nicks",
                          "OK new@x.example"),
    "statement format": ("", f"SET SESSION binlog_format = STATEMENT; {NEW}", "nicks", "OK new@x.example"),
    "collation": (NEW.replace("a@m", "A@m"),
                  "SET FOREIGN_KEY_CHECKS = 0; "
                  "ALTER TABLE nicks MODIFY source VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL",
                  "nicks", "NOTFOUND"),
    "type": (f"INSERT INTO old VALUES {OLD}", "ALTER TABLE old MODIFY source VARBINARY(100) NOT NULL; "
             "UPDATE old SET source = CONCAT(source, ' ')", "old", "NOTFOUND"),
}
BACK = {"collation": "ALTER TABLE nicks MODIFY source VARCHAR(100) NOT NULL",
        "type": "TRUNCATE old; ALTER TABLE old MODIFY source VARCHAR(100) NOT NULL",
        "RENAME": "DROP TABLE old; RENAME TABLE before_it TO old",
        "TRUNCATE": "INSERT INTO old VALUES ('joe@m.example', 'joe@x.example')"}
BACK["type"] += "; " + BACK["TRUNCATE"]


class Place:
    """kind: one of KINDS."""

    def __init__(self, directory, kind):
        self.kind = kind
        self.directory = directory
        log = () if kind == "no log" else ("--log-bin=log", "--server-id=1", "--sync-binlog=1")
        self.writes = self.reads = MariaDB(directory / "server", *log)
        self.servers = [self.writes]
        if "replica" in kind:
            options = ("--slave-parallel-threads=4", "--slave-parallel-mode=optimistic") if "parallel" in kind else ()
            self.reads = MariaDB(directory / "replica", "--server-id=2", "--read-only=1", *options)
            self.servers.append(self.reads)

    def start(self):
        for server in self.servers:
            server.start()
        if self.reads is not self.writes:
            self._replicate()
        self.writes.sql(SCHEMA + self.writes.grant("SELECT", DATABASE, USER, PASSWORD))
        self.wait_for("SELECT COUNT(*) FROM people.old", "1")
        wait_until(lambda: self.reads.sql(f"SELECT COUNT(*) FROM mysql.user WHERE user = '{USER}'") == [["2"]],
                   "the accounts are there")

    def stop(self):
        for server in self.servers:
            server.stop()

    def _replicate(self):
        self.writes.sql("GRANT REPLICATION SLAVE ON *.* TO 'copy'@'127.0.0.1' IDENTIFIED BY 'copy'")
        self.reads.sql(f"CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={self.writes.port}, MASTER_USER='copy', "
                       "MASTER_PASSWORD='copy', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1, MASTER_SSL=0; "
                       "START SLAVE")

    def wait_for(self, question, answer):
        def is_there():
            try:
                return self.reads.sql(question) == [[answer]]
            except RuntimeError:  # not even the table yet
                return False
        wait_until(is_there, f"{question} gives {answer}")

    def sql(self, statements):
        """Write."""
        return self.writes.sql(statements, DATABASE)

    def change(self, name):
        before, change, _, _ = CHANGES[name]
        if "'ROWS'" in change:
            path = f"{self.writes.directory}/rows"
            with open(path, "w", encoding="utf-8") as file:
                file.write(f"{KEY},file@x.example,m.example\n")
            os.chmod(path, 0o644)
            change = change.replace("ROWS", path)
        return before, change

    def undo(self, name=""):
        if name in BACK:
            self.sql(BACK[name])
        self.sql(UNDO)
        self.catch_up()

    def catch_up(self):
        """Until what was written can be read."""
        if self.reads is self.writes:
            return
        self.sql("INSERT INTO ticks VALUES (NULL)")
        position = self.sql("SELECT @@gtid_binlog_pos")[0][0]
        wait_until(lambda: self.reads.sql("SELECT @@gtid_slave_pos")[0][0] == position, "the replica has caught up")

    def conf(self, text=CONF):
        """For the vmapd fixture."""
        return lambda directory: text.replace("DIRECTORY", directory).replace("HOSTS",
                                                                              f"127.0.0.1:{self.reads.port}")


KINDS = ("no log", "log", "replica", "parallel replica")

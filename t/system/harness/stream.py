"""A server with a binary log, and a vmapd that follows it."""
from harness.mailsystem import PASSWORD, USER
from harness.people import mirrors
from harness.process import wait_until

STREAM = "follower"
DATABASE = "people"
SCHEMA = f"""
CREATE DATABASE people; USE people;
CREATE TABLE domains (name VARCHAR(50) PRIMARY KEY);
CREATE TABLE people (email VARCHAR(100) PRIMARY KEY, domain VARCHAR(50) NOT NULL,
                     FOREIGN KEY (domain) REFERENCES domains(name) ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE nicks (source VARCHAR(100) PRIMARY KEY, destination VARCHAR(100) NOT NULL) ENGINE = MyISAM;
CREATE TABLE others (n INT AUTO_INCREMENT PRIMARY KEY);
INSERT INTO domains VALUES ('s.example');
INSERT INTO people VALUES ('joe@s.example', 's.example');
GRANT SELECT ON people.* TO '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';
GRANT REPLICATION SLAVE ON *.* TO '{STREAM}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}';
"""
UNDO = """
DROP TRIGGER IF EXISTS t; DROP TABLE IF EXISTS aside; DROP TABLE IF EXISTS before_it; TRUNCATE others;
DELETE FROM people WHERE email <> 'joe@s.example'; DELETE FROM nicks; DELETE FROM domains WHERE name <> 's.example';
"""
OPTIONS = ("--log-bin=log", "--server-id=1", "--binlog-format=ROW")
CONF = f"""
[server]
listen = unix:DIRECTORY/vmap
control = unix:DIRECTORY/control
[database]
hosts = 127.0.0.1:PORT
user = {USER}
password = {PASSWORD}
dbname = people
mirror_stream = yes
mirror_stream_user = {STREAM}
mirror_stream_password = {PASSWORD}
[cache]
mirror = yes
[map people]
search = address
query = SELECT 1 FROM people WHERE email='%s'
[map nicks]
search = alias
query = SELECT destination FROM nicks WHERE source='%s'
"""


def conf(port, text=CONF):
    """For the vmapd fixture."""
    return lambda directory: text.replace("DIRECTORY", directory).replace("PORT", str(port))


def wait_live(daemon, seconds=15):
    wait_until(lambda: all(mirror["state"] == "live" and mirror["stream"]["state"] == "live"
                           for mirror in mirrors(daemon).values()), "all mirrors are live by the stream", seconds)


def queries(daemon):
    return daemon.stats()["database"]["queries"]


def follower(server):
    """The numbers of the connections that follow."""
    return [row[0] for row in server.sql("SELECT id FROM information_schema.processlist "
                                         f"WHERE user = '{STREAM}' AND command LIKE 'Binlog%'")]


def kill_follower(server):
    for number in follower(server):
        try:
            server.sql(f"KILL {number}")
        except RuntimeError as error:  # it has ended meanwhile
            assert "Unknown thread id" in str(error)

"""The mail system that is measured: private servers, and in the database 100,000 users in 800
domains, 20,000 aliases, and 200 domains that are nothing but a catch-all."""
import json
import os
import shutil
import socket
import subprocess
import tempfile

from harness import mailsystem
from harness.mariadb import MariaDB
from harness.process import Process, accepts, wait_until
from harness.vmapd import BUILD, Vmapd

USERS = 100_000
USER_DOMAINS = 800
CATCH_ALLS = 200
ALIASES = 20_000

# One domain that is not plain ASCII, and no mirror of the table can be told from (docs/mirror.md).
ROWS = f"""
DELETE FROM virtual_users WHERE email = 'leser@bücher.example';
DELETE FROM virtual_domains WHERE name = 'bücher.example';
INSERT INTO virtual_domains (id, name)
  SELECT seq + 1000, CONCAT('d', seq, '.example') FROM seq_0_to_{USER_DOMAINS + CATCH_ALLS - 1};
INSERT INTO virtual_users (domain_id, password, email)
  SELECT seq % {USER_DOMAINS} + 1000, REPEAT('x', 106),
         CONCAT('user', seq, '@d', seq % {USER_DOMAINS}, '.example') FROM seq_0_to_{USERS - 1};
INSERT INTO virtual_aliases (domain_id, source, destination)
  SELECT seq % {USER_DOMAINS} + 1000, CONCAT('alias', seq, '@d', seq % {USER_DOMAINS}, '.example'),
         CONCAT('user', seq, '@d', seq % {USER_DOMAINS}, '.example') FROM seq_0_to_{ALIASES - 1};
INSERT INTO virtual_aliases (domain_id, source, destination)
  SELECT seq + 1000, CONCAT('@d', seq, '.example'), CONCAT('user', seq, '@d0.example')
  FROM seq_{USER_DOMAINS}_to_{USER_DOMAINS + CATCH_ALLS - 1};
GRANT SELECT ON {mailsystem.DATABASE}.* TO
  'mysql_tables'@'127.0.0.1' IDENTIFIED BY '{mailsystem.PASSWORD}',
  'proxy_tables'@'127.0.0.1' IDENTIFIED BY '{mailsystem.PASSWORD}';
GRANT REPLICATION SLAVE ON *.* TO '{mailsystem.USER}'@'127.0.0.1';
CREATE TABLE elsewhere (n INT PRIMARY KEY);
ANALYZE TABLE virtual_domains, virtual_users, virtual_aliases;
"""

# Three tables, as in the tutorial; Postfix asks them with mysql:, vmapd as its maps.
TABLES = ("domains", "mailboxes", "aliases")
QUERIES = {"domains": mailsystem.QUERIES["domains"], "mailboxes": mailsystem.QUERIES["mailboxes"],
           "aliases": mailsystem.QUERIES["alias"]}

MAPS = f"""
[map domains]
search = exact
query = {QUERIES["domains"]}
[map mailboxes]
search = address
query = {QUERIES["mailboxes"]}
[map aliases]
search = alias
query = {QUERIES["aliases"]}
"""

CONF = """\
[server]
listen = {listen}
socket_owner = postfix
control = unix:{directory}/control
max_clients = 12000
[database]
hosts = {hosts}
user = {user}
password = {password}
dbname = {dbname}
pool_size = 4
{database}
[cache]
{cache}
{maps}"""

# What the null servers say, and a lookup in the maps that finds something.
ANSWER = "OK 1"

DATABASE_OPTIONS = ("--innodb-buffer-pool-size=256M", "--max-connections=400", "--log-bin=log", "--server-id=1",
                    "--binlog-format=ROW")


def user(index):
    return f"user{index}@d{index % USER_DOMAINS}.example"


def program(name):
    """The path of something that `make bench-programs` has built."""
    return str(BUILD / "bench" / name)


def null_server(name, path):
    """A server that gives one answer to all, without looking: name is the program. It runs."""
    process = Process([program(name), path, ANSWER], path + ".log")
    process.start()
    wait_until(lambda: accepts(socket.AF_UNIX, path), f"{name} listens")
    return process


def run(*command):
    """What a program prints. It says by its exit code that all went well, every answer was right,
    and is stopped if it hangs."""
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                            check=False, timeout=600)
    if result.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {result.stdout}{result.stderr}")
    return result.stdout


def run_json(*command):
    return json.loads(run(*command))


class Site:
    """The database, and a directory for everything else, in memory: disks are not measured."""

    def __init__(self):
        shared = "/dev/shm"
        self.directory = tempfile.mkdtemp(prefix="vmapd-bench-",
                                          dir=shared if os.path.isdir(shared) else None)
        os.chmod(self.directory, 0o755)
        self._daemons = []
        self.mariadb = MariaDB(f"{self.directory}/mariadb", *DATABASE_OPTIONS)

    def start(self):
        self.mariadb.start()
        mailsystem.load_database(self.mariadb)
        self.mariadb.sql(ROWS, mailsystem.DATABASE)

    def close(self):
        for daemon in self._daemons:
            daemon.stop()
        self.mariadb.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def path(self, name):
        return f"{self.directory}/{name}"

    def write_lines(self, name, lines):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in lines)
        return self.path(name)

    @property
    def tcp(self):
        """The database as a value of `hosts`."""
        return f"127.0.0.1:{self.mariadb.port}"

    @property
    def unix(self):
        return f"unix:{self.mariadb.socket}"

    def vmapd(self, name, hosts, *, listen=None, database="", cache=""):
        """A daemon that does not run yet; stopped at the end if nobody has done it before. database,
        cache: further lines of these sections."""
        directory = self.path(name)
        daemon = Vmapd(directory, CONF.format(
            directory=directory, listen=listen or f"unix:{directory}/vmap", hosts=hosts,
            user=mailsystem.USER, password=mailsystem.PASSWORD,
            dbname=mailsystem.DATABASE, database=database, cache=cache, maps=MAPS))
        daemon.address = listen or daemon.address
        self._daemons.append(daemon)
        return daemon

    def cf_file(self, table, hosts, account=mailsystem.USER):
        """A .cf file of a mysql: table."""
        kind = hosts.partition(":")[0]
        return self.write_lines(f"{table}-{kind}-{account}.cf", [
            f"user = {account}", f"password = {mailsystem.PASSWORD}", f"hosts = {hosts}",
            f"dbname = {mailsystem.DATABASE}", f"query = {QUERIES[table]}"])

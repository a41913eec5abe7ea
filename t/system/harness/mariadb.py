"""A private MariaDB server, with the command line client as the only way in for the tests."""
import os
import shutil
import socket
import subprocess

from harness.process import Process, accepts, free_port, tail, wait_until

# Small and quick; nothing here has to survive the machine.
SERVER_OPTIONS = (
    "--skip-name-resolve", "--skip-log-bin",
    "--innodb-buffer-pool-size=24M", "--innodb-log-file-size=4M",
    "--innodb-flush-log-at-trx-commit=2", "--aria-pagecache-buffer-size=4M",
    "--character-set-server=utf8mb4",
)


class MariaDB:
    has_json = True
    address = "127.0.0.1"

    def __init__(self, directory, *options, address=address, port=None):
        """Install a data directory below directory; nothing runs yet. options: of the server."""
        self.directory = str(directory)
        self.address = address
        self.port = port or free_port()
        self.socket = f"{self.directory}/mariadb.sock"
        data = f"{self.directory}/data"
        # Not /tmp: a server that starts there removes the temporary tables of all others.
        temporary = f"{self.directory}/tmp"
        for path in (self.directory, temporary):
            os.makedirs(path, mode=0o755, exist_ok=True)
            shutil.chown(path, "mysql")
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", "--user=mysql", f"--datadir={data}",
             f"--tmpdir={temporary}", "--auth-root-authentication-method=normal", "--skip-test-db",
             "--innodb-log-file-size=4M"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.process = Process(
            ["mariadbd", "--no-defaults", "--user=mysql", f"--datadir={data}",
             f"--tmpdir={temporary}", f"--socket={self.socket}", f"--port={self.port}",
             f"--bind-address={address}",
             f"--pid-file={self.directory}/mariadb.pid", *SERVER_OPTIONS, *options],
            f"{self.directory}/mariadb.log")
        self.log = self.process.log

    def start(self):
        """Start, and return when it serves on its socket and its port."""
        self.process.start()

        def ready():
            if not self.process.alive():
                raise RuntimeError(f"mariadbd ended:\n{tail(self.log)}")
            return (accepts(socket.AF_UNIX, self.socket)
                    and accepts(socket.AF_INET, (self.address, self.port)))
        wait_until(ready, "mariadbd accepts connections", 60)
        # It listens before it serves, and forgets a SIGTERM that comes in between.
        self.sql("SELECT 1")

    def ensure_running(self):
        """Whatever a test did to it: running, not paused."""
        if self.process.alive():
            self.process.resume()
        else:
            self.start()

    def stop(self):
        if self.process.alive():
            self.process.stop(60)

    def kill(self):
        self.process.kill()

    def pause(self):
        self.process.pause()

    def resume(self):
        self.process.resume()

    def client_command(self, database="", charset="utf8mb4"):
        # --skip-ssl: since 11.4 the client demands TLS on a unix socket, too, of a server that has none.
        return ["mariadb", "--no-defaults", f"--socket={self.socket}", "--skip-ssl", "--user=root", "--batch",
                "--unbuffered", "--skip-column-names", f"--default-character-set={charset}",
                database]

    def session(self, database=""):
        """A connection that stays; close() it."""
        return Session(self, database)

    def sql(self, statements, database="", charset="utf8mb4"):
        """Run SQL as root; the rows of all results, each a list of texts (NULL as 'NULL')."""
        run = subprocess.run(self.client_command(database, charset), input=statements,
                             capture_output=True, text=True, check=False)
        if run.returncode != 0:
            raise RuntimeError(f"SQL failed: {run.stderr.strip()}\n{statements[:500]}")
        return [line.split("\t") for line in run.stdout.splitlines()]

    @staticmethod
    def grant(what, database, user, password):
        """SQL that makes an account for this machine, if it is not there, and gives it a right."""
        return "".join(f"CREATE USER IF NOT EXISTS '{user}'@'{host}';"
                       f"ALTER USER '{user}'@'{host}' IDENTIFIED BY '{password}';"
                       f"GRANT {what} ON {database}.* TO '{user}'@'{host}';"
                       for host in ("127.0.0.1", "localhost"))

    def status(self, name):
        """One of the server's status counters, e.g. Com_select, Threads_connected."""
        return int(self.sql(f"SHOW GLOBAL STATUS LIKE '{name}'")[0][1])

    def connections_of(self, user):
        """How many connections an account has now."""
        return int(self.sql("SELECT COUNT(*) FROM information_schema.processlist "
                            f"WHERE user = '{user}'")[0][0])


class Session:
    """The command line client with one connection, for what ends with the connection (locks)."""

    def __init__(self, server, database):
        self._child = subprocess.Popen(server.client_command(database), stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True)

    def run(self, statement):
        """Returns its rows, as sql() does, when it has been done."""
        self._child.stdin.write(f"{statement};\nSELECT 'statement done';\n")
        self._child.stdin.flush()
        rows = []
        for line in self._child.stdout:
            if line == "statement done\n":
                return rows
            rows.append(line.rstrip("\n").split("\t"))
        raise RuntimeError(f"SQL failed: {statement}")

    def close(self):
        self._child.stdin.close()
        self._child.wait(20)
        self._child.stdout.close()

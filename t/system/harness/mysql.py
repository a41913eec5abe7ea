"""A private MySQL server of Oracle's, in the place of MariaDB (make check-mysql). The tests' own client is
MariaDB's."""
import os
import shutil
import subprocess

from harness.mariadb import MariaDB
from harness.process import Process, free_port

# One of the two says where it is; both empty: no test asks for MySQL.
PACKAGE = os.environ.get("VMAPD_TEST_MYSQL", "")
ROOT = os.environ.get("VMAPD_TEST_MYSQL_ROOT", "")

SERVER_OPTIONS = ("--bind-address=127.0.0.1", "--skip-name-resolve", "--character-set-server=utf8mb4",
                  "--innodb-buffer-pool-size=24M", "--innodb-flush-log-at-trx-commit=2")


class MySQL56(MariaDB):
    """From an npm package that brings the program and an empty data directory."""
    has_json = False

    def __init__(self, directory):  # pylint: disable=super-init-not-called
        """Copy the empty data directory below directory; nothing runs yet."""
        self.directory = str(directory)
        self.address = "127.0.0.1"
        self.port = free_port()
        self.socket = f"{self.directory}/mysql.sock"
        data = f"{self.directory}/data"
        shutil.copytree(f"{PACKAGE}/data/mysql", data)
        for path, _, files in os.walk(self.directory):
            for name in ["."] + files:
                shutil.chown(os.path.join(path, name), "mysql", "mysql")
        self.process = Process(
            ["env", f"LD_LIBRARY_PATH={PACKAGE}", f"{PACKAGE}/mysqld", "--no-defaults",
             "--user=mysql", f"--basedir={PACKAGE}", f"--lc-messages-dir={PACKAGE}/share",
             f"--datadir={data}", f"--socket={self.socket}", f"--port={self.port}",
             f"--pid-file={self.directory}/mysql.pid", f"--tmpdir={self.directory}", *SERVER_OPTIONS],
            f"{self.directory}/mysql.log")
        self.log = self.process.log

    @staticmethod
    def grant(what, database, user, password):
        return "".join(f"GRANT {what} ON {database}.* TO '{user}'@'{host}' IDENTIFIED BY '{password}';"
                       for host in ("127.0.0.1", "localhost"))


class MySQLInRoot(MariaDB):
    """From Debian's packages, in a root directory of a release that has them. Accounts log in by
    caching_sha2_password."""

    def __init__(self, directory, *options):  # pylint: disable=super-init-not-called
        """Make an empty data directory below directory; nothing runs yet. options: of the server."""
        self.directory = str(directory)
        os.makedirs(self.directory, mode=0o755)
        self.address = "127.0.0.1"
        self.port = free_port()
        self.socket = f"{self.directory}/mysql.sock"
        arguments = ["--no-defaults", "--user=root", f"--datadir={self.directory}/data",
                     f"--tmpdir={self.directory}", "--secure-file-priv="]
        subprocess.run(self._inside(*arguments, "--initialize-insecure"), check=True, capture_output=True)
        self.process = Process(
            self._inside(*arguments, f"--socket={self.socket}", f"--port={self.port}",
                         f"--pid-file={self.directory}/mysql.pid", "--mysqlx=OFF", "--skip-log-bin",
                         *SERVER_OPTIONS, *options),
            f"{self.directory}/mysql.log")
        self.log = self.process.log

    def _inside(self, *arguments):
        """The command in a mount namespace of its own, in which the root has the directory, too."""
        place = f"{ROOT}{self.directory}"
        os.makedirs(place, exist_ok=True)
        return ["unshare", "--mount", "sh", "-c",
                'mount --bind "$1" "$2" && root=$3 && shift 3 && exec chroot "$root" mysqld "$@"',
                "sh", self.directory, place, ROOT, *arguments]


def mysql_or_mariadb(workdir):
    """The server that this run is about; nothing runs yet."""
    if PACKAGE:
        return MySQL56(workdir / "mysql")
    return MySQLInRoot(workdir / "mysql") if ROOT else MariaDB(workdir / "mariadb")

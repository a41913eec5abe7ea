"""A private MySQL server of Oracle's, in the place of MariaDB: 5.6, from an npm package that brings
the program and an empty data directory (make check-mysql). The tests' own client is MariaDB's."""
import os
import shutil

from harness.mariadb import MariaDB
from harness.process import Process, free_port

# Where that package has them; empty: no test asks for MySQL.
PACKAGE = os.environ.get("VMAPD_TEST_MYSQL", "")


class MySQL(MariaDB):
    has_json = False

    def __init__(self, directory):  # pylint: disable=super-init-not-called
        """Copy the empty data directory below directory; nothing runs yet."""
        self.directory = str(directory)
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
             f"--pid-file={self.directory}/mysql.pid", f"--tmpdir={self.directory}",
             "--bind-address=127.0.0.1", "--skip-name-resolve", "--character-set-server=utf8mb4",
             "--innodb-buffer-pool-size=24M", "--innodb-flush-log-at-trx-commit=2"],
            f"{self.directory}/mysql.log")
        self.log = self.process.log

#!/usr/bin/python3
"""Write the seeds of fuzz_binlog anew, to t/fuzz/corpus/binlog: what a private MariaDB logs, and a MySQL in the root
directory that VMAPD_TEST_MYSQL_ROOT names (see t/mysql-root). By hand, as root, when the kinds of events change:
t/fuzz/binlog/seeds.py"""
import struct
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(SOURCE / "t/system"))

# pylint: disable=wrong-import-position
from harness import mysql  # noqa: E402
from harness.dump import HEARTBEATS, Dump  # noqa: E402
from harness.mariadb import MariaDB  # noqa: E402

CORPUS = SOURCE / "t/fuzz/corpus/binlog"
FORMAT, QUERY, XID, XA_PREPARE = 15, 2, 16, 38
GTIDS = (33, 42, 162)
COMMON = """
CREATE DATABASE mail; USE mail;
CREATE TABLE users (id INT PRIMARY KEY, name VARCHAR(300)) ENGINE = InnoDB;
CREATE TABLE old (id INT) ENGINE = MyISAM;
INSERT INTO users VALUES (1, 'joe'), (2, 'jim');
UPDATE users SET name = 'jack' WHERE id = 1;
DELETE FROM users WHERE id = 2;
INSERT INTO old VALUES (1);
BEGIN; INSERT INTO users VALUES (3, 'a'); SAVEPOINT s; INSERT INTO users VALUES (4, 'b'); ROLLBACK TO s;
INSERT INTO users VALUES (5, 'c'); COMMIT;
XA START 'x'; INSERT INTO users VALUES (6, 'd'); XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x';
CREATE TABLE copy AS SELECT * FROM users;
TRUNCATE copy;
SET SESSION binlog_format = STATEMENT;
INSERT INTO users VALUES (7, UUID());
BEGIN; INSERT INTO users VALUES (8 + RAND(), 'e'); COMMIT;
SET SESSION binlog_format = ROW;
"""
OF_MARIADB = """
CREATE SEQUENCE numbers; SELECT NEXTVAL(numbers);
SET GLOBAL log_bin_compress = ON; SET GLOBAL log_bin_compress_min_len = 10;
INSERT INTO users VALUES (20, REPEAT('f', 100)); UPDATE users SET name = REPEAT('g', 100) WHERE id = 20;
DELETE FROM users WHERE id = 20;
SET SESSION binlog_format = STATEMENT; INSERT INTO users VALUES (20, REPEAT('ffffff', 5));
FLUSH LOGS; INSERT INTO old VALUES (2);
"""
OF_MYSQL = """
SET SESSION gtid_next = 'AUTOMATIC:tag'; INSERT INTO users VALUES (20, 'f'); SET SESSION gtid_next = 'AUTOMATIC';
SET binlog_transaction_compression = ON; INSERT INTO users VALUES (21, REPEAT('g', 100));
SET binlog_transaction_compression = OFF;
CREATE TABLE documents (id INT PRIMARY KEY, text JSON); INSERT INTO documents VALUES (1, '{"a": "bcdefghij"}');
SET binlog_row_value_options = PARTIAL_JSON; UPDATE documents SET text = JSON_SET(text, '$.a', 'x');
FLUSH LOGS; INSERT INTO old VALUES (2);
"""


def record(event, has_sums):
    """An event as fuzz_binlog reads it."""
    body = event[19:-4] if has_sums or event[4] == FORMAT else event[19:]
    return bytes([event[4], event[17]]) + struct.pack("<H", len(body)) + body


def transactions(events):
    """The events between one GTID and the next, whole files as they come."""
    found = [[]]
    for event in events:
        if event[4] in GTIDS or event[4] in HEARTBEATS:
            found.append([])
        found[-1].append(event)
    return found[1:]


def write(vendor, server, has_sums):
    """A seed for each transaction with other kinds of events than those before."""
    dump = Dump(server.socket)
    dump.dump(server.sql("SHOW BINARY LOGS")[0][0])
    events = list(dump.events())
    dump.close()
    mode = bytes([(vendor == "mysql") | has_sums << 1])
    seen = set()
    for events_of_one in transactions(events):
        kinds = tuple(event[4] for event in events_of_one)
        if kinds in seen or max(map(len, events_of_one)) > 500:
            continue
        seen.add(kinds)
        name = f"{vendor}-{'sums' if has_sums else 'none'}-{'-'.join(map(str, kinds))}"
        CORPUS.joinpath(name[:60]).write_bytes(
            mode + b"".join(record(event, has_sums) for event in events[:2] + events_of_one))


def main():
    CORPUS.mkdir(exist_ok=True)
    for path in CORPUS.iterdir():
        path.unlink()
    for has_sums in (True, False):
        checksum = f"--binlog-checksum={'CRC32' if has_sums else 'NONE'}"
        for vendor in ("mariadb", "mysql") if mysql.ROOT else ("mariadb",):
            with tempfile.TemporaryDirectory(prefix="seeds") as directory:
                Path(directory).chmod(0o755)
                if vendor == "mysql":
                    server = mysql.MySQLInRoot(Path(directory) / "server", "--log-bin=bin", "--server-id=1",
                                               "--gtid-mode=ON", "--enforce-gtid-consistency", checksum)
                else:
                    server = MariaDB(Path(directory) / "server", "--log-bin=bin", "--server-id=1",
                                     "--binlog-format=ROW", checksum)
                server.start()
                try:
                    server.sql(COMMON + (OF_MYSQL if vendor == "mysql" else OF_MARIADB))
                    write(vendor, server, has_sums)
                finally:
                    server.stop()


if __name__ == "__main__":
    main()

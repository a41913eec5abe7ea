"""Random work of all kinds that is logged, and which tables' content is another one after each step."""
import os
import random
from collections import namedtuple
from pathlib import Path

ROUNDS = int(os.environ.get("VMAPD_TEST_ROUNDS", "2"))
TABLES = ("mail.users", "mail.domains", "mail.aliases", "mail.old", "mail.audit", "mail.swap_a", "mail.swap_b",
          "other.users")
SCHEMA = """
CREATE DATABASE mail; CREATE DATABASE other; USE mail;
CREATE TABLE domains (id INT PRIMARY KEY, name VARCHAR(50)) ENGINE = InnoDB;
CREATE TABLE users (id INT PRIMARY KEY, domain INT, name VARCHAR(5000),
    FOREIGN KEY (domain) REFERENCES domains (id) ON DELETE CASCADE ON UPDATE CASCADE) ENGINE = InnoDB;
CREATE TABLE aliases (id INT PRIMARY KEY, name TEXT) ENGINE = InnoDB;
CREATE TABLE audit (id INT) ENGINE = InnoDB;
CREATE TABLE old (id INT) ENGINE = MyISAM;
CREATE TABLE swap_a (id INT) ENGINE = InnoDB;
CREATE TABLE swap_b (id INT) ENGINE = InnoDB;
CREATE TABLE other.users (id INT PRIMARY KEY, name VARCHAR(50)) ENGINE = InnoDB;
CREATE TRIGGER watch AFTER INSERT ON aliases FOR EACH ROW INSERT INTO audit VALUES (NEW.id);
CREATE VIEW everyone AS SELECT id, name FROM aliases;
CREATE PROCEDURE add_old(n INT) INSERT INTO old VALUES (n);
INSERT INTO domains VALUES (1, 'a.de'), (2, 'b.de'), (3, 'c.de');
"""
# {n} is another number each time, {text} a text of any length, {file} one with numbers.
CHANGES = (
    "INSERT INTO domains VALUES ({n}, 'x')",
    "INSERT INTO users SELECT {n}, MAX(id), 'u' FROM domains",
    "INSERT INTO users SELECT {n}, MIN(id), REPEAT('x', 3000) FROM domains",
    "UPDATE users SET name = {text}",
    "UPDATE domains SET id = {n} + 100 ORDER BY id LIMIT 1",
    "DELETE FROM domains ORDER BY id DESC LIMIT 1",
    "INSERT INTO aliases VALUES ({n}, {text})",
    "INSERT INTO everyone VALUES ({n}, 'view')",
    "REPLACE INTO aliases VALUES ({n} % 7, {text})",
    "INSERT INTO aliases VALUES ({n} % 5, 'n') ON DUPLICATE KEY UPDATE name = CONCAT(name, '.')",
    "UPDATE aliases, other.users SET aliases.name = 'm', other.users.name = 'm'",
    "DELETE aliases FROM aliases WHERE id % 3 = 0",
    "INSERT INTO old VALUES ({n})",
    "CALL add_old({n})",
    "DELETE FROM old LIMIT 1",
    "INSERT INTO other.users VALUES ({n}, 'o'); INSERT INTO swap_a VALUES ({n})",
    "USE other; INSERT INTO mail.swap_b VALUES ({n})",
    "BEGIN; INSERT INTO aliases VALUES ({n}, 't'); SAVEPOINT s; DELETE FROM aliases; ROLLBACK TO s;"
    "INSERT INTO audit VALUES ({n}); COMMIT",
    "BEGIN; INSERT INTO old VALUES ({n}); INSERT INTO aliases VALUES ({n}, 't'); ROLLBACK",
    "BEGIN; INSERT INTO aliases VALUES ({n}, 't'); INSERT INTO old VALUES ({n}); DELETE FROM swap_a; COMMIT",
    "BEGIN; DELETE FROM aliases; ROLLBACK",
    "XA START 'x'; INSERT INTO audit VALUES ({n}); XA END 'x'; XA PREPARE 'x'; XA COMMIT 'x'",
    "XA START 'y'; INSERT INTO swap_a VALUES ({n}); XA END 'y'; XA COMMIT 'y' ONE PHASE",
    "XA START 'z'; INSERT INTO audit VALUES ({n}); XA END 'z'; XA PREPARE 'z'; XA ROLLBACK 'z'",
    "TRUNCATE swap_a", "TRUNCATE old",
    "RENAME TABLE swap_a TO swap_c, swap_b TO swap_a, swap_c TO swap_b",
    "DROP TABLE swap_b; CREATE TABLE swap_b AS SELECT id FROM aliases",
    "ALTER TABLE audit ADD COLUMN more INT DEFAULT 5; ALTER TABLE audit DROP COLUMN more",
    "UPDATE aliases SET name = 'a'; ALTER TABLE aliases MODIFY name LONGTEXT",
    "LOAD DATA INFILE '{file}' INTO TABLE audit",
    "LOAD DATA INFILE '{file}' INTO TABLE old",
    "CREATE TEMPORARY TABLE own (id INT); INSERT INTO own VALUES ({n}); INSERT INTO audit SELECT id FROM own",
    "CREATE DATABASE gone; CREATE TABLE gone.t (id INT); DROP DATABASE gone",
    "ANALYZE TABLE audit", "FLUSH LOGS", "FLUSH TABLES",
    "SET GLOBAL binlog_checksum = NONE", "SET GLOBAL binlog_checksum = CRC32",
    "GRANT SELECT ON mail.* TO someone", "CREATE USER IF NOT EXISTS someone",
)
FORMATS = ("", "", "", "SET SESSION binlog_format = STATEMENT;", "SET SESSION binlog_format = MIXED;")


# A change, whether it could be made, the tables that it made others, and what the server said behind it to be
# where the log is.
Step = namedtuple("Step", "change is_made tables end")


def key_file(directory):
    """Options of a MariaDB that encrypts its log."""
    path = directory / "keys"
    path.write_text("1;770A8A65DA156D24EE2A093277530142\n", "ascii")
    path.chmod(0o644)
    return ["--plugin-load-add=file_key_management", f"--file-key-management-filename={path}", "--encrypt-binlog"]


def work(server, changes, where, seed):
    """The steps, each by a connection of its own. where(): how far the log is."""
    chance = random.Random(seed)
    file = Path(server.directory) / "numbers"
    file.write_text("".join(f"{number}\n" for number in range(900000, 900040)), "ascii")
    file.chmod(0o644)

    def contents():
        return {row[0]: row[1] for row in server.sql(f"CHECKSUM TABLE {', '.join(TABLES)}")}

    def make(change, number):
        text = f"'{'long' * chance.randrange(200)}'"
        sql = change.replace("{n}", str(number)).replace("{text}", text).replace("{file}", str(file))
        try:
            server.sql(chance.choice(FORMATS) + sql, "mail")
        except RuntimeError:
            return False  # a table without rows, a format that does not fit; up to there it was done
        return True

    steps, before = [Step("", True, set(), where())], contents()
    order = ROUNDS * list(changes)
    chance.shuffle(order)
    for number, change in enumerate(order, 10):
        is_made, after = make(change, number), contents()
        steps.append(Step(change, is_made, {table for table in TABLES if after[table] != before[table]}, where()))
        before = after
    return steps


def never_made(steps):
    """The changes that could not be made a single time."""
    return {step.change for step in steps} - {step.change for step in steps if step.is_made}


def untold(step, words):
    """Of the tables that a step changed, those that none of its words tells."""
    if any(word.said == "everything" for word in words):
        return set()
    return step.tables - {f"{word.database}.{word.table}" for word in words if word.said == "table"}

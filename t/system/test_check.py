"""vmapctl check against real databases, and vmapctl explain through a real daemon."""
import os
import re

import pytest

from harness import mailsystem
from harness.process import free_port
from harness.vmapd import vmapctl

SCANNED = """
DROP DATABASE IF EXISTS scanned;
CREATE DATABASE scanned;
USE scanned;
CREATE TABLE virtual_domains (id int AUTO_INCREMENT PRIMARY KEY, name varchar(50) NOT NULL);
CREATE TABLE aliases (source varchar(100), domain varchar(100), destination varchar(100));
CREATE TABLE secret (name varchar(50) PRIMARY KEY);
CREATE VIEW domain_view AS SELECT name FROM virtual_domains;
CREATE PROCEDURE find_domain(IN wanted varchar(50)) SELECT name FROM virtual_domains
  WHERE name = wanted;
GRANT SELECT ON scanned.virtual_domains TO 'mailuser'@'127.0.0.1';
GRANT SELECT ON scanned.aliases TO 'mailuser'@'127.0.0.1';
GRANT SELECT ON scanned.domain_view TO 'mailuser'@'127.0.0.1';
GRANT EXECUTE ON PROCEDURE scanned.find_domain TO 'mailuser'@'127.0.0.1';
"""


@pytest.fixture
def check(mariadb, tmp_path):
    """Check a configuration with these maps: the exit code and the lines."""
    def run(maps, database="", **conf):
        path = tmp_path / "vmapd.conf"
        path.write_text(mailsystem.vmapd_conf(mariadb, tmp_path, maps=maps, database=database,
                                              **conf), encoding="utf-8")
        os.chmod(path, 0o640)
        os.chmod(tmp_path, 0o755)
        # Directories of pytest are closed to others; the sockets are for nobody here.
        result = vmapctl("check", "-c", str(path), "-p", "/nonexistent")
        lines = [line for line in result.stdout.splitlines() if "listen unix:" not in line
                 and "/nonexistent" not in line]
        assert mailsystem.PASSWORD not in result.stdout + result.stderr
        return result.returncode, lines
    return run


def problems(lines):
    return [line for line in lines if line.startswith("problem: ")]


def test_good(check, mariadb):
    _, lines = check(mailsystem.MAPS)
    assert problems(lines) == []
    assert any(re.match(rf"ok: host 127\.0\.0\.1:{mariadb.port}: .*MariaDB.*, without TLS "
                        r"\(tables domains, mailboxes, alias, email2email\)", line)
               for line in lines), lines


def test_scans_are_named(check, mariadb):
    mariadb.sql(SCANNED)
    code, lines = check("""
[map domains]
dbname = scanned
query = SELECT 1 FROM virtual_domains WHERE name='%s'
[map aliases]
dbname = scanned
query = SELECT destination FROM aliases WHERE source='%u' AND domain='%d'
[map users]
query = SELECT 1 FROM virtual_users WHERE email='%s'
[map folded]
query = SELECT 1 FROM virtual_users WHERE LOWER(email)='%s'
""")
    assert code == 1
    found = problems(lines)
    assert len(found) == 3, found
    assert re.search(r"vmapd\.conf:\d+: the query of table domains reads all of virtual_domains for "
                     r"every key; CREATE INDEX name ON virtual_domains \(name\)$", found[0])
    assert found[1].endswith("CREATE INDEX source ON aliases (source)")
    assert "table folded reads all of virtual_users" in found[2]
    assert "CREATE INDEX" not in found[2]


def test_wrong_queries_are_named(check, mariadb):
    mariadb.sql(SCANNED)
    code, lines = check("""
[map column]
query = SELECT nonsense FROM virtual_users WHERE email='%s'
[map table]
query = SELECT 1 FROM nonsense WHERE email='%s'
[map syntax]
query = SELEKT 1 FROM virtual_users WHERE email='%s'
[map denied]
dbname = scanned
query = SELECT 1 FROM scanned.secret WHERE name='%s'
""")
    assert code == 1
    found = "\n".join(problems(lines))
    assert len(problems(lines)) == 4, found
    assert "table column fails" in found and "Unknown column 'nonsense'" in found
    assert "table table fails" in found and "nonsense' doesn't exist" in found
    assert "table syntax fails" in found and "error in your SQL syntax" in found
    assert "table denied fails" in found and "SELECT command denied" in found


def test_what_cannot_be_explained_is_no_problem(check, mariadb):
    mariadb.sql(SCANNED)
    code, lines = check("""
[map view]
dbname = scanned
query = SELECT name FROM domain_view WHERE name='%s'
[map procedure]
dbname = scanned
cache = yes
query = CALL find_domain('%s')
[map union]
query = (SELECT 1 FROM virtual_users WHERE email='%s') UNION (SELECT 2 FROM virtual_aliases WHERE source='%s');
""")
    notes = "\n".join(line for line in lines if line.startswith("note: "))
    assert problems(lines) == [], lines
    assert "table view works, but cannot be explained" in notes
    assert "table procedure calls a procedure" in notes
    assert code in (0, 1)


def test_every_host_is_tried(check, mariadb):
    dead = free_port()
    code, lines = check("""
[map users]
hosts = 127.0.0.1:%d unix:%s 127.0.0.1:%d
query = SELECT 1 FROM virtual_users WHERE email='%%s'
""" % (dead, mariadb.socket, mariadb.port))
    assert code == 1
    (problem,) = problems(lines)
    assert re.search(rf"vmapd\.conf:\d+: host 127\.0\.0\.1:{dead} cannot be used \(tables users\): "
                     r".*; check hosts; does the server run, and listen there\?$", problem)
    assert sum(line.startswith("ok: host") for line in lines) == 2


@pytest.mark.parametrize("database, advice", [
    ("user = nobody-here", "check user and password"),
    ("dbname = nothing", "mend dbname, or GRANT the account access to it"),
    ("hosts = host.invalid", "check hosts"),
])
def test_advice(check, database, advice):
    code, lines = check("[map users]\n%s\nquery = SELECT 1 FROM virtual_users WHERE email='%%s'\n"
                        % database)
    assert code == 1
    (problem,) = problems(lines)
    assert advice in problem


def test_wrong_configuration(tmp_path):
    path = tmp_path / "vmapd.conf"
    path.write_text("[map users]\ndbname = x\nquery = SELECT '%x'\n", encoding="utf-8")
    run = vmapctl("check", "-c", str(path))
    assert run.returncode == 1
    assert f"problem: {path}:3: " in run.stdout
    assert run.stdout.endswith("\n1 problem\n")
    assert vmapctl("check", "-x").returncode == 64
    assert vmapctl("check", "-c", "/nonexistent").returncode == 1


# --- explain ---------------------------------------------------------------------------------


def test_explain(vmapd, mariadb):
    daemon = vmapd()
    run = daemon.ctl("explain", "aliases", "Alias+X@example.com")
    assert run.returncode == 0
    assert run.stdout.endswith("\nPostfix gets: OK email1+X@example.com\n")
    assert "\n1. \"alias+x@example.com\" (as asked)\n   table alias\n     cache: nothing\n" \
           "     asked: SELECT destination FROM virtual_aliases WHERE " \
           "source='alias+x@example.com'\n" in run.stdout
    assert '     row: "email1@example.com"\n' in run.stdout

    daemon.ctl("lookup", "aliases", "alias@example.com")
    mariadb.sql("UPDATE virtual_aliases SET destination='email2@example.com' "
                "WHERE source='alias@example.com'", mailsystem.DATABASE)
    try:
        changed = daemon.ctl("explain", "aliases", "alias@example.com").stdout
    finally:
        mariadb.sql("UPDATE virtual_aliases SET destination='email1@example.com' "
                    "WHERE source='alias@example.com'", mailsystem.DATABASE)
    assert '     cache: "email1@example.com", ' in changed
    assert "     The cache and the database differ." in changed
    assert changed.endswith("\nPostfix gets: OK email1@example.com\n")


def test_explain_escapes_as_sent(vmapd):
    daemon = vmapd()
    run = daemon.ctl("explain", "mailboxes", "o'neill\\@example.com")
    assert (run.returncode, run.stderr) == (1, "")
    assert r"WHERE email='o''neill\\@example.com'" in run.stdout
    assert mailsystem.PASSWORD not in run.stdout


def test_explain_failures(vmapd):
    daemon = vmapd(maps=f"""
[map dead]
hosts = 127.0.0.1:{free_port()}
query = SELECT 1 FROM virtual_users WHERE email='%s'
""")
    run = daemon.ctl("explain", "dead", "someone@example.com")
    assert (run.returncode, run.stderr) == (75, "")
    assert "\nPostfix gets: TEMP " in run.stdout
    unknown = daemon.ctl("explain", "nonsense", "key")
    assert (unknown.returncode, unknown.stdout) == (64, "")
    assert "no such map: nonsense" in unknown.stderr

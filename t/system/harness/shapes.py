"""The shapes of tables that mail systems in use have, in t/system/shapes: for each layout a
directory of .cf files as an administrator would bring them, and the tables that they ask."""
import os
import re
from pathlib import Path

from harness.mailsystem import PASSWORD, USER
from harness.postfix import write_settled

DIRECTORY = Path(__file__).resolve().parents[1] / "shapes"
# people has no .cf files; the other layouts take their rows from it.
LAYOUTS = ["people"] + sorted(path.name for path in DIRECTORY.iterdir() if path.name != "people")

# The account may do anything here, and no lookup should ever do anything.
CANARY = """
CREATE DATABASE IF NOT EXISTS canary;
DROP TABLE IF EXISTS canary.bird;
CREATE TABLE canary.bird (song varchar(20)) CHARACTER SET latin1;
INSERT INTO canary.bird VALUES ('tweet'), ('chirp');
"""
BIRDS = [["tweet"], ["chirp"]]


def names(server=None):
    """"LAYOUT.FILE" of every .cf file; with a server, of those whose SQL it knows."""
    found = sorted(f"{path.parent.name}.{path.stem}" for path in DIRECTORY.glob("*/*.cf"))
    return [name for name in found if server is None or server.has_json or not uses_json(name)]


def path_of(name):
    layout, _, table = name.partition(".")
    return DIRECTORY / layout / f"{table}.cf"


def uses_json(name):
    return "JSON_" in path_of(name).read_text(encoding="utf-8")


def query_of(name):
    """The query as the .cf file has it, without the comment lines within; None: the older form."""
    text = re.sub(r"(?m)^\s*#.*\n|^\s*\n", "", path_of(name).read_text(encoding="utf-8"))
    found = re.findall(r"(?m)^query\s*=((?:.*\n?)(?:[ \t].*\n?)*)", text)
    return found[-1].strip().replace("\n", "") if found else None


def load(server, charset):
    """All layouts as if new, in databases of that character set. The bytes of the rows are UTF-8 in
    any case, as on systems that never told the server what they store."""
    server.sql(CANARY + "".join(grants(server, database) for database in ["canary", *LAYOUTS]))
    # MyISAM does not wait for the disk.
    server.sql("SET default_storage_engine = MyISAM;" + "".join(
        f"DROP DATABASE IF EXISTS {layout}; CREATE DATABASE {layout} CHARACTER SET {charset};"
        f"USE {layout};\n{(DIRECTORY / layout / 'tables.sql').read_text(encoding='utf-8')}\n"
        for layout in LAYOUTS), charset=charset)


def grants(server, database):
    return server.grant("ALL" if database == "canary" else "SELECT, EXECUTE", database, USER, PASSWORD)


def write_cf(name, directory, server, charset):
    """The .cf file with the server's address; returns its path. Postfix 3.7 knows no "charset", so
    there is an option file for the client library, too."""
    text = path_of(name).read_text(encoding="utf-8")
    text, count = re.subn(r"(?m)^hosts(\s*)=.*$",
                          lambda found: f"hosts{found.group(1)}= 127.0.0.1:{server.port}", text)
    assert count == 1, f"{name}: expected one line with hosts"
    text = text.replace("@DIRECTORY@", str(path_of(name).parent))
    if not text.endswith("\n"):
        text += "\n"
    path = f"{directory}/{name}.cf"
    write_settled(path, f"charset = {charset}\noption_file = {directory}/client.cnf\n{text}")
    write_settled(f"{directory}/client.cnf", f"[client]\ndefault-character-set = {charset}\n")
    os.chmod(path, 0o640)
    return path


def known(server):
    """What the rows hold, as bytes: addresses, domains and other things to ask for."""
    rows = server.sql("""
        SELECT HEX(CONCAT(localpart, '@', domain)) FROM people.person
        UNION SELECT HEX(CONCAT(localpart, '@', d.name)) FROM people.person AS p
          JOIN people.domain AS d ON d.target = p.domain
        UNION SELECT HEX(address) FROM people.alias
        UNION SELECT HEX(CONCAT(SUBSTRING_INDEX(address, '@', 1), '@', d.name))
          FROM people.alias AS a
          JOIN people.domain AS d ON d.target = SUBSTRING_INDEX(address, '@', -1)
        UNION SELECT HEX(name) FROM people.domain
        UNION SELECT HEX(CONCAT('@', name)) FROM people.domain
        UNION SELECT HEX(hostname) FROM mailcow.relayhosts""")
    return [bytes.fromhex(row[0]) for row in rows]

"""Tables made up at random, for what the layouts in use do not write: expansions and other text in
any order within literals, comments, several columns and rows, result_format, domain and
expansion_limit together. vmapd gives the answers that mysql: gives. VMAPD_TEST_SEED repeats a run."""
import os
import random
import tempfile

import pytest
from conftest import FULL, WORLDS
from test_same_answers import compare_all, has_answer

from harness.keys import SEED
from harness.mailsystem import PASSWORD, USER
from harness.postfix import write_settled
from harness.vmapd import Vmapd

TABLES = 300 if FULL else 40
KEYS = 150

EXPANSIONS = ["%s", "%u", "%d", "%S", "%U", "%D", "%1"]
LABELS = ["%2", "%3"]
SQL_TEXT = ["a", "@", "/", " ", ".", "-", r"\\", r"\n", "x=", "%%", r"\%%", "é", ",", "<", "#", "-- ",
            "/*", "*/", ";", "`", "_", "''", '"']
FORMAT_TEXT = ["%%", "a", "@", ".", ",", "<", ">", " ", "é", "#", ";"]
DOMAINS = ["example.com", "!example.com, alias.example", "Example.COM,example.org", "com",
           "bücher.example", ".example.com", "example.com !example.com"]


class Author:
    """Writes mysql_table(5) files."""

    def __init__(self):
        self._random = random.Random(f"{SEED} tables")

    def _one_in(self, count):
        return self._random.randrange(count) == 0

    def _several(self, expansions, texts):
        return [self._random.choice(expansions if self._random.random() < 0.6 else texts)
                for _ in range(self._random.randint(1, 4))]

    def _literal(self, quote="'"):
        parts = self._several(EXPANSIONS, SQL_TEXT)
        if quote == '"':
            parts = [{"''": "'", '"': '""'}.get(part, part) for part in parts]
        return quote + "".join(parts) + quote

    def _column(self):
        make, = self._random.choices([
            lambda: self._literal(self._random.choice("''\"")),
            lambda: f"CONCAT({self._literal()}, {self._literal(chr(34))})",
            lambda: f"UPPER({self._literal()})",
            lambda: f"NULLIF({self._literal()}, '%s')",
            lambda: f"LENGTH({self._literal()})",
            lambda: f"/* it's %% \" a comment */ {self._literal()}",
            lambda: self._random.choice(["NULL", "''", "0", "42"]),
        ], [50, 10, 5, 5, 5, 5, 20])
        return make()

    def _query(self):
        columns = self._random.randint(1, 3)
        rows = ["SELECT " + ", ".join(self._column() for _ in range(columns))
                for _ in range(self._random.choice([1, 1, 2]))]
        text = " UNION ALL ".join(rows)
        if self._one_in(5):
            text = text.replace(", ", ",\n# comment: it's %s\n\n   ", 1)
        return text + self._random.choice(["", "", "", ";", " ; ", " LIMIT 1", " # end", "-- x"])

    def parameters(self):
        lines = [f"query = {self._query()}"]
        if self._one_in(2):
            lines.append("result_format = x"
                         + "".join(self._several(EXPANSIONS + LABELS, FORMAT_TEXT)))
        if self._one_in(5):
            lines.append(f"expansion_limit = {self._random.randrange(4)}")
        if self._one_in(4):
            lines.append(f"domain = {self._random.choice(DOMAINS)}")
        return "\n".join(lines) + "\n"


class Tables:
    """What compare_all() wants of a world."""

    def __init__(self, world, directory):
        self.postfix = world.postfix
        self._keys = world.keys("random tables")
        author = Author()
        write_settled(f"{directory}/client.cnf", "[client]\ndefault-character-set = utf8mb4\n")
        self.texts = {f"table{number}": author.parameters() for number in range(TABLES)}
        self.files = {name: f"{directory}/{name}.cf" for name in self.texts}
        for name, text in self.texts.items():
            write_settled(self.files[name],
                          f"hosts = 127.0.0.1:{world.server.port}\nuser = {USER}\n"
                          f"password = {PASSWORD}\ndbname = people\n"
                          f"option_file = {directory}/client.cnf\n{text}")
        self.vmapd = Vmapd(directory, "".join(
            [f"[server]\nlisten = unix:{directory}/vmap\ncontrol = unix:{directory}/control\n",
             *(f"[map {name}]\ntables = {path}\n" for name, path in self.files.items())]))

    def table_of_mysql(self, name):
        return f"mysql:{self.files[name]}"

    def table_of_vmapd(self, name):
        return f"socketmap:{self.vmapd.address}:{name}"

    def compare(self, name):
        """The statuses of the keys with an answer."""
        keys = self._keys.take(KEYS)
        with self.vmapd.client() as client:
            asked = [(key, reply) for key, reply in zip(keys, client.ask_all(name, keys))
                     if has_answer(reply)]
        if asked:
            compare_all(self, name, *zip(*asked))
        return [reply.status for _, reply in asked]


@pytest.mark.parametrize("world", WORLDS[:1], indirect=True)
def test_same_answers(world, workdir, figures):
    directory = tempfile.mkdtemp(prefix="random-", dir=workdir)
    os.chmod(directory, 0o755)
    tables = Tables(world, directory)
    statuses = []
    try:
        tables.vmapd.start()
        for name, text in tables.texts.items():
            print(f"{name}:\n{text}")  # the last one is shown when it differs
            statuses += tables.compare(name)
    finally:
        tables.vmapd.stop()
    assert len(statuses) > TABLES * KEYS // 2
    figures(f"{TABLES} tables, {statuses.count('OK')} keys found, "
            f"{statuses.count('NOTFOUND')} not found")

"""Everything twice: through Postfix's own mysql: tables, and through vmapd that serves the same
files. Done in several worlds: character set of connections and tables, SQL mode of the server.

VMAPD_TEST_SEED repeats what a run printed, VMAPD_TEST_KEYS is how many keys each file gets."""
import math
import os
import re
import tempfile
from collections import Counter, defaultdict

import pytest

from harness import shapes
from harness.keys import SEED, Keys
from harness.postfix import Postfix
from harness.vmapd import Vmapd

KEYS_PER_FILE = int(os.environ.get("VMAPD_TEST_KEYS") or 1000)
FULL = KEYS_PER_FILE >= 10000

BOTH_MODES = "NO_BACKSLASH_ESCAPES,ANSI_QUOTES"
WORLDS = [("utf8mb4", ""), ("utf8mb4", "NO_BACKSLASH_ESCAPES"), ("utf8mb4", "ANSI_QUOTES"),
          ("latin1", ""), ("latin1", BOTH_MODES)]
if FULL:
    WORLDS += [("utf8mb4", BOTH_MODES), ("latin1", "NO_BACKSLASH_ESCAPES"),
               ("latin1", "ANSI_QUOTES")]

COUNTS = pytest.StashKey()
LOADED = pytest.StashKey()
COLUMNS = ("keys", "found", "not found", "failed")


def pytest_configure(config):
    config.stash[COUNTS] = defaultdict(Counter)
    config.stash[LOADED] = None


def can_compare(name, sql_mode):
    """Under NO_BACKSLASH_ESCAPES a key with a double quote leaves a literal in double quotes in
    mysql: tables, and an apostrophe in one becomes two. test_injection has what vmapd does."""
    query = shapes.query_of(name) or ""
    return "NO_BACKSLASH_ESCAPES" not in sql_mode or not re.search('"[^\'"]*%[sud]', query)


def keys_per_world(name):
    return math.ceil(KEYS_PER_FILE / sum(can_compare(name, sql_mode) for _, sql_mode in WORLDS))


def pytest_collection_modifyitems(config, items):
    def is_a_comparison(item):
        parameters = getattr(item, "callspec", None) and item.callspec.params or {}
        return "name" not in parameters or "world" not in parameters or \
            can_compare(parameters["name"], parameters["world"][1])
    config.hook.pytest_deselected(items=[item for item in items if not is_a_comparison(item)])
    items[:] = [item for item in items if is_a_comparison(item)]


def pytest_terminal_summary(terminalreporter, config):
    counts = config.stash[COUNTS]
    write = terminalreporter.write_line
    write(f"\nEqual answers of mysql: and of vmapd, in {len(WORLDS)} worlds "
          f"(VMAPD_TEST_SEED={SEED} repeats them):")
    write(f"  {'table':<40}" + "".join(f"{column:>12}" for column in COLUMNS))
    for name, count in [*sorted(counts.items()), ("all", sum(counts.values(), Counter()))]:
        write(f"  {name:<40}" + "".join(f"{count[column]:>12}" for column in COLUMNS))


class World:
    """vmapd and a configuration of Postfix for postmap, with every .cf file in reach of both."""

    def __init__(self, server, charset, sql_mode, workdir, counts):
        self.server, self.charset, self.sql_mode, self._counts = server, charset, sql_mode, counts
        self.known = shapes.known(server)
        self.names = shapes.names(server)
        self.to_ask_alone = []
        directory = tempfile.mkdtemp(prefix="world-", dir=workdir)
        os.chmod(directory, 0o755)
        self.postfix = Postfix(f"{directory}/postfix", {}).config
        self.files = {name: shapes.write_cf(name, directory, server, charset)
                      for name in self.names}
        self.vmapd = Vmapd(directory, "".join(
            [f"[server]\nlisten = unix:{directory}/vmap\ncontrol = unix:{directory}/control\n",
             *(f"[map {name}]\nsearch = exact\ntables = {path}\n"
               for name, path in self.files.items())]))

    def keys(self, purpose):
        return Keys(f"{purpose} {self.charset} {self.sql_mode}", self.known)

    def ask(self, name, keys):
        with self.vmapd.client() as client:
            return client.ask_all(name, keys)

    def count(self, name, kinds):
        self._counts[name].update(kinds)
        self._counts[name]["keys"] += len(kinds)

    def table_of_mysql(self, name):
        return f"mysql:{self.files[name]}"

    def table_of_vmapd(self, name):
        return f"socketmap:{self.vmapd.address}:{name}"


@pytest.fixture(scope="module", params=WORLDS, ids=lambda world: " ".join(filter(None, world)))
def world(server, workdir, request):
    charset, sql_mode = request.param
    stash = request.config.stash
    if stash[LOADED] != charset:
        shapes.load(server, charset)
        stash[LOADED] = charset
    before = server.sql("SELECT @@GLOBAL.sql_mode")[0][0]
    server.sql(f"SET GLOBAL sql_mode = '{sql_mode or before}'")
    made = World(server, charset, sql_mode, workdir, stash[COUNTS])
    try:
        made.vmapd.start()
        yield made
    finally:
        server.sql(f"SET GLOBAL sql_mode = '{before}'")
        made.vmapd.stop()

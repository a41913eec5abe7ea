"""No key, whatever its bytes, changes the SQL around it. Seen from the server: which statements
arrive, how many, and what they are when the texts in their quotes are taken out."""
import re

from conftest import FULL

from harness import shapes
from harness.fold import folded
from harness.mailsystem import USER
from harness.sqltext import shape
from harness.vmapd import MIRRORED

KEYS_FOR_EACH = 200 if FULL else 12

# Statements that lookups make; the last three are ours, to look at the server.
ALLOWED = {"Com_select", "Com_call_procedure", "Com_set_option", "Com_signal", "Com_admin_commands",
           "Com_show_status", "Com_truncate", "Com_change_db"}

# A mirror's connection looks at its server all the time. What it asks has no key in it.
NOT_A_MIRRORS = ("AND thread_id NOT IN (SELECT thread_id FROM mysql.general_log "
                 "WHERE argument LIKE '%Binlog\\_snapshot%')" if MIRRORED else "")

# The statement as it would be for harmless keys. %% is a percent sign.
HARMLESS = {"s": "john@a.example", "u": "john", "d": "a.example", "1": "example", "2": "a", "3": "b"}


def fill(query):
    return re.sub("%(.)", lambda found: {**HARMLESS, "%": "%"}[found.group(1).lower()], query)


def expected_shapes(world, names):
    """The server's log leaves a ';' at the end out."""
    return {shape(fill(shapes.query_of(name)).rstrip("; "), world.sql_mode) for name in names}


class GeneralLog:
    """What the server is asked in the meantime by the account for lookups."""

    def __init__(self, server):
        self.server = server

    def __enter__(self):
        self.server.sql("SET GLOBAL log_output = 'TABLE'; TRUNCATE mysql.general_log;"
                        "SET GLOBAL general_log = ON")
        return self

    def __exit__(self, *_):
        self.server.sql("SET GLOBAL general_log = OFF; SET GLOBAL log_output = 'FILE'")

    def statements(self):
        rows = self.server.sql(
            "SELECT HEX(argument) FROM mysql.general_log WHERE command_type = 'Query' "
            f"AND user_host LIKE '{USER}[%' {NOT_A_MIRRORS} ORDER BY event_time")
        return [bytes.fromhex(row[0]).decode() for row in rows]


def statements_counted(server):
    rows = server.sql("SHOW GLOBAL STATUS LIKE 'Com\\_%'")
    return {name: int(value) for name, value in rows if value.isdigit()}


def test_only_the_expected_statements(world):
    """Each key is one statement of the table's own shape, and nothing else happens."""
    names = [name for name in world.names if shapes.query_of(name)]
    wanted = expected_shapes(world, names)
    before = statements_counted(world.server)
    queries = world.vmapd.stats()["database"]["queries"]
    with GeneralLog(world.server) as log:
        for name in names:
            world.ask(name, world.keys(f"injection {name}").take_hostile(KEYS_FOR_EACH))
        queries = world.vmapd.stats()["database"]["queries"] - queries
        seen = [text for text in log.statements() if not is_session_setting(text)]
    for text in seen:
        assert shape(text, world.sql_mode) in wanted, text
    assert len(seen) == queries > (0 if MIRRORED else len(names))
    after = statements_counted(world.server)
    assert {name for name in after if after[name] != before.get(name)} <= ALLOWED
    assert world.server.sql("SELECT song FROM canary.bird") == shapes.BIRDS


def is_session_setting(text):
    return text.startswith("SET ")


ECHOES = {
    "forms.echo": lambda key: [key],
    "forms.echo_double_quotes": lambda key: [key, b"it's " + localpart(key)],
    "forms.echo_after_comment": lambda key: [key, localpart(key)],
    "forms.echo_behind_two_comments": lambda key: [key],
    "forms.echo_in_sql_comment": lambda key: [key, localpart(key)],
}


def localpart(key):
    return key.rpartition(b"@")[0] if b"@" in key else key


def test_the_key_arrives_as_it_is(world):
    """What the server saw in the literal is the folded key, byte for byte."""
    names = [name for name in ECHOES
             if "ANSI_QUOTES" not in world.sql_mode or '"%' not in shapes.query_of(name)]
    for name in names:
        keys = [key for key in world.keys(f"echo {name}").take_hostile(KEYS_FOR_EACH * 4)
                if folded(key) and localpart(folded(key))]
        for key, reply in zip(keys, world.ask(name, keys)):
            values = ECHOES[name](folded(key))
            assert reply.status == "OK", (key, reply)
            assert reply.text == ",".join(value.hex().upper() for value in values), key


def test_shapes_tell_what_a_key_changed():
    """The measure itself."""
    good = "SELECT a FROM b WHERE c='%s' -- it's"
    for key, mode in [("x", ""), ("it\\'s", ""), ("a''b", ""), ("a\\", "NO_BACKSLASH_ESCAPES"),
                      ('"', ""), ("--", ""), ("\\\\", "")]:
        assert shape(good.replace("%s", key), mode) == shape(good, mode), key
    for key, mode in [("'", ""), ("' OR '1'='1", ""), ("\\", ""), ("\\''", ""), ("'#", ""),
                      ("it\\'s", "NO_BACKSLASH_ESCAPES"), ("'; DELETE FROM b; -- ", "")]:
        assert shape(good.replace("%s", key), mode) != shape(good, mode), key
    assert shape('HEX("a\\"b")', "ANSI_QUOTES") != shape('HEX("a")', "ANSI_QUOTES")
    assert shape('HEX("a\\"b")') == shape('HEX("a")')

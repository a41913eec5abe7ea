"""The decoder of binary logs, held against those of MySQL as test_binlog.py does against MariaDB's: by GTIDs."""
import random

import pytest

from harness import log_work
from harness.binlog_words import Words
from harness.dump import Dump
from harness.mysql import MySQLInRoot
from harness.serving import serving

OF_MYSQL = (
    "SET binlog_transaction_compression = ON; INSERT INTO aliases VALUES ({n}, {text}); UPDATE audit SET id = id + 1",
    "SET gtid_next = 'AUTOMATIC:tag_{n}'; INSERT INTO audit VALUES ({n})",
    "SET gtid_next = 'AUTOMATIC:tag_1'; TRUNCATE audit",
    "SET GLOBAL binlog_row_metadata = FULL; INSERT INTO audit VALUES ({n})",
    "SET binlog_rows_query_log_events = ON; INSERT INTO audit VALUES ({n})",
    "SET binlog_row_image = MINIMAL; UPDATE aliases SET name = 'min'",
    "CREATE TABLE documents (id INT PRIMARY KEY, j JSON); INSERT INTO documents VALUES (1, '{\"a\": \"bcdefghi\"}');"
    "SET binlog_row_value_options = PARTIAL_JSON; UPDATE documents SET j = JSON_SET(j, '$.a', 'x');"
    "DROP TABLE documents",
)
# No statement of another format inside of what has to be one; tables of both kinds in one transaction are refused.
REFUSED = ("INSERT INTO old VALUES ({n}); INSERT INTO aliases", "INSERT INTO aliases VALUES ({n}, 't'); INSERT INTO old")


@pytest.fixture(scope="module")
def server(workdir, show_logs):
    mysql = MySQLInRoot(workdir / "binlog", "--log-bin=bin", "--server-id=1", "--gtid-mode=ON",
                        "--enforce-gtid-consistency", "--max-binlog-size=4096", "--binlog-row-event-max-size=1024")
    with serving(show_logs, mysql, mysql.log):
        mysql.sql(log_work.SCHEMA)
        yield mysql


@pytest.fixture(scope="module")
def words(workdir):
    return Words(workdir)


def gtids(server):
    return server.sql("SELECT REPLACE(@@GLOBAL.gtid_executed, '\\n', '')")[0][0]


def single(text):
    """Each GTID of a set by itself."""
    found = set()
    for of_server in filter(None, text.split(",")):
        uuid, *parts = of_server.strip().split(":")
        tag = ""
        for part in parts:
            if not part[0].isdigit():
                tag = f":{part}"
                continue
            first, _, last = part.partition("-")
            found |= {f"{uuid}{tag}:{number}" for number in range(int(first), int(last or first) + 1)}
    return found


def told_after(server, words, known):
    dump = Dump(server.socket)
    dump.command(words.dump_after(known))
    events = list(dump.events())
    dump.close()
    return words.of("mysql", events)


@pytest.fixture(scope="module")
def worked(server, words):
    changes = [change for change in log_work.CHANGES + OF_MYSQL if not any(part in change for part in REFUSED)]
    steps = log_work.work(server, changes, lambda: gtids(server), 17)
    return steps, told_after(server, words, "")


def test_each_change_is_told(worked, figures):
    steps, told = worked
    assert not [word for word in told if word.said == "broken"]
    named = 0
    for before, step in zip(steps, steps[1:]):
        own = single(step.end) - single(before.end)
        words = [word for word in told if word.name in own]
        assert not log_work.untold(step, words), (step, words)
        named += any(word.said == "table" for word in words)
    kinds = {word.kind for word in told}
    assert {2, 4, 15, 16, 19, 29, 30, 31, 32, 33, 35, 38, 39, 40, 42} <= kinds, kinds
    assert not log_work.never_made(steps)
    assert named > len(steps) / 4
    figures(f"{len(steps)} steps, {named} with tables named, {len(told)} events, kinds {sorted(kinds)}")


def test_each_transaction_ends(worked):
    """A GTID without a commit would be waited for in vain, one with a commit that is none too early."""
    steps, told = worked
    assert {word.name for word in told if word.is_commit} == single(steps[-1].end)
    for word, after in zip(told, told[1:]):
        assert word.said != "commit" or after.name != word.name or after.said == "nothing"


def test_a_dump_may_begin_behind_any_transaction(worked, server, words):
    steps, told = worked
    for step in random.Random(5).sample(steps, 10):
        later = [word for word in told if word.said != "nothing" and word.name not in single(step.end)]
        assert [word for word in told_after(server, words, step.end) if word.said != "nothing"] == later

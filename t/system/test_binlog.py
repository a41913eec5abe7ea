"""The decoder of binary logs, held against the logs of real servers: whatever is done there at random, each table
whose content is another one afterwards was named, or everything was, and transactions end where they do."""
import random

import pytest

from harness.binlog_words import Words
from harness.dump import Dump
from harness.log_work import CHANGES, SCHEMA, key_file, never_made, untold, work
from harness.mariadb import MariaDB
from harness.serving import serving

OF_MARIADB = (
    "CREATE SEQUENCE IF NOT EXISTS numbers; DO NEXTVAL(numbers)", "INSERT INTO audit VALUES (NEXTVAL(numbers))",
    "CREATE OR REPLACE TABLE swap_b AS SELECT id FROM audit",
    "CREATE OR REPLACE TABLE swap_b ENGINE = MyISAM AS SELECT id FROM audit",
    "SET GLOBAL log_bin_compress = ON", "SET GLOBAL log_bin_compress = OFF",
    "SET STATEMENT binlog_format = 'MIXED' FOR INSERT INTO audit SELECT UUID_SHORT() % 1000",
)
@pytest.fixture(scope="module")
def words(workdir):
    return Words(workdir)


def start(server, show_logs):
    with serving(show_logs, server, server.log):
        server.sql(SCHEMA)
        yield server


@pytest.fixture(scope="module", params=["plain", "encrypted"])
def mariadb(request, workdir, show_logs):
    yield from start(MariaDB(
        workdir / f"binlog-{request.param}", "--log-bin=bin", "--server-id=1", "--binlog-format=ROW",
        "--max-binlog-size=4096", "--log-bin-compress-min-len=10", "--binlog-row-event-max-size=1024",
        *(key_file(workdir) if request.param == "encrypted" else [])), show_logs)


def ends(server):
    """Where the server itself says that transactions end."""
    found = set()
    for file, *_ in server.sql("SHOW BINARY LOGS"):
        end = None
        for _, _, kind, _, position, *_ in server.sql(f"SHOW BINLOG EVENTS IN '{file}'"):
            if kind in ("Gtid", "Rotate", "Stop", "Binlog_checkpoint") and end:
                found.add((file, end))
                end = None
            if kind == "Gtid" or end:
                end = int(position)
        if end:
            found.add((file, end))
    return found


def order(place):
    """A file's name and a position, so that they can be compared."""
    return int(place[0].rpartition(".")[2]), place[1]


def where(server):
    file, position, *_ = server.sql("SHOW MASTER STATUS")[0]
    return file, int(position)


@pytest.fixture(scope="module")
def worked(mariadb, words):
    """What was done, and what the decoder says of it."""
    steps = work(mariadb, CHANGES + OF_MARIADB, lambda: where(mariadb), 17)
    return mariadb, steps, told_from(mariadb, words, "bin.000001", 4)


def told_from(server, words, file, position):
    dump = Dump(server.socket)
    dump.command(words.dump_from(file, position))
    events = list(dump.events())
    dump.close()
    return words.of("mariadb", events)


def test_each_change_is_told(worked, figures):
    _, steps, told = worked
    assert not [word for word in told if word.said == "broken"]
    named = 0
    for before, step in zip(steps, steps[1:]):
        words = [word for word in told
                 if order(before.end) < order((word.name, word.position)) <= order(step.end)]
        assert not untold(step, words), (step, words)
        named += any(word.said == "table" for word in words)
    kinds = {word.kind for word in told}
    assert {2, 4, 15, 16, 19, 23, 38, 161, 162, 163, 165} <= kinds and kinds & {166, 167, 168}, kinds
    assert not never_made(steps)
    assert named > len(steps) / 4
    figures(f"{len(steps)} steps, {named} with tables named, {len(told)} events, kinds {sorted(kinds)}")


def test_transactions_end_where_the_server_says(worked):
    server, _, told = worked
    assert {(word.name, word.position) for word in told if word.is_commit} == ends(server)


def test_a_dump_may_begin_behind_any_transaction(worked, words):
    server, _, told = worked
    commits = [word for word in told if word.is_commit]

    def tail_of(all_words, place):
        return [word for word in all_words if word.said != "nothing" and order((word.name, word.position)) > place]
    for word in random.Random(5).sample(commits, 10):
        told_later = told_from(server, words, word.name, word.position)
        assert tail_of(told_later, (0, 0)) == tail_of(told, order((word.name, word.position)))


def test_a_server_that_was_killed(worked, words):
    """The last transaction of its log may have no end, and the next file begins."""
    server, _, _ = worked
    server.kill()
    server.start()
    server.sql("INSERT INTO mail.audit VALUES (7)")
    told = told_from(server, words, "bin.000001", 4)
    assert not [word for word in told if word.said == "broken"]
    assert [word.table for word in told if word.said == "table"][-1] == "audit"


def test_an_event_of_many_packets(worked, words):
    """More than 16 MB in one row, which the protocol cuts into several packets."""
    server, _, _ = worked
    server.sql("SET GLOBAL max_allowed_packet = 64 << 20")
    at = where(server)
    server.sql("INSERT INTO mail.aliases VALUES (-1, REPEAT('x', 17 << 20))")
    told = told_from(server, words, *at)
    assert [word.table for word in told if word.said == "table"] == ["aliases", "audit"]
    assert told[-1].said == "nothing"

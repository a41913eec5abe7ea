"""Large tables: they are known and live as soon as they have been read, their memory goes back, and the event
loop goes on meanwhile."""
import pytest

from harness import people
from harness.people import DATABASE, MAPS, mirrors, wait_live
from harness.process import wait_until
from harness.watch import Watch

ROWS = 120_000


@pytest.fixture
def rows(mariadb):
    people.load(mariadb)
    yield mariadb
    people.drop(mariadb)


@pytest.fixture
def daemon(rows, vmapd):
    started = vmapd(cache="mirror = yes\nmax_size = 128M", maps=MAPS)
    wait_live(started)
    return started


def states_until(daemon, is_there):
    """What the mirror was on the way, without repetitions."""
    states = []

    def look():
        mirror = mirrors(daemon)["mailboxes"]
        if states[-1:] != [mirror["state"]]:
            states.append(mirror["state"])
        return mirror if is_there(mirror) else None
    return wait_until(look, "the mirror has the rows", 60), states


def test_rows_that_were_loaded_after_the_start_are_live_once_they_are_there(rows, daemon, figures):
    people.add_people(rows, ROWS)
    mirror, states = states_until(daemon, lambda mirror: mirror["rows"] > ROWS)
    figures(f"reading {ROWS} rows took {mirror['read_ms']} ms")
    assert set(states) == {"live"}


def test_a_table_that_is_loaded_in_pieces_is_read_again_soon(rows, daemon):
    """Its rows come while it is read: it is not left alone for a fiftieth's time after each."""
    for piece in range(6):
        rows.sql("INSERT INTO people (email) SELECT "
                 f"CONCAT('p', seq + {piece} * {ROWS} DIV 6, '@mirror.example') FROM seq_1_to_{ROWS // 6}", DATABASE)
        mirror, _ = states_until(daemon, lambda mirror, count=piece: mirror["rows"] > (count + 1) * ROWS // 6)
    assert mirror["reads"] >= 6
    assert mirror["state"] == "live"


def test_the_loop_goes_on_while_all_rows_come_change_and_go(rows, daemon, figures):
    with Watch(daemon) as watch:
        people.add_people(rows, ROWS)
        states_until(daemon, lambda mirror: mirror["rows"] > ROWS)
        for change in ("UPDATE people SET email = CONCAT('x', email)", "DELETE FROM people", "TRUNCATE people"):
            before = mirrors(daemon)["mailboxes"]["changes"]
            if change.startswith("TRUNCATE"):
                people.add_people(rows, ROWS)
                states_until(daemon, lambda mirror: mirror["rows"] == ROWS)
            rows.sql(change, DATABASE)
            states_until(daemon, lambda mirror, count=before: mirror["changes"] > count)
        states_until(daemon, lambda mirror: mirror["rows"] == 0)
    figures(str(watch))
    watch.check()


def test_memory_of_rows_that_are_gone_goes_back(rows, daemon):
    before = daemon.stats()["cache"]["bytes"]
    people.add_people(rows, ROWS)
    states_until(daemon, lambda mirror: mirror["rows"] > ROWS)
    wait_until(lambda: daemon.stats()["cache"]["bytes"] > before + 30 * ROWS, "they take memory")
    rows.sql("TRUNCATE people", DATABASE)
    wait_until(lambda: daemon.stats()["cache"]["bytes"] < before + 10 * ROWS, "it is given back")


def test_a_mirror_takes_at_most_64_bytes_a_row_beyond_key_and_value(rows, daemon, figures):
    people.add_people(rows, ROWS)
    states_until(daemon, lambda mirror: mirror["rows"] > ROWS)
    keys = sum(len(f"p{i}@mirror.example") for i in range(1, ROWS + 1)) + len("joe@mirror.example")
    beyond = (mirrors(daemon)["mailboxes"]["bytes"] - keys - (ROWS + 1)) / (ROWS + 1)
    figures(f"{beyond:.1f} bytes a row beyond key and value")
    assert beyond <= 64

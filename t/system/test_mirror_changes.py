"""Every kind of change, at every kind of server, is seen without a flush and with nothing but SELECT; so is what
has changed while the server was away, or at the one that takes its place."""
import pytest

from harness.people import answer, mirrors, wait_confirmed, wait_live
from harness.places import CHANGES, CONF, KEY, KINDS, Place
from harness.process import wait_until
from harness.serving import serving


@pytest.fixture(scope="module", params=KINDS)
def running(workdir, show_logs, request):
    place = Place(workdir / f"changes-{request.param.replace(' ', '-')}", request.param)
    with serving(show_logs, place, *(server.log for server in place.servers)):
        yield place


@pytest.fixture
def place(running):
    yield running
    for server in running.servers:
        server.ensure_running()
    running.undo()


@pytest.fixture
def mirrored(place, vmapd):
    daemon = vmapd(place.conf())
    wait_live(daemon)
    return daemon


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen(place, vmapd, name):
    before, change = place.change(name)
    if before:
        place.sql(before)
        place.catch_up()
    _, _, table, expected = CHANGES[name]
    daemon = vmapd(place.conf())
    wait_live(daemon)
    assert answer(daemon, KEY, table) != expected
    try:
        place.sql(change)
        wait_until(lambda: answer(daemon, KEY, table) == expected, f"{KEY} gets {expected}")
        assert answer(daemon, "joe@m.example", "nicks") == "OK joe@x.example"
        assert mirrors(daemon)[table]["differences"] == 0
    finally:
        place.undo(name)


def test_nothing_is_read_while_nothing_changes(place, mirrored):
    """But where there is no log: nobody tells, so all is read again and again."""
    def reads():
        return {name: mirror["reads"] for name, mirror in mirrors(mirrored).items()}
    place.catch_up()
    wait_confirmed(mirrored, "nicks", 3)  # what had changed before is read
    before = reads()
    wait_confirmed(mirrored, "nicks", 5)
    if place.kind == "no log":
        assert reads()["nicks"] > before["nicks"]
    else:
        assert reads() == before
    assert {mirror["state"] for mirror in mirrors(mirrored).values()} == {"live"}


def test_killed_and_started_again(place, mirrored):
    """A crash; what came meanwhile and later is seen, and nobody is refused in between."""
    place.sql("INSERT INTO nicks VALUES ('b@m.example', 'b@x.example', 'm.example')")
    wait_until(lambda: answer(mirrored, "b@m.example", "nicks") == "OK b@x.example", "the row is seen")
    place.reads.kill()
    assert answer(mirrored, "b@m.example", "nicks") == "OK b@x.example"
    if place.reads is not place.writes:
        place.sql("DELETE FROM nicks WHERE source = 'b@m.example'")
    place.reads.ensure_running()
    place.sql("DELETE FROM nicks WHERE source = 'b@m.example'; "
              "INSERT INTO nicks VALUES ('c@m.example', 'c@x.example', 'm.example')")
    wait_until(lambda: answer(mirrored, "b@m.example", "nicks") == "NOTFOUND", "what is gone is seen", 20)
    wait_until(lambda: answer(mirrored, "c@m.example", "nicks") == "OK c@x.example", "what is new is seen")
    wait_live(mirrored)


def test_a_second_host_takes_over_with_the_same_version(workdir, vmapd):
    """Its log has come just as far, but its rows are others: a version of the one says nothing of the other."""
    first, second = (Place(workdir / f"host-{n}", "log") for n in (1, 2))
    try:
        first.start()
        daemon = vmapd(lambda directory: CONF.replace("DIRECTORY", directory).replace(
            "HOSTS", f"127.0.0.1:{first.reads.port} 127.0.0.1:{second.reads.port}"))
        wait_live(daemon)
        assert answer(daemon, "joe@m.example", "nicks") == "OK joe@x.example"
        second.start()
        second.sql("SET sql_log_bin = 0; DELETE FROM nicks; INSERT INTO nicks VALUES "
                   "('second@m.example', 'second@x.example', 'm.example')")
        first.reads.kill()
        wait_until(lambda: answer(daemon, "second@m.example", "nicks") == "OK second@x.example",
                   "rows of the other host are there", 40)
        wait_until(lambda: answer(daemon, "joe@m.example", "nicks") == "NOTFOUND", "those of the first are gone", 40)
    finally:
        first.stop()
        second.stop()

"""Tables held whole: every row is known before anybody asks for it, a change is seen within seconds, and
nobody is missed while the database is away."""
import re
import threading
import time

import pytest

from harness import people
from harness.people import DATABASE, MAPS, MIRROR, answer, answers, mirrors, text, wait_live
from harness.process import wait_until

PEOPLE = 10000


@pytest.fixture
def rows(mariadb):
    people.load(mariadb)
    yield mariadb
    people.drop(mariadb)


@pytest.fixture
def mirrored(rows, vmapd):
    daemon = vmapd(cache=MIRROR, maps=MAPS)
    wait_live(daemon)
    return daemon


def add_mailbox(server, name):
    server.sql("INSERT INTO people (email) VALUES "
               f"('{name}@mirror.example')", DATABASE)


def seconds_until(daemon, key, expected, table="mailboxes"):
    began = time.monotonic()
    wait_until(lambda: answer(daemon, key, table) == expected, f"{key} gets {expected}", 10)
    return time.monotonic() - began


CHANGES = [
    ("INSERT", "", "INSERT INTO nicks (domain_id, source, destination) VALUES "
     "(900, 'a@mirror.example', 'b@x.example')", "OK b@x.example"),
    ("UPDATE", "INSERT INTO nicks (domain_id, source, destination) VALUES "
     "(900, 'a@mirror.example', 'old@x.example')",
     "UPDATE nicks SET destination = 'new@x.example' WHERE source = 'a@mirror.example'", "OK new@x.example"),
    ("DELETE", "INSERT INTO nicks (domain_id, source, destination) VALUES "
     "(900, 'a@mirror.example', 'b@x.example')",
     "DELETE FROM nicks WHERE source = 'a@mirror.example'", "NOTFOUND"),
    ("cascade", "INSERT INTO nicks (domain_id, source, destination) VALUES "
     "(900, 'a@mirror.example', 'b@x.example')",
     "DELETE FROM domains WHERE id = 900", "NOTFOUND"),
    ("RENAME", "CREATE TABLE aside LIKE nicks; INSERT INTO aside (domain_id, source, destination) VALUES "
     "(900, 'a@mirror.example', 'b@x.example')",
     "RENAME TABLE nicks TO before_it, aside TO nicks", "OK b@x.example"),
]


@pytest.mark.parametrize("name, before, change, expected", CHANGES, ids=[row[0] for row in CHANGES])
def test_a_change_is_seen_without_a_binary_log(rows, vmapd, figures, name, before, change, expected):
    """Within two seconds, on a machine that has time."""
    if before:
        rows.sql(before, DATABASE)
    daemon = vmapd(cache="mirror = yes\nttl = 1h\nnegative_ttl = 1h", maps=MAPS)
    wait_live(daemon)
    answer(daemon, "a@mirror.example", "aliases")
    try:
        rows.sql(change, DATABASE)
        figures(f"{name} seen after {seconds_until(daemon, 'a@mirror.example', expected, 'aliases'):.1f} s")
    finally:
        if name == "RENAME":
            rows.sql("DROP TABLE nicks; RENAME TABLE before_it TO nicks", DATABASE)
    assert mirrors(daemon)["aliases"]["changes"] >= 1


def test_an_address_nobody_asked_for_is_never_refused_after_its_commit(mirrored, rows):
    with mirrored.client() as client:
        session = rows.session(DATABASE)
        for i in range(PEOPLE):
            session.run("INSERT INTO people (email) VALUES "
                        f"('n{i}@mirror.example')")
            assert text(client.ask("mailboxes", f"n{i}@mirror.example")) == "OK 1"
        session.close()


def test_known_recipients_cost_no_query(mirrored, rows):
    people.add_people(rows, PEOPLE)
    wait_until(lambda: mirrors(mirrored)["mailboxes"]["rows"] > PEOPLE, "all are there")
    before = mirrored.stats()["database"]["queries"]
    with mirrored.client() as client:
        replies = answers(client, "mailboxes", [f"p{i}@mirror.example" for i in range(1, 1001)])
    assert set(replies) == {"OK 1"}
    wait_until(lambda: mirrors(mirrored)["mailboxes"]["state"] == "live", "it is live still")
    assert mirrored.stats()["cache"]["mirror_hits"] >= 1000
    assert mirrored.stats()["database"]["queries"] - before < 20


def test_nobody_is_missed_when_the_database_dies(mirrored, rows):
    """Thousands of recipients that nobody has asked for before."""
    people.add_people(rows, PEOPLE)
    wait_until(lambda: mirrors(mirrored)["mailboxes"]["rows"] > PEOPLE, "all are there")
    rows.kill()
    with mirrored.client() as client:
        replies = answers(client, "mailboxes", [f"p{i}@mirror.example" for i in range(1, PEOPLE + 1)])
    assert set(replies) == {"OK 1"}


def test_without_the_database_not_found_is_told_for_mirror_expire(rows, vmapd):
    daemon = vmapd(cache=MIRROR + "\nmirror_expire = 1h\nnegative_ttl = 1s", maps=MAPS)
    wait_live(daemon)
    rows.kill()
    wait_until(lambda: mirrors(daemon)["aliases"]["state"] == "behind", "it is behind")
    assert answer(daemon, "nobody@mirror.example", "aliases") == "NOTFOUND"


def test_mail_goes_on_without_the_database_in_the_tutorials_own_layout(rows, vmapd):
    """Three maps, no table that makes each mailbox an alias of itself; all that Postfix asks for mail to a
    mailbox and to an alias, long after negative_ttl."""
    rows.sql("INSERT INTO nicks (domain_id, source, destination) VALUES "
             "(900, 'info@mirror.example', 'joe@mirror.example')", DATABASE)
    daemon = vmapd(cache=MIRROR + "\nmirror_expire = 1d\nnegative_ttl = 1s", maps=MAPS.replace(
        "[map mailboxes]", "[map mailboxes]\nsearch = address") + "[map domains]\ndbname = people\n"
        "query = SELECT 1 FROM domains WHERE name='%s'\n")
    wait_live(daemon)
    rows.kill()
    wait_until(lambda: all(mirror["state"] == "behind" for mirror in mirrors(daemon).values()), "all are behind")
    assert [answer(daemon, key, table) for table, key in (
        ("domains", "mirror.example"), ("aliases", "joe@mirror.example"), ("mailboxes", "joe@mirror.example"),
        ("aliases", "joe+x@mirror.example"), ("mailboxes", "joe+x@mirror.example"),
        ("aliases", "info@mirror.example"), ("aliases", "mirror.example"), ("domains", "else.example"))] == \
        ["OK 1", "NOTFOUND", "OK 1", "NOTFOUND", "OK 1", "OK joe@mirror.example", "NOTFOUND", "NOTFOUND"]


def test_without_the_database_not_found_ends_with_negative_ttl(rows, vmapd):
    daemon = vmapd(cache=MIRROR + "\nnegative_ttl = 4s", maps=MAPS)
    wait_live(daemon)
    rows.kill()
    wait_until(lambda: mirrors(daemon)["aliases"]["confirmed_age_ms"] > 4000, "it is too old")
    assert answer(daemon, "nobody@mirror.example", "aliases").startswith("TEMP")


def test_mirrors_come_back_with_the_database(mirrored, rows):
    rows.kill()
    wait_until(lambda: mirrors(mirrored)["aliases"]["state"] == "behind", "it is behind")
    rows.ensure_running()
    wait_live(mirrored)
    add_mailbox(rows, "back")
    seconds_until(mirrored, "back@mirror.example", "OK 1")


def test_several_rows_for_a_key_are_asked_for(mirrored, rows):
    rows.sql("INSERT INTO nicks (domain_id, source, destination) VALUES "
             "(900, 'list@mirror.example', 'z@x.example'), (900, 'list@mirror.example', 'a@x.example')", DATABASE)
    seconds_until(mirrored, "list@mirror.example", "OK z@x.example,a@x.example", "aliases")
    rows.sql("DELETE FROM nicks WHERE destination = 'z@x.example'", DATABASE)
    seconds_until(mirrored, "list@mirror.example", "OK a@x.example", "aliases")


def test_flush_reads_again(mirrored, rows):
    add_mailbox(rows, "flushed")
    before = mirrors(mirrored)["mailboxes"]["reads"]
    assert mirrored.ctl("flush").returncode == 0
    assert answer(mirrored, "flushed@mirror.example") == "OK 1"
    wait_until(lambda: mirrors(mirrored)["mailboxes"]["reads"] > before, "it was read again")
    wait_live(mirrored)


def test_reload_keeps_a_mirror(mirrored):
    before = mirrors(mirrored)["mailboxes"]
    mirrored.reload()
    after = mirrors(mirrored)["mailboxes"]
    assert after["state"] == "live" and after["reads"] >= before["reads"]
    with open(mirrored.conf, encoding="utf-8") as file:
        text = file.read()
    mirrored.write_config(text.replace("mirror = yes", "mirror = no"))
    mirrored.reload()
    assert mirrors(mirrored) == {}


def test_other_hosts_in_an_outage_miss_nobody(mirrored, rows):
    rows.kill()
    with open(mirrored.conf, encoding="utf-8") as file:
        before = file.read()
    for hosts in ("127.0.0.1:1 ", ""):
        mirrored.write_config(before.replace("hosts = ", "hosts = " + hosts, 1))
        mirrored.reload()
        assert answer(mirrored, "joe@mirror.example") == "OK 1"
        assert answer(mirrored, "nobody@mirror.example").startswith("TEMP ")
    rows.ensure_running()
    rows.sql("DELETE FROM people WHERE email='joe@mirror.example'", DATABASE)
    wait_live(mirrored)
    wait_until(lambda: answer(mirrored, "joe@mirror.example") == "NOTFOUND",
               "what is gone is not found")


def test_what_keeps_a_table_from_it_is_told(rows, vmapd):
    daemon = vmapd(cache=MIRROR, maps="[map m]\ndbname = people\nquery = SELECT 1 FROM people WHERE email='%s' LIMIT 1\n"
                   "[map n]\ndbname = people\nquery = SELECT 1 FROM people WHERE id='%s'\n")
    assert mirrors(daemon)["m"]["state"] == "off"
    assert mirrors(daemon)["m"]["reason"] == "the query has LIMIT"
    wait_until(lambda: mirrors(daemon)["n"]["reason"], "it was read")
    assert mirrors(daemon)["n"]["state"] == "loading"
    assert mirrors(daemon)["n"]["reason"] == "collation binary of column 1 is not one that is known for certain"
    assert answer(daemon, "0", "n") == "NOTFOUND"
    assert "the query has LIMIT" in daemon.ctl("stats").stdout


def test_a_mirror_that_does_not_fit_is_given_up(rows, vmapd):
    people.add_people(rows, PEOPLE)
    daemon = vmapd(cache=MIRROR + "\nmax_size = 600k", maps=MAPS)
    wait_until(lambda: mirrors(daemon)["mailboxes"]["state"] == "off", "it is given up")
    assert "max_size" in mirrors(daemon)["mailboxes"]["reason"]
    assert answer(daemon, "p17@mirror.example") == "OK 1"
    assert answer(daemon, "p0@mirror.example") == "NOTFOUND"


def test_rows_that_all_change_need_no_room_for_both(rows, vmapd):
    rows.sql("INSERT INTO nicks (domain_id, source, destination) SELECT 900, CONCAT('n', seq, '@mirror.example'), "
             "CONCAT('old', seq, '@a-domain-of-some-length.example') FROM seq_1_to_4000", DATABASE)
    daemon = vmapd(cache=MIRROR + "\nmax_size = 1M", maps=MAPS)
    wait_live(daemon)
    assert mirrors(daemon)["aliases"]["bytes"] > 256 * 1024, "both would fit"
    rows.sql("UPDATE nicks SET destination = REPLACE(destination, 'old', 'new')", DATABASE)
    wait_until(lambda: mirrors(daemon)["aliases"]["reads"] > 1 and mirrors(daemon)["aliases"]["state"] == "live",
               "the new rows are there", 30)
    assert answer(daemon, "n4000@mirror.example", "aliases") == "OK new4000@a-domain-of-some-length.example"


def test_an_accent_makes_a_domain_uncertain_and_nothing_wrong(mirrored, rows):
    """The server takes e with an accent for e: only it can tell."""
    rows.sql("INSERT INTO people (email) VALUES ('ren\u00e9@mirror.example'), ('plain@other.example')", DATABASE)
    seconds_until(mirrored, "plain@other.example", "OK 1")
    expected = rows.sql("SELECT COUNT(*) FROM people WHERE email = 'rene@mirror.example'", DATABASE)[0][0]
    assert answer(mirrored, "rene@mirror.example") == ("OK 1" if expected == "1" else "NOTFOUND")
    assert answer(mirrored, "nobody@mirror.example") == "NOTFOUND"


def test_no_answer_stays_wrong_in_a_race(mirrored, rows):
    """Writers change rows as fast as they can; soon after the last write all is right."""
    def write(number):
        session = rows.session(DATABASE)
        for i in range(150):
            name = f"w{number}x{i % 10}@mirror.example"
            session.run(f"DELETE FROM nicks WHERE source = '{name}'")
            if i % 3 != 0:
                session.run("INSERT INTO nicks (domain_id, source, destination) VALUES "
                            f"(900, '{name}', 'd{i}@x.example')")
        session.close()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(3)]
    for writer in writers:
        writer.start()
    keys = [f"w{number}x{i}@mirror.example" for number in range(3) for i in range(10)]
    with mirrored.client() as client:
        while any(writer.is_alive() for writer in writers):
            assert all(reply.startswith(("OK", "NOTFOUND")) for reply in answers(client, "aliases", keys))
        for writer in writers:
            writer.join()
        truth = dict(rows.sql("SELECT source, destination FROM nicks WHERE domain_id = 900", DATABASE))
        expected = [f"OK {truth[key]}" if key in truth else "NOTFOUND" for key in keys]
        wait_until(lambda: answers(client, "aliases", keys) == expected, "all is right", 10)


def test_explain_tells_what_the_mirror_says(mirrored):
    assert re.search(r'mirror: "1", confirmed \d+\.\d s ago\n', mirrored.ctl("explain", "mailboxes", "joe@mirror.example").stdout)
    told = mirrored.ctl("explain", "mailboxes", "jim@mirror.example").stdout
    assert re.search(r"mirror: not found, confirmed \d+\.\d s ago\n", told)
    assert "differ" not in told


def test_a_restart_in_an_outage_forgets_nobody(rows, vmapd, tmp_path):
    """Nobody has asked for them before."""
    daemon = vmapd(cache=MIRROR + f"\nstate_file = {tmp_path}/state", maps=MAPS)
    wait_live(daemon)
    rows.kill()
    daemon.process.stop()
    daemon.start()
    assert answer(daemon, "joe@mirror.example") == "OK 1"
    assert answer(daemon, "JOE@mirror.example") == "OK 1"
    assert answer(daemon, "jim@mirror.example").startswith("TEMP")


SEVERAL_TABLES = """[map aliases]
search = alias
tables = nicks parts people
[table nicks]
dbname = people
query = SELECT destination FROM nicks WHERE source='%s'
[table parts]
dbname = people
query = SELECT destination FROM parts WHERE localpart='%u' AND domain='%d'
[table people]
dbname = people
query = SELECT email FROM people WHERE email='%s'
"""


def test_after_a_restart_in_an_outage_what_was_not_there_is_in_nobody_s_way(rows, vmapd, tmp_path):
    """A value in the last table, or behind an extension, though the others have nothing; and never the value of
    a later one where an earlier one had one."""
    rows.sql("""
        CREATE TABLE parts (localpart VARCHAR(50), domain VARCHAR(50), destination VARCHAR(100));
        INSERT INTO parts VALUES ('anna', 'mirror.example', 'parts@mirror.example');
        INSERT INTO nicks (domain_id, source, destination) VALUES (900, 'bert@mirror.example', 'nick@mirror.example');
        INSERT INTO people (email) VALUES ('anna@mirror.example'), ('bert@mirror.example')""", DATABASE)
    daemon = vmapd(cache=MIRROR + f"\nstate_file = {tmp_path}/state", maps=SEVERAL_TABLES,
                   server="recipient_delimiter = +")
    wait_live(daemon)
    rows.kill()
    daemon.process.stop()
    daemon.start()
    with daemon.client() as client:
        assert answers(client, "aliases", ["joe@mirror.example", "joe+x@mirror.example", "anna@mirror.example",
                                           "bert@mirror.example"]) == [
            "OK joe@mirror.example", "OK joe+x@mirror.example", "OK parts@mirror.example", "OK nick@mirror.example"]
        (nobody,) = answers(client, "aliases", ["jim@mirror.example"])
        assert nobody.startswith("TEMP")
    assert "mirror: not found before the restart\n" in daemon.ctl("explain", "aliases", "joe@mirror.example").stdout
    rows.ensure_running()
    wait_live(daemon)
    with daemon.client() as client:
        assert answers(client, "aliases", ["jim@mirror.example"]) == ["NOTFOUND"]

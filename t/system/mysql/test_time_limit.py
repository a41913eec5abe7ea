"""MySQL's own limit of time can end a statement as if there were no more rows, without an error. That is a
time-out and never "not found". For MySQL 9 alone, so not part of `make check`: see `make check-mysql`."""
import pytest

# Each of them finds nothing once its SLEEP() is interrupted.
SLOW = {
    "condition": "SELECT 1 FROM virtual_users WHERE email='%s' AND SLEEP(5)=0",
    "each_row": "SELECT 1 FROM virtual_users WHERE (email='%s' OR email LIKE '%%') AND SLEEP(0.4)=1",
    "join": "SELECT 1 FROM virtual_users u JOIN virtual_domains d ON SLEEP(0.05)=1 WHERE u.email='%s' OR 1",
    "subquery": "SELECT 1 FROM virtual_users WHERE email=(SELECT '%s' FROM virtual_domains WHERE SLEEP(3)=0 LIMIT 1)",
    "derived": "SELECT s FROM (SELECT SLEEP(5) s FROM virtual_domains WHERE '%s'='' OR SLEEP(5)=0 LIMIT 1) t",
}
QUICK = "SELECT 1 FROM virtual_users WHERE email='%s' AND SLEEP(0.1)=0"


@pytest.fixture(name="daemon")
def daemon_fixture(vmapd):
    maps = "".join(f"[map {name}]\nquery = {query}\n"
                   for name, query in {**SLOW, "quick": QUICK}.items())
    return vmapd(maps=maps, server="lookup_timeout = 5s", database="query_timeout = 1s",
                 cache="negative_ttl = 10s\nttl = 10s\n")


@pytest.mark.parametrize("name", SLOW)
def test_what_the_limit_ends_is_a_timeout(daemon, name):
    assert daemon.ask(name, "email1@example.com").status == "TIMEOUT"
    assert daemon.stats()["database"]["timeouts"] == 1


def test_what_is_in_time_is_an_answer(daemon):
    assert daemon.ask("quick", "email1@example.com") == ("OK", "1")
    assert daemon.ask("quick", "nobody@example.com").status == "NOTFOUND"
    assert daemon.stats()["database"]["reconnects"] == 0

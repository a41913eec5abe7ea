"""The Grafana dashboard of conf/, asked as Grafana asks: every query of every panel gives data from
a real Prometheus that scrapes a real vmapd, and what it tells is what has happened."""
import math

import pytest

from harness.dashboard import panels
from harness.process import free_port, wait_until
from harness.prometheus import Prometheus

RATE_INTERVAL = "4s"
PANELS = panels(RATE_INTERVAL)


@pytest.fixture
def watched(vmapd, tmp_path, show_logs):
    target = f"127.0.0.1:{free_port()}"
    daemon = vmapd(server=f"metrics = inet:{target}")
    daemon.prometheus = Prometheus(tmp_path, target)
    show_logs.append(daemon.prometheus.process.log)
    try:
        daemon.prometheus.start()
        yield daemon
    finally:
        daemon.prometheus.stop()


def numbers(prometheus, query):
    """{series as the legend has it: value}, nothing that is no number."""
    found = {query.name(labels): value for labels, value in prometheus.query(query.expression)}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def test_every_query_gives_data(watched):
    def work():
        for key in ("email1@example.com", "nobody@example.com", "alias+x@example.com"):
            watched.ask("aliases", key)
        # So that hits and misses go on for as long as Prometheus wants.
        watched.ctl("flush", "aliases", "email1@example.com")

    def without_data():
        work()
        return [f"{panel.title}: {query.expression}" for panel in PANELS for query in panel.queries
                if not numbers(watched.prometheus, query)]
    wait_until(lambda: not without_data(), "every query gives data", 60)

    # What the legends name comes from labels that are there.
    for panel in PANELS:
        for query in panel.queries:
            for name in numbers(watched.prometheus, query):
                assert "{{" not in name, (panel.title, name)


def test_the_numbers_are_right(watched, mariadb):
    def value(title):
        (panel,) = [panel for panel in PANELS if panel.title == title and panel.kind == "stat"]
        return numbers(watched.prometheus, panel.queries[0]).get("", -1)

    wait_until(lambda: value("Database hosts down") == 0, "no host is down")
    mariadb.stop()
    wait_until(lambda: watched.ask("aliases", "email1@example.com").status == "TEMP"
               and value("Database hosts down") == 1, "a host is down")
    wait_until(lambda: watched.ask("aliases", "email1@example.com").status == "TEMP"
               and value("Failed lookups") > 0, "lookups fail")
    assert value("Cache hit ratio") < 0.1

    mariadb.start()
    wait_until(lambda: watched.ask("aliases", "email1@example.com").status == "OK",
               "vmapd finds the database again")
    wait_until(lambda: watched.ask("aliases", "email1@example.com").status == "OK"
               and value("Cache hit ratio") > 0.9, "the cache answers")
    with watched.client(), watched.client():
        wait_until(lambda: value("Clients") >= 2, "two clients are seen")

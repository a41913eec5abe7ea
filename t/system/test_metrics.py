"""The HTTP endpoint: what Prometheus and a load balancer see, checked by Prometheus's own tool."""
import re
import urllib.error
import urllib.request

import pytest

from harness.process import free_port, wait_until
from harness.prometheus import promtool
from harness.vmapd import SOURCE
from harness.vmapd import vmapd as run_vmapd


def start_monitored(vmapd, **options):
    port = free_port()
    daemon = vmapd(server=f"metrics = inet:127.0.0.1:{port}", **options)
    daemon.url = f"http://127.0.0.1:{port}"
    return daemon


@pytest.fixture
def monitored(vmapd):
    return start_monitored(vmapd)


def get(url, method="GET"):
    """Status and text, also of an error."""
    try:
        request = urllib.request.Request(url, method=method)
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def samples(text):
    """{'name{labels}': value}"""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_metrics_tell_what_stats_tell(monitored):
    for key in ("email1@example.com", "email1@example.com", "nobody@example.com"):
        monitored.ask("mailboxes", key)
    status, text = get(monitored.url + "/metrics")
    assert status == 200
    told, stats = samples(text), monitored.stats()
    assert told["vmapd_lookups_total"] == stats["lookups"] == 3
    assert told['vmapd_replies_total{outcome="ok"}'] == 2
    assert told['vmapd_map_replies_total{map="mailboxes",outcome="notfound"}'] == 1
    assert told['vmapd_cache_hits_total{kind="positive"}'] == stats["cache"]["hits"] == 1
    host = stats["hosts"][0]["name"]
    assert told[f'vmapd_database_host_state{{host="{host}",state="up"}}'] == 1
    assert told['vmapd_lookup_duration_seconds_count{path="hit"}'] == 1
    assert told['vmapd_lookup_duration_seconds_count{path="miss"}'] == 2
    assert told['vmapd_lookup_duration_seconds_bucket{path="miss",le="16.777216"}'] == 2
    assert monitored.ctl("stats", "--prometheus").stdout.count("\n") == text.count("\n")


def test_promtool_has_nothing_to_say(monitored):
    monitored.ask("mailboxes", "email1@example.com")
    for text in (get(monitored.url + "/metrics")[1], monitored.ctl("stats", "--prometheus").stdout):
        run = promtool("check", "metrics", text=text)
        assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize("file", ["prometheus-alerts.yml", "grafana-dashboard.json"])
def test_rules_and_dashboard_name_existing_metrics(vmapd, file):
    monitored = start_monitored(vmapd, cache="mirror = yes")
    monitored.ask("mailboxes", "email1@example.com")
    there = {name.split("{")[0] for name in samples(get(monitored.url + "/metrics")[1])}
    used = set(re.findall(r"\bvmapd_\w+", (SOURCE / "conf" / file).read_text(encoding="utf-8")))
    assert used and used <= there, used - there


def test_health_and_readiness(monitored, mariadb):
    assert get(monitored.url + "/healthz") == (200, "ok\n")
    assert get(monitored.url + "/readyz") == (200, "ok\n")

    mariadb.stop()
    monitored.ask("mailboxes", "email1@example.com")  # finds out
    status, text = get(monitored.url + "/readyz")
    assert status == 503 and "127.0.0.1" in text, text
    assert get(monitored.url + "/healthz") == (200, "ok\n")

    mariadb.start()
    wait_until(lambda: get(monitored.url + "/readyz")[0] == 200, "vmapd is ready again")
    assert monitored.ask("mailboxes", "email1@example.com") == ("OK", "1")

    mariadb.stop()
    monitored.ask("mailboxes", "email2@example.com")
    status, text = get(monitored.url + "/readyz")
    assert status == 200 and "cache" in text, text


def test_nothing_else_is_served(monitored):
    assert get(monitored.url + "/")[0] == 404
    assert get(monitored.url + "/metrics/../etc/passwd")[0] == 404
    assert get(monitored.url + "/metrics", "HEAD") == (200, "")
    for method in ("POST", "PUT", "DELETE"):
        assert get(monitored.url + "/metrics", method)[0] in (405, 501)


def test_a_port_in_use_is_an_error_at_the_start(monitored, vmapd):
    port = monitored.url.rsplit(":", 1)[1]
    second = vmapd.new(server=f"metrics = inet:127.0.0.1:{port}")
    run = run_vmapd("-c", second.conf)
    assert run.returncode == 1 and "Address already in use" in run.stderr

"""The alert rules of conf/, on series as vmapd has them: each fires when it should, and none does on a
server that is well, however busy. Prometheus's own promtool lets the hours pass."""
import json
import tempfile

import pytest

from harness import mailsystem
from harness.prometheus import promtool
from harness.vmapd import SOURCE, Vmapd

RULES = SOURCE / "conf/prometheus-alerts.yml"
INSTANCE = "mx1:9786"
MINUTES = 200  # longer than what any rule looks at and waits for


@pytest.fixture(scope="module")
def well(loaded, workdir):
    """{series: values} of a vmapd that goes on for hours as it began: found, not found, hits and
    misses. Each counter grows by what it is, every minute; the rest stays."""
    directory = tempfile.mkdtemp(prefix="vmapd-", dir=workdir)
    daemon = Vmapd(directory, mailsystem.vmapd_conf(loaded, directory))
    daemon.start()
    try:
        for key in ("email1@example.com", "email1@example.com", "nobody@example.com"):
            daemon.ask("mailboxes", key)
        text = daemon.ctl("stats", "--prometheus").stdout
    finally:
        daemon.stop()
    return {**series(text), 'up{job="vmapd"}': steady(1)}


def series(text):
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            counts = any(part in name for part in ("_total", "_bucket", "_sum", "_count"))
            found[name] = f"{value}+{value if counts else 0}x{MINUTES}"
    return found


def steady(value):
    return f"{value}+0x{MINUTES}"


def growing(by):
    return f"0+{by}x{MINUTES}"


def replies(outcome):
    return 'vmapd_replies_total{outcome="%s"}' % outcome


def host(name, state):
    return 'vmapd_database_host_state{host="%s",state="%s"}' % (name, state)


def mirror(figure):
    return 'vmapd_mirror_%s{table="alias"}' % figure


def slow_misses(seconds):
    """Every lookup through the database takes so long."""
    return {'vmapd_lookup_duration_seconds_bucket{path="miss",le="%.6f"}' % (2 ** bits / 1e6):
            growing(60 if 2 ** bits / 1e6 > seconds else 0) for bits in range(1, 25)} | {
                'vmapd_lookup_duration_seconds_bucket{path="miss",le="+Inf"}': growing(60)}


HITS = 'vmapd_cache_hits_total{kind="positive"}'
ATTACK = {replies("notfound"): growing(100000), "vmapd_cache_misses_total": growing(200000),
          "vmapd_cache_evictions_total": growing(100000)}

# What differs from a server that is well, and the alerts that fire in the end.
CASES = {
    "well": ({}, set()),
    "idle": ({name: steady(0) for name in
              (replies("ok"), replies("notfound"), HITS, "vmapd_cache_misses_total")}, set()),
    "gone": ({'up{job="vmapd"}': steady(0)}, {"VmapdDown"}),
    "a host is down": ({host("other", "down"): steady(1)}, {"VmapdDatabaseHostDown"}),
    "failures": ({replies("temp"): growing(1)}, {"VmapdTemporaryFailures"}),
    "some failures among many": ({replies("timeout"): growing(1), replies("ok"): growing(1000)},
                                 set()),
    "unknown map": ({replies("perm"): growing(1)}, {"VmapdUnknownMap"}),
    "a mirror is behind": ({mirror("behind"): steady(1)}, {"VmapdMirrorBehind"}),
    "a mirror is behind now and then": ({mirror("behind"): "0 1 " * (MINUTES // 2)}, set()),
    "changes that the log does not tell": ({mirror("differences_total"): growing(1)},
                                           {"VmapdMirrorDifferences"}),
    "no stream of changes": ({mirror("stream_down"): steady(1)}, {"VmapdMirrorStreamDown"}),
    "a stream that is begun anew now and then": ({mirror("stream_down"): "0 1 0 0 " * (MINUTES // 4)}, set()),
    "a mirror that is well": ({mirror("differences_total"): steady(3), mirror("behind"): steady(0)},
                              set()),
    "stale answers": ({"vmapd_cache_stale_served_total": growing(1)}, {"VmapdServesStaleAnswers"}),
    "slow": (slow_misses(1.5), {"VmapdSlowDatabase"}),
    "not slow": (slow_misses(0.3), set()),
    "queries wait": ({"vmapd_database_queries_waiting": steady(1)}, {"VmapdQueriesWait"}),
    "queries wait now and then": ({"vmapd_database_queries_waiting": "0 9 " * (MINUTES // 2)},
                                  set()),
    "rejected": ({"vmapd_clients_rejected_total": growing(1)}, {"VmapdClientsRejected"}),
    # Of 60 values found in a minute 20 were in the cache.
    "cache too small": ({"vmapd_cache_evictions_total": growing(60), HITS: growing(20),
                         replies("ok"): growing(60)}, {"VmapdCacheTooSmall"}),
    "dictionary attack": ({**ATTACK, HITS: growing(50), replies("ok"): growing(60)}, set()),
    "stalled again and again": ({"vmapd_event_loop_stall_max_seconds": f"0+0.01x{MINUTES}"},
                                {"VmapdEventLoopStalled"}),
    "stalled long ago": ({"vmapd_event_loop_stall_max_seconds": f"0 0 0 {steady(5)}"}, set()),
}


def labelled(name):
    """The same series with the label that Prometheus puts to all that it scrapes."""
    return name[:-1] + f',instance="{INSTANCE}"}}' if "{" in name else \
        f'{name}{{instance="{INSTANCE}"}}'


def run_promtool(directory, scenario, expected):
    """promtool tells what fires instead, if not exactly these alerts do at the end."""
    test = {
        "rule_files": [str(RULES)], "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m",
            "input_series": [{"series": labelled(name), "values": values}
                             for name, values in scenario.items()],
            "promql_expr_test": [{
                "expr": 'count by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": f"{MINUTES - 1}m",
                "exp_samples": [{"labels": '{alertname="%s"}' % name, "value": 1}
                                for name in sorted(expected)]}]}]}
    path = directory / "test.yml"
    path.write_text(json.dumps(test), encoding="utf-8")
    return promtool("test", "rules", str(path))


@pytest.mark.parametrize("changes, expected", CASES.values(), ids=CASES.keys())
def test_alerts(well, tmp_path, changes, expected):
    run = run_promtool(tmp_path, {**well, **changes}, expected)
    assert run.returncode == 0, run.stdout + run.stderr


def test_no_database(well, tmp_path):
    down = {name: steady(int('state="down"' in name)) for name in well
            if name.startswith("vmapd_database_host_state")}
    run = run_promtool(tmp_path, {**well, **down}, {"VmapdNoDatabase", "VmapdDatabaseHostDown"})
    assert run.returncode == 0, run.stdout + run.stderr


def test_each_rule_is_tried():
    fired = set().union(*(expected for _, expected in CASES.values())) | {"VmapdNoDatabase"}
    rules = {line.split()[-1] for line in RULES.read_text(encoding="utf-8").splitlines()
             if line.lstrip().startswith("- alert:")}
    assert fired == rules


def test_rules_are_good():
    run = promtool("check", "rules", str(RULES))
    assert run.returncode == 0, run.stderr

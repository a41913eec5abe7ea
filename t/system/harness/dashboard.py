"""The Grafana dashboard of conf/, as far as its panels and their queries go."""
import json
from typing import NamedTuple

from harness.vmapd import SOURCE

FILE = SOURCE / "conf/grafana-dashboard.json"


class Query(NamedTuple):
    expression: str
    legend: str  # with {{label}}

    def name(self, labels):
        text = self.legend
        for label, value in labels.items():
            text = text.replace("{{%s}}" % label, value)
        return text


class Panel(NamedTuple):
    title: str
    kind: str  # stat, timeseries, state-timeline
    unit: str
    place: dict  # x, y, w, h in cells
    is_stacked: bool
    queries: list


def panels(rate_interval="1m", instance=".*"):
    """All panels, Grafana's variables put in."""
    def query(target):
        return Query(target["expr"].replace("$__rate_interval", rate_interval)
                     .replace("$instance", instance), target.get("legendFormat", ""))

    def panel(read):
        defaults = read["fieldConfig"]["defaults"]
        stacking = defaults.get("custom", {}).get("stacking", {})
        return Panel(read["title"], read["type"], defaults["unit"], read["gridPos"],
                     stacking.get("mode") == "normal", [query(target) for target in read["targets"]])
    return [panel(read) for read in json.loads(FILE.read_text(encoding="utf-8"))["panels"]]

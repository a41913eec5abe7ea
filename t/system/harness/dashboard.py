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
    is_logarithmic: bool
    colours: dict  # by the name of a series, where it has one of its own
    queries: list


def colours(overrides):
    return {override["matcher"]["options"]: choice["value"]["fixedColor"]
            for override in overrides for choice in override["properties"]
            if choice["id"] == "color"}


def panels(rate_interval="1m", instance=".*"):
    """All panels, Grafana's variables put in."""
    def query(target):
        return Query(target["expr"].replace("$__rate_interval", rate_interval)
                     .replace("$instance", instance), target.get("legendFormat", ""))

    def panel(read):
        defaults = read["fieldConfig"]["defaults"]
        custom = defaults.get("custom", {})
        return Panel(read["title"], read["type"], defaults["unit"], read["gridPos"],
                     custom.get("stacking", {}).get("mode") == "normal",
                     custom.get("scaleDistribution", {}).get("type") == "log",
                     colours(read["fieldConfig"]["overrides"]),
                     [query(target) for target in read["targets"]])
    return [panel(read) for read in json.loads(FILE.read_text(encoding="utf-8"))["panels"]]

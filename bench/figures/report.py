"""Figures beside what they are compared with and what they have to be: rows, table, JSON."""
import dataclasses
import json
import statistics

WIDTHS = "{:<60} {:>8} {:>8} {:<18} {:>5}  {:<7} {}"


@dataclasses.dataclass
class Row:
    """One line. A ratio is vmapd's figure divided by the other's, the median over the rounds of
    what each round came to; a target is for the ratio if there is one, else for the figure."""
    group: str
    name: str
    vmapd: float
    other: float | None = None
    compared_with: str = ""
    ratio: float | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def verdict(self):
        value = self.ratio if self.ratio is not None else self.vmapd
        if self.at_least is not None:
            return "met" if value >= self.at_least else "missed"
        if self.at_most is not None:
            return "met" if value <= self.at_most else "missed"
        return ""

    @property
    def target(self):
        if self.at_least is not None:
            return f">= {self.at_least:g}"
        if self.at_most is not None:
            return f"<= {self.at_most:g}"
        return ""


def compared(group, name, vmapd, other, compared_with, **target):
    """A row of two series, the same rounds in both."""
    ratio = statistics.median(a / b for a, b in zip(vmapd, other, strict=True))
    return Row(group, name, statistics.median(vmapd), statistics.median(other), compared_with,
               ratio, **target)


def alone(group, name, values, **target):
    return Row(group, name, statistics.median(values), **target)


def interleaved(rounds, measures):
    """Call each measure once in every round, beginning with another one each time, so that what
    else goes on in the machine comes to all of them. The results by name, in order of rounds."""
    names = list(measures)
    results = {name: [] for name in names}
    for number in range(rounds):
        shift = number % len(names)
        for name in names[shift:] + names[:shift]:
            results[name].append(measures[name]())
    return results


def number(value):
    """Three significant digits, or all of those before the point."""
    if value is None:
        return ""
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"


def table(rows):
    lines = [WIDTHS.format("", "vmapd", "other", "", "ratio", "target", "").rstrip()]
    group = None
    for row in rows:
        if row.group != group:
            group = row.group
            lines += ["", group]
        ratio = f"{row.ratio:.2f}" if row.ratio is not None else ""
        lines.append(WIDTHS.format("  " + row.name, number(row.vmapd), number(row.other),
                                   row.compared_with, ratio, row.target, row.verdict).rstrip())
    return "\n".join(lines)


def write_json(path, rows, about):
    """about: further members, e.g. what machine it was."""
    members = [{**dataclasses.asdict(row), "target": row.target, "verdict": row.verdict}
               for row in rows]
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**about, "rows": members}, file, indent=1)
        file.write("\n")

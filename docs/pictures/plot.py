"""The panels of a dashboard as one picture, by gnuplot: each panel in its place of the grid, with
what its queries gave, and with a line at each event."""
import math
import subprocess
from itertools import count, cycle

CELL_WIDTH, CELL_HEIGHT, HEADER, COLUMNS = 54, 30, 84, 24
PALETTE = {"green": "#56a64b", "blue": "#3274d9", "yellow": "#e0b400", "red": "#e02f44",
           "purple": "#a352cc", "orange": "#ff780a", "cyan": "#2bb5b5"}
AXES = ("set border 3 lc rgb '#888888'; set xtics nomirror; set ytics nomirror; "
        "set tics scale 0.4; set grid ytics lc rgb '#dddddd' lt 1")
NO_AXES = "unset border; unset tics; unset grid"


def human(value, unit):
    """The one number of a "stat" panel."""
    if not math.isfinite(value):
        return "-"
    if unit == "percentunit":
        return f"{value * 100:.1f} %"
    return f"{value:.3g}" + (" / s" if unit in ("reqps", "ops") else "")


def edges(place):
    """Of a panel, in dots: left, right, top, bottom."""
    left, top = place["x"] * CELL_WIDTH, HEADER + place["y"] * CELL_HEIGHT
    return left, left + place["w"] * CELL_WIDTH, top, top + place["h"] * CELL_HEIGHT


def legend_rows(names, width):
    in_a_row = max(1, width // (9 * max(map(len, names)) + 50))
    return math.ceil(len(names) / in_a_row)


def scale(unit, top):
    """What numbers are divided by, and how they are written then."""
    if unit == "s":
        return 1, "%.0s %cs"
    if unit == "bytes":
        return 2 ** 20, "%g MiB"
    return (1000, "%gk") if top >= 1000 else (1, "%g")


def steps(points):
    """Each value until the next."""
    for (when, value), (until, _) in zip(points, points[1:] + points[-1:]):
        yield from ((when, value), (until, value))


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Picture:
    def __init__(self, path, seconds, events, lines):
        """events: [(second, letter)]; lines: of text above all."""
        self.seconds, self.events = seconds, events
        self._script = []
        self._blocks = count(1)
        self._rows = 0
        self._path, self._lines = path, lines

    def add(self, panel, series):
        """series: [(name, [(second, value)])], in the order of the legend."""
        self._rows = max(self._rows, panel.place["y"] + panel.place["h"])
        self._script.append((panel, series))

    def write(self):
        height = HEADER + self._rows * CELL_HEIGHT
        width = COLUMNS * CELL_WIDTH
        script = [
            f'set terminal pngcairo size {width},{height} font "DejaVu Sans,10" noenhanced '
            'background "#ffffff"',
            "set encoding utf8", f"set output {quoted(str(self._path))}",
            "set multiplot", f"set xrange [0:{self.seconds}]", "set style fill solid noborder",
            "set key off", *self._header(width, height)]
        for panel, series in self._script:
            script += self._place(panel, [name for name, _ in series], width, height)
            script += self._panel(panel, series)
        subprocess.run(["gnuplot"], input="\n".join([*script, "unset multiplot"]), text=True,
                       check=True)

    def _header(self, width, height):
        """The lines of text, and the frames of all panels."""
        labels = [f"set label {quoted(line)} at screen 0.01,{1 - (18 + 20 * number) / height} "
                  f'font "DejaVu Sans,{14 if number == 0 else 10}"'
                  for number, line in enumerate(self._lines)]
        frames = []
        for panel, _ in self._script:
            left, right, top, bottom = edges(panel.place)
            frames.append(f"set object rectangle from screen {(left + 3) / width},"
                          f"{1 - (top + 3) / height} to screen {(right - 3) / width},"
                          f"{1 - (bottom - 3) / height} fillstyle empty border lc rgb '#d0d0d0'")
        return [*labels, *frames, NO_AXES, "set yrange [0:1]", "plot -1", "unset object"]

    def _place(self, panel, names, width, height):
        left, right, top, bottom = edges(panel.place)
        before, below = (14, 14) if panel.kind == "stat" else \
            (64, 34 + 16 * legend_rows(names, right - left))
        self._middle = f"screen {(left + right) / 2 / width},{1 - (top + bottom + 20) / 2 / height}"
        self._name = f"screen {(left + 14) / width},{1 - (top + 18) / height}"
        self._legend = f"screen {(left + 14) / width},{1 - (bottom - 10) / height}"
        return [f"set lmargin at screen {(left + before) / width}",
                f"set rmargin at screen {(right - 24) / width}",
                f"set tmargin at screen {1 - (top + 44) / height}",
                f"set bmargin at screen {1 - (bottom - below) / height}"]

    def _panel(self, panel, series):
        draw = {"stat": self._stat, "timeseries": self._lines_of,
                "state-timeline": self._states}[panel.kind]
        return ["unset arrow; unset label; unset logscale; set yrange [0:*]", AXES,
                f"set label {quoted(panel.title)} at {self._name} font 'DejaVu Sans Bold,10'",
                *draw(panel, series), "set key off"]

    def _data(self, points):
        name = f"$data{next(self._blocks)}"
        return name, "\n".join([f"{name} << EOD", *(f"{when} {value}" for when, value in points),
                                "EOD"])

    def _stat(self, panel, series):
        """The last value, and behind it how it came about."""
        (points,) = [points for _, points in series] or [[]]
        name, data = self._data(points)
        text = human(points[-1][1], panel.unit) if points else "no data"
        return [data, NO_AXES,
                f"set label {quoted(text)} at {self._middle} center front "
                "font 'DejaVu Sans Bold,20'",
                f"plot {name} using 1:2 with filledcurves y1=0 lc rgb '#d6e8d2'"]

    def _events(self):
        for second, letter in self.events:
            yield (f"set arrow from {second},graph 0 to {second},graph 1 nohead "
                   "lc rgb '#999999' dt 3 back")
            yield f"set label '{letter}' at {second},graph 1.04 center tc rgb '#666666'"

    def _axes(self, panel, number_format, top):
        yield "set xtics (" + ", ".join(f'"{second // 60} min" {second}'
                                        for second in range(0, self.seconds + 1, 60)) + ")"
        yield f"set format y {quoted(number_format)}"
        if panel.is_logarithmic:
            yield "set logscale y; set yrange [*:*]"
        elif top == 0:
            yield "set yrange [0:1]"

    def _lines_of(self, panel, series):
        top = max((value for _, points in series for _, value in points if math.isfinite(value)),
                  default=0)
        divisor, number_format = scale(panel.unit, top)
        script = [*self._events(), *self._axes(panel, number_format, top)]
        plots, below = [], {}
        script.append(f"set key at {self._legend} left bottom Left reverse horizontal "
                      "samplen 1.2 font 'DejaVu Sans,9'")
        for (legend, points), colour in zip(series, cycle(PALETTE)):
            colour = PALETTE[panel.colours.get(legend, colour)]
            title = f"lc rgb '{colour}' title {quoted(legend)}"
            if panel.is_stacked:
                points = [(when, below.get(when, 0), below.get(when, 0) + value)
                          for when, value in points if math.isfinite(value)]
                below.update((when, high) for when, _, high in points)
                name, data = self._data([(when, f"{low} {high}") for when, low, high in points])
                plots.append(f"{name} using 1:($2/{divisor}):($3/{divisor}) with filledcurves "
                             f"{title}")
            else:
                name, data = self._data(points)
                plots.append(f"{name} using 1:($2/{divisor}) with lines lw 1.6 {title}")
            script.append(data)
        return [*script, "plot " + ", ".join(plots)]

    def _states(self, panel, series):
        script, plots = [*self._events(), *self._axes(panel, "", 1)], []
        for number, (legend, points) in enumerate(series):
            name, data = self._data(steps(points))
            script += [data, f"set label {quoted(legend)} at graph 0.01,first {number + 0.5} front"]
            plots += [f"{name} using 1:({number}.1):({number}.9) with filledcurves "
                      "lc rgb '#9fd19a'",
                      f"{name} using 1:({number}.1):({number}.1 + 0.8 * $2) with filledcurves "
                      "lc rgb '#e02f44'"]
        return [*script, f"set yrange [0:{len(series)}]; unset ytics; unset grid",
                "plot " + ", ".join(plots)]

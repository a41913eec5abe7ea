"""The pictures of docs/, of a vmapd at work: `vmapctl top`, and what the queries of the Grafana
dashboard (conf/) show of five minutes in which this and that happens. Private servers on loopback,
in one directory that is gone afterwards."""
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(SOURCE / "t/system"), str(SOURCE / "docs/pictures")]

# pylint: disable=wrong-import-position
from harness import mailsystem  # noqa: E402
from harness.dashboard import panels  # noqa: E402
from harness.mariadb import MariaDB  # noqa: E402
from harness.process import free_port  # noqa: E402
from harness.prometheus import Prometheus  # noqa: E402
from harness.terminal import Terminal  # noqa: E402
from harness.vmapd import VMAPCTL, Vmapd  # noqa: E402
from load import ROWS, Load  # noqa: E402
from plot import Picture  # noqa: E402
from screen import svg  # noqa: E402

SECONDS, STEP, RATE_INTERVAL = 300, 2, "8s"

CACHE = "max_size = 4M\nttl = 40s\nnegative_ttl = 20s"


class Site:
    def __init__(self, directory):
        self.mariadb = MariaDB(f"{directory}/mariadb")
        self.target = f"127.0.0.1:{free_port()}"
        self.vmapd = Vmapd(directory, mailsystem.vmapd_conf(
            self.mariadb, directory, server=f"metrics = inet:{self.target}", cache=CACHE))
        self.prometheus = Prometheus(f"{directory}/prometheus", self.target, f"{STEP}s")
        self.load = Load(self.vmapd.address)
        self.screen = None
        self._end_attack = None

    def start(self):
        self.mariadb.start()
        mailsystem.load_database(self.mariadb)
        self.mariadb.sql(ROWS, mailsystem.DATABASE)
        self.vmapd.start()
        self.prometheus.start()
        self.load.add(60, 5, unknown=0.1)

    def stop(self):
        self.load.stop()
        for server in (self.prometheus, self.vmapd, self.mariadb):
            server.stop()

    def flush(self):
        self.vmapd.ctl("flush")

    def start_attack(self):
        self._end_attack = self.load.add(20, 30, unknown=1)

    def end_attack(self):
        self._end_attack()

    def look(self):
        """What vmapctl top shows of two seconds."""
        terminal = Terminal(VMAPCTL, "-s", self.vmapd.control, "top", "-d", "2", "-n", "2")
        terminal.end()
        self.screen = terminal.screens()[-1]
        terminal.close()


# Second, what happens, and how the picture calls it.
EVENTS = [
    (50, Site.flush, "vmapctl flush"),
    (90, lambda site: site.mariadb.stop(), "the database stops"),
    (135, lambda site: site.mariadb.start(), "it is back"),
    (175, lambda site: site.mariadb.pause(), "it hangs"),
    (195, lambda site: site.mariadb.resume(), "it goes on"),
    (225, Site.start_attack, "somebody guesses addresses"),
    (260, Site.look, None),
    (275, Site.end_attack, "and gives up"),
]


def play(site):
    began = time.time()
    for second, act, _ in EVENTS:
        time.sleep(max(0, began + second - time.time()))
        act(site)
    time.sleep(max(0, began + SECONDS - time.time()))
    return began


def draw_dashboard(site, began, path):
    shown = [event for event in EVENTS if event[2] is not None]
    letters = [(second, chr(ord("A") + number)) for number, (second, _, _) in enumerate(shown)]
    legend = "   ".join(f"{letter}: {what}" for (_, letter), (_, _, what) in zip(letters, shown))
    picture = Picture(path, SECONDS, letters, [
        "vmapd: the queries of conf/grafana-dashboard.json, with real data",
        f"A small site made to show everything in five minutes ({CACHE.replace(chr(10), ', ')}).",
        legend])
    for panel in panels(RATE_INTERVAL):
        series = [(query.name(labels), [(when - began, value) for when, value in points])
                  for query in panel.queries
                  for labels, points in site.prometheus.query_range(
                      query.expression, began, began + SECONDS, STEP)]
        without_data = len(panel.queries) - len(series)
        if without_data > 0:
            raise RuntimeError(f"{panel.title}: {without_data} queries have no data")
        picture.add(panel, series)
    picture.write()


def main():
    directory = tempfile.mkdtemp(prefix="vmapd-pictures-", dir="/tmp")
    os.chmod(directory, 0o755)
    site = Site(directory)
    try:
        site.start()
        print(f"Watching for {SECONDS} seconds ...", flush=True)
        began = play(site)
        draw_dashboard(site, began, SOURCE / "docs/dashboard.png")
        (SOURCE / "docs/top.svg").write_text(svg(site.screen), encoding="utf-8")
    finally:
        site.stop()
        shutil.rmtree(directory, ignore_errors=True)
    print("docs/dashboard.png and docs/top.svg are new.")


if __name__ == "__main__":
    if os.geteuid() != 0:  # the servers' own users have to be had
        os.execvp("sudo", ["sudo", "--preserve-env=VMAPD_BUILD", sys.executable, *sys.argv])
    main()

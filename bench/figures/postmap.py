"""postmap -q -: one process asks one table for many keys, one after the other. It and whoever answers
take turns, so all of them share a processor."""
import subprocess
import time
from pathlib import Path

from figures.postfix import Instance, tables
from figures.process import on_one_processor
from figures.report import compared, interleaved
from figures.site import null_server, run, user

GROUP = "postmap -q -, 20 000 keys"
KEYS = 20_000


class _Postmap:
    """postmap on the mailboxes table of each kind."""

    def __init__(self, site, config, vmapd):
        self.config = config
        self.vmapd = vmapd
        self.keys = site.write_lines("postmap-keys", map(user, range(KEYS)))
        self.output = site.path("postmap-output")
        self.answers = "".join(f"{user(index)}\t1\n" for index in range(KEYS))
        self.tables = {
            "mysql, unix socket": f"mysql:{site.cf_file('mailboxes', site.unix)}",
            "mysql, TCP": f"mysql:{site.cf_file('mailboxes', site.tcp)}",
            "lmdb": f"lmdb:{self._index(site)}",
            "null_libevent": f"socketmap:unix:{site.path('null-postmap')}:mailboxes",
            "vmapd": f"socketmap:{vmapd.address}:mailboxes",
        }

    def _index(self, site):
        path = site.write_lines("mailboxes", (f"{user(index)} 1" for index in range(KEYS)))
        run("postmap", "-c", self.config, f"lmdb:{path}")
        return path

    def ask(self, kind):
        """Keys per second, all answers right. From file to file: a pipe's other end would take turns
        with them, too."""
        with open(self.keys, "rb") as keys, open(self.output, "wb") as output:
            began = time.monotonic()
            result = subprocess.run(["postmap", "-c", self.config, "-q", "-", self.tables[kind]],
                                    stdin=keys, stdout=output, stderr=subprocess.PIPE, check=False)
            seconds = time.monotonic() - began
        if Path(self.output).read_text(encoding="utf-8") != self.answers:
            raise RuntimeError(f"postmap on {self.tables[kind]}: wrong answers; {result.stderr}")
        return KEYS / seconds

    def ask_cold(self):
        self.vmapd.ctl("flush")
        return self.ask("vmapd")


def _results(site, arguments):
    """The other kinds of tables, and for each kind its figures by round."""
    null = null_server("null_libevent", site.path("null-postmap"))
    instance = Instance(site, "postfix-postmap", tables(site, site.tcp)["proxy:mysql"])
    vmapd = site.vmapd("postmap", site.unix)
    vmapd.start()
    instance.start()  # for its proxymap
    try:
        postmap = _Postmap(site, instance.postfix.config, vmapd)
        postmap.tables["proxy:mysql"] = instance.tables["mailboxes"]
        kinds = [kind for kind in postmap.tables if kind != "vmapd"]
        measures = {kind: lambda kind=kind: postmap.ask(kind) for kind in kinds}
        # A cold round leaves the cache as the hot one needs it.
        measures["vmapd"] = lambda: (postmap.ask_cold(), postmap.ask("vmapd"))
        return kinds, interleaved(arguments.rounds, measures)
    finally:
        instance.stop()
        vmapd.stop()
        null.stop()


def measure(site, arguments):
    with on_one_processor(site.mariadb.process.pid):
        kinds, results = _results(site, arguments)
    targets = {"mysql, unix socket": 3.5, "proxy:mysql": 8}
    for place, words in enumerate(("cold", "hot")):
        for kind in kinds:
            yield compared(GROUP, f"lookups/s, {words}",
                           [result[place] for result in results["vmapd"]], results[kind], kind,
                           at_least=targets.get(kind) if words == "hot" else None)
    for kind in targets:
        yield compared(GROUP, "  the limit: null_libevent instead of vmapd",
                       results["null_libevent"], results[kind], kind)

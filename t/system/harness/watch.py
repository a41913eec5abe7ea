"""Whether vmapd's event loop goes on while something else does not: how soon the control socket
answers, and the longest stall that the loop has seen of itself."""
import json
import threading
import time
from collections import deque

from harness.control import control

# What a loop that never blocks needs for a turn, by the project's own promise.
STALL_MS = 50


def _waited_for_cpu_ms(pid):
    """How long the process could have run, but others did (proc(5), schedstat)."""
    with open(f"/proc/{pid}/schedstat", encoding="ascii") as file:
        return int(file.read().split()[1]) / 1e6


class Watch:
    """with Watch(daemon) as watch: ...; then watch.check() and str(watch)."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.longest_control_ms = 0.0
        self.answers = 0
        self.stall_ms = daemon.stats()["loop_stall_max_us"] / 1000  # of earlier times
        self.own_stall_ms = 0.0
        self._problem = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        # What had been waited for a CPU at the last answers: a stall that is new in this answer began
        # after the one before the last.
        self._waited = deque([_waited_for_cpu_ms(daemon.process.pid)] * 2, maxlen=2)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        time.sleep(0.15)  # the loop looks at itself ten times a second, at least
        self._look()

    def _look(self):
        begin = time.monotonic()
        try:
            status, text = control(self.daemon.control, "stats", "--json")
            assert status == 0
            stall_ms = json.loads(text)["loop_stall_max_us"] / 1000
        except (OSError, ValueError, AssertionError) as error:
            self._problem = self._problem or repr(error)
            return
        self.longest_control_ms = max(self.longest_control_ms, (time.monotonic() - begin) * 1000)
        self.answers += 1
        waited = _waited_for_cpu_ms(self.daemon.process.pid)
        if stall_ms > self.stall_ms:
            self.stall_ms = stall_ms
            self.own_stall_ms = max(self.own_stall_ms, stall_ms - (waited - self._waited[0]))
        self._waited.append(waited)

    def _run(self):
        while self._problem is None and (self.answers == 0 or not self._over.wait(0.02)):
            self._look()

    def check(self):
        """The stalls that are vmapd's own. Time that it waited for a CPU just then is the machine's,
        and control answers also wait for this process: they have a looser bound."""
        assert self._problem is None, self._problem
        assert self.answers > 0
        assert self.own_stall_ms < STALL_MS, str(self)
        assert self.longest_control_ms < 1000, str(self)

    def __str__(self):
        return (f"longest stall {self.stall_ms:.1f} ms (without waits for a CPU: "
                f"{self.own_stall_ms:.1f} ms), slowest of {self.answers} control answers "
                f"{self.longest_control_ms:.1f} ms")

"""Whether vmapd's event loop goes on while something else does not: how soon the control socket
answers, and the longest stall that the loop has seen of itself."""
import threading
import time

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
        self.stall_ms = self.waited_ms = 0.0
        self._problem = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._waited_before = _waited_for_cpu_ms(daemon.process.pid)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        time.sleep(0.15)  # the loop looks at itself ten times a second
        self.waited_ms = _waited_for_cpu_ms(self.daemon.process.pid) - self._waited_before
        self.stall_ms = self.daemon.stats()["loop_stall_max_us"] / 1000

    def _run(self):
        while self.answers == 0 or not self._over.wait(0.02):
            begin = time.monotonic()
            try:
                assert control(self.daemon.control, "ping")[0] == 0
            except (OSError, ValueError, AssertionError) as error:
                self._problem = repr(error)
                return
            self.longest_control_ms = max(self.longest_control_ms,
                                          (time.monotonic() - begin) * 1000)
            self.answers += 1

    def check(self):
        """The stalls that are vmapd's own. Time that it waited for a CPU is the machine's, and
        control answers also wait for this process: they have a looser bound."""
        assert self._problem is None, self._problem
        assert self.answers > 0
        assert self.stall_ms < STALL_MS + self.waited_ms, str(self)
        assert self.longest_control_ms < 1000, str(self)

    def __str__(self):
        return (f"longest stall {self.stall_ms:.1f} ms (waited for a CPU: {self.waited_ms:.0f} ms), "
                f"slowest of {self.answers} control answers {self.longest_control_ms:.1f} ms")

"""One server process: started with its output in a log file, watched, stopped by its pid."""
import os
import random
import signal
import socket
import subprocess
import time


def wait_until(condition, what, timeout=20.0):
    """Return the first true value of condition(); an error that says what did not happen."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout:g} s")
        time.sleep(0.01)


def port_range():
    """Where this process of the tests may have its servers. Below the range of outgoing connections: a
    client that tries in vain to reach a stopped server on such a port would at last connect to itself.
    Processes that run beside each other (pytest-xdist) have different ones, so that none takes the port
    of a server that another has stopped for a moment."""
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    size = 20000 // count
    first = 12000 + size * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    return range(first, first + size)


_GIVEN = set()


def free_port():
    """A TCP port that nobody uses, or will be given."""
    while True:
        port = random.choice(port_range())
        if port in _GIVEN:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                _GIVEN.add(port)
                return port
            except OSError:
                pass


def accepts(family, address):
    """Whether somebody listens there."""
    with socket.socket(family) as probe:
        probe.settimeout(1)
        try:
            probe.connect(address)
            return True
        except OSError:
            return False


def is_running(pid):
    """Whether a process that is not our child lives; a zombie that nobody collects does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(") ")[2][:1] not in ("Z", "X")
    except OSError:
        return False


def tail(path, lines=60):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:])
    except OSError as error:
        return f"({error})\n"


class Process:
    """A child that we started. Its log survives restarts of the same object."""

    def __init__(self, argv, log, env=None):
        self.argv = [str(arg) for arg in argv]
        self.log = str(log)
        self.env = {**os.environ, **(env or {})}
        self.child = None

    def start(self, **options):
        assert not self.alive()
        with open(self.log, "ab") as output:
            self.child = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=output,
                                          stderr=output, env=self.env, start_new_session=True,
                                          **options)

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child is not None and self.child.poll() is None

    def send(self, signum):
        self.child.send_signal(signum)

    def wait(self, timeout=20.0):
        """The exit code; a process that does not end is killed and reported."""
        try:
            return self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise TimeoutError(f"{self.argv[0]} did not end within {timeout:g} s:\n"
                               f"{tail(self.log)}") from None

    def stop(self, timeout=20.0):
        """SIGTERM; its exit code. A paused process is resumed first."""
        if self.alive():
            self.send(signal.SIGCONT)
            self.send(signal.SIGTERM)
        return self.wait(timeout) if self.child is not None else None

    def kill(self):
        """SIGKILL: no farewell."""
        if self.alive():
            self.child.kill()
        self.child.wait()

    def pause(self):
        """SIGSTOP, and wait until the last of its threads has stopped: those on other processors
        go on for a moment after the signal has been sent."""
        self.send(signal.SIGSTOP)
        os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)

    def resume(self):
        self.send(signal.SIGCONT)

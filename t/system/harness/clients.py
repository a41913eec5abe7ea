"""Clients that ask without pause while something happens to the database, and the count of what they
were told: each answer is compared with the only right one."""
import random
import threading
import time
from collections import Counter

from harness.process import wait_until


class Tally:
    """Replies judged: right, wrong (another value, or "not found" for a key that exists, or the
    other way round), temporary (TEMP, TIMEOUT); and the longest wait for one."""

    def __init__(self):
        self.right = self.wrong = self.temporary = 0
        self.statuses = Counter()
        self.longest = 0.0
        self.problems = []
        self.reasons = Counter()
        self.lock = threading.Lock()

    @property
    def total(self):
        return self.right + self.wrong + self.temporary

    def judge(self, key, reply, expected, seconds):
        """expected: the value, or None for "not found"."""
        with self.lock:
            self.statuses[reply.status] += 1
            self.longest = max(self.longest, seconds)
            if reply.status in ("TEMP", "TIMEOUT"):
                self.temporary += 1
                self.reasons[reply.text] += 1
            elif tuple(reply) == (("NOTFOUND", "") if expected is None else ("OK", expected)):
                self.right += 1
            else:
                self.wrong += 1
                self.problems.append(f"{key}: {reply}, expected {expected}")

    def __str__(self):
        return (f"{self.right} right, {self.wrong} wrong, {self.temporary} temporary, "
                f"longest {self.longest * 1000:.0f} ms")


class Clients(Tally):
    """Threads that ask one map, each on a connection of its own that must not be closed. keys: a
    list, whose members are their own values; or a dict."""

    def __init__(self, daemon, table, keys, count=8, patience=30.0):
        super().__init__()
        self.daemon, self.table, self.patience = daemon, table, patience
        self.expected = keys if isinstance(keys, dict) else {key: key for key in keys}
        self.keys = list(self.expected)
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(count)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, count, status=None, timeout=60.0):
        """Until that many further replies (of one status) have come, or something is wrong."""
        def have():
            with self.lock:
                return self.statuses[status] if status else self.statuses.total()
        goal = have() + count
        wait_until(lambda: have() >= goal or self.problems, f"{count} more replies", timeout)

    def _run(self, number):
        choose = random.Random(number)
        try:
            with self.daemon.client(self.patience) as client:
                while not self._over.is_set():
                    ask_and_judge(self, client, self.table, choose.choice(self.keys), self.expected)
        except (OSError, EOFError, AssertionError) as error:
            self.problems.append(repr(error))


def ask_and_judge(tally, client, table, key, expected):
    begin = time.monotonic()
    reply = client.ask(table, key)
    tally.judge(key, reply, expected[key], time.monotonic() - begin)
    return reply


def ask_all(daemon, table, keys):
    """Ask for each key once, one after the other; keys as for Clients."""
    expected = keys if isinstance(keys, dict) else {key: key for key in keys}
    tally = Tally()
    with daemon.client() as client:
        for key in expected:
            ask_and_judge(tally, client, table, key, expected)
    return tally

"""Many clients that ask without pause, each time for a key that nobody else asks for, in one thread."""
import itertools
import selectors
import time
from collections import Counter

from harness.socketmap import request


class Crowd:
    """Each key KEY has the value v-KEY."""

    def __init__(self, daemon, table, count):
        self.table = table
        self.statuses = Counter()
        self.wrong = []
        self._keys = itertools.count()
        self._clients = [daemon.client() for _ in range(count)]
        self._selector = selectors.DefaultSelector()

    def __enter__(self):
        for client in self._clients:
            self._selector.register(client.socket, selectors.EVENT_READ, [client, None])
            self._ask(client)
        return self

    def __exit__(self, *exception):
        self._selector.close()
        for client in self._clients:
            client.close()

    def _ask(self, client):
        key = f"k{next(self._keys)}"
        self._selector.get_key(client.socket).data[1] = key
        client.send(request(self.table, key))

    def run(self, seconds):
        """Returns how long it was in fact."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            for ready, _ in self._selector.select(0.1):
                client, key = ready.data
                reply = client.receive()
                self.statuses[reply.status] += 1
                if reply.status == "OK" and reply.text != f"v-{key}":
                    self.wrong.append((key, reply))
                self._ask(client)
        return time.monotonic() - began

    def count(self, status):
        return self.statuses[status]

    def __str__(self):
        return ", ".join(f"{count} {status}" for status, count in self.statuses.items())

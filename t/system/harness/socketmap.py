"""A socketmap client (socketmap_table(5) of Postfix), strict about what it reads."""
import socket
from collections import namedtuple

Reply = namedtuple("Reply", "status text")

STATUSES = ("OK", "NOTFOUND", "TEMP", "TIMEOUT", "PERM")


def netstring(payload):
    return b"%d:%s," % (len(payload), payload)


def request(table, key):
    key = key.encode() if isinstance(key, str) else key
    return netstring(table.encode() + b" " + key)


class Client:
    """One connection; address is unix:/path or inet:host:port."""

    def __init__(self, address, timeout=30.0):
        kind, _, place = address.partition(":")
        if kind == "unix":
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(place)
        else:
            host, _, port = place.rpartition(":")
            self.socket = socket.create_connection((host, int(port)), timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.pending = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def half_close(self):
        """Nothing more will be sent; replies are still read."""
        self.socket.shutdown(socket.SHUT_WR)

    def send(self, data):
        self.socket.sendall(data)

    def receive(self):
        """The next reply; EOFError if the server closes instead."""
        while b":" not in self.pending:
            self._read()
        length, _, self.pending = self.pending.partition(b":")
        assert length.isdigit() and str(int(length)).encode() == length, f"bad netstring {length!r}"
        size = int(length)
        while len(self.pending) < size + 1:
            self._read()
        payload, end = self.pending[:size], self.pending[size:size + 1]
        self.pending = self.pending[size + 1:]
        assert end == b",", f"bad netstring: {payload!r} ends with {end!r}"
        status, space, text = payload.partition(b" ")
        assert space == b" " and status.decode() in STATUSES, f"bad reply {payload!r}"
        return Reply(status.decode(), text.decode(errors="surrogateescape"))

    def ask(self, table, key):
        self.send(request(table, key))
        return self.receive()

    def ask_all(self, table, keys, at_once=100):
        """The replies to all keys in their order, some requests always under way."""
        replies = []
        for start in range(0, len(keys), at_once):
            some = keys[start:start + at_once]
            self.send(b"".join(request(table, key) for key in some))
            replies += [self.receive() for _ in some]
        return replies

    def at_end(self):
        """True when the server has closed the connection and no reply is left unread."""
        if self.pending:
            return False
        try:
            self.pending = self.socket.recv(65536)
        except ConnectionResetError:
            return True
        return not self.pending

    def _read(self):
        data = self.socket.recv(65536)
        if not data:
            raise EOFError(f"the server closed the connection; unread: {self.pending!r}")
        self.pending += data

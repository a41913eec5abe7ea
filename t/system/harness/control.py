"""The control socket without vmapctl, for tests that measure how soon it answers."""
import socket

from harness.socketmap import netstring


def control(path, *words, timeout=30.0):
    """What vmapd says to a command: (exit status for vmapctl, text)."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(timeout)
        connection.connect(path)
        connection.sendall(netstring(b"\0".join(word.encode() for word in words)))
        reply = b""
        while data := connection.recv(65536):
            reply += data
    length, _, rest = reply.partition(b":")
    assert rest.endswith(b",") and len(rest) == int(length) + 1, f"bad netstring: {reply[:100]!r}"
    status, _, text = rest[:-1].decode().partition("\n")
    return int(status), text

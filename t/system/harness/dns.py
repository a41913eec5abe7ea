"""A small name server for one test: its answers are made of the name that is asked for, the same each time. A
program that is started by its launcher asks this one, and no other."""
import ipaddress
import random
import socket
import struct
import threading

from harness import access

A, NS, MX, AAAA = 1, 2, 15, 28
NOT_FOUND, FAILED = 3, 2


def encode(name):
    return b"".join(bytes([len(label)]) + label for label in name.encode("ascii").split(b".")) + b"\0"


def decode(packet, at):
    """(name, where it ends) of a name that is not compressed."""
    labels = []
    while packet[at] != 0:
        labels.append(packet[at + 1:at + 1 + packet[at]])
        at += packet[at] + 1
    return b".".join(labels).decode("ascii").lower(), at + 1


def answers(seed, name, kind):
    """(status, records): what there is of this kind."""
    fate = random.Random(f"{seed} {name}").random()
    if fate < 0.15:
        return NOT_FOUND if fate < 0.1 else FAILED, []
    chance = random.Random(f"{seed} {name} {kind}")
    if kind == A:
        return 0, [ipaddress.IPv4Address(access.ipv4(chance)).packed for _ in range(chance.randrange(3))]
    if kind == AAAA:
        return 0, [ipaddress.IPv6Address(access.ipv6(chance)).packed for _ in range(chance.randrange(2))]
    if kind == NS:
        return 0, [encode(access.names(chance)) for _ in range(chance.randrange(4))]
    if kind == MX:
        return 0, [struct.pack("!H", 10 * i) + encode(access.names(chance)) for i in range(chance.randrange(4))]
    return 0, []


class NameServer:
    def __init__(self, directory, seed):
        self.seed = seed
        self.asked = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(0.2)
        path = f"{directory}/resolv.conf"
        with open(path, "w", encoding="ascii") as file:
            file.write(f"nameserver {self._bind()}\n")
        self.launcher = ["unshare", "--mount", "sh", "-c",
                         'mount --bind "$0" /etc/resolv.conf && exec "$@"', path]
        self._running = True
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _bind(self):
        """Port 53, for resolv.conf knows no other, of an address that nobody has."""
        while True:
            address = ".".join(["127", *(str(random.randrange(1, 255)) for _ in range(3))])
            try:
                self.socket.bind((address, 53))
                return address
            except OSError:
                continue

    def _serve(self):
        while self._running:
            try:
                packet, client = self.socket.recvfrom(4096)
            except TimeoutError:
                continue
            self.asked += 1
            self.socket.sendto(self._reply(packet), client)

    def _reply(self, packet):
        name, end = decode(packet, 12)
        kind, _ = struct.unpack("!HH", packet[end:end + 4])
        status, records = answers(self.seed, name, kind)
        header = packet[:2] + struct.pack("!HHHHH", 0x8580 | status, 1, len(records), 0, 0)
        body = b"".join(b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 60, len(data)) + data
                        for data in records)
        return header + packet[12:end + 4] + body

    def close(self):
        self._running = False
        self._thread.join()
        self.socket.close()

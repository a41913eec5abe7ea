"""A server's binary log as it is sent to a replica: COM_BINLOG_DUMP and COM_BINLOG_DUMP_GTID, by hand, so that
tests see the bytes of real servers. Logs in as root, without a password, on the server's unix socket."""
import socket
import struct

SESSION = ("SET @master_binlog_checksum = @@global.binlog_checksum, @source_binlog_checksum = @@global.binlog_checksum,"
           "@master_heartbeat_period = 100000000, @source_heartbeat_period = 100000000, @mariadb_slave_capability = 4")
HEARTBEATS = (27, 41)
PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH = 0x200, 0x8000, 0x80000


class Dump:
    """A connection; events() after dump() or dump_gtids()."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(20)
        self._socket.connect(path)
        self._buffer = b""
        greeting = self._packet()
        plugin = greeting.rstrip(b"\0").rsplit(b"\0", 1)[-1]
        flags = PROTOCOL_41 | SECURE_CONNECTION | PLUGIN_AUTH
        self._send(struct.pack("<IIB23x", flags, 1 << 24, 45) + b"root\0\0" + plugin + b"\0", 1)
        answer = self._packet()
        while answer[0] in (1, 0xfe):  # more to say, or another plugin, which an empty password suits as well
            if answer[0] == 0xfe:
                self._send(b"", 3)
            answer = self._packet()
        assert answer[0] == 0, answer
        self.query(SESSION)

    def close(self):
        self._socket.close()

    def _bytes(self, count):
        while len(self._buffer) < count:
            more = self._socket.recv(1 << 20)
            if not more:
                raise EOFError("the server has closed the connection")
            self._buffer += more
        taken, self._buffer = self._buffer[:count], self._buffer[count:]
        return taken

    def _packet(self):
        length = 0xffffff
        packet = b""
        while length == 0xffffff:
            length = int.from_bytes(self._bytes(4)[:3], "little")
            packet += self._bytes(length)
        return packet

    def _send(self, payload, number=0):
        self._socket.sendall(struct.pack("<I", len(payload))[:3] + bytes([number]) + payload)

    def query(self, sql):
        """One that has no rows."""
        self._send(b"\3" + sql.encode())
        answer = self._packet()
        assert answer[0] == 0, answer

    def dump(self, file, position=4, server_id=0x80000001):
        self._send(struct.pack("<BIHI", 0x12, position, 0, server_id) + file.encode())

    def command(self, payload):
        """Any payload, such as vmapd's own."""
        self._send(payload)

    def events(self):
        """Each event's bytes, until the server has sent all: then heartbeats follow each other. (One comes from
        MySQL for transactions that it passes over as well.)"""
        heartbeats = 0
        while heartbeats < 2:
            packet = self._packet()
            if packet[0] != 0:
                raise RuntimeError(packet[3:].decode(errors="replace"))
            event = packet[1:]
            heartbeats = heartbeats + 1 if event[4] in HEARTBEATS else 0
            yield event

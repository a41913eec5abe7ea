"""A TCP proxy between vmapd and MariaDB that does what networks and servers do on bad days."""
import asyncio
import socket
import struct
import threading
from enum import Enum, auto

from harness.process import free_port

CLIENT_SSL = 0x0800  # of the capability flags in the server's greeting


class Fault(Enum):
    """From when it is set, on connections that exist as well as on new ones."""
    NONE = auto()
    SILENCE = auto()    # bytes vanish, in both directions; connections are still accepted
    STALL_TLS = auto()  # new connections: the greeting says TLS, and then nothing comes
    MUTE = auto()       # queries reach the server, its answers vanish
    CUT = auto()        # the answer to a query ends in the middle, with the connection
    DELAY = auto()      # answers come late, by delay_s
    RESET = auto()      # the connection is reset when a query comes
    REFUSE = auto()     # nobody listens, and what was open is reset
    OTHER = auto()      # new connections have another number for the client than for the server
    PAUSE = auto()      # what the server says waits until the fault is over


class Proxy:
    """Runs in a thread of its own until close()."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.port = free_port()
        self.delay_s = 1.0
        self.only = b""  # faults are for connections whose login holds these bytes
        self.connections = 0  # accepted so far
        self.logins = []  # the first bytes that each client has sent
        self._fault = Fault.NONE
        self._writers = set()
        self._server = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._call(self._listen())

    @property
    def fault(self):
        return self._fault

    @fault.setter
    def fault(self, fault):
        self._fault = fault
        self._call(self._hang_up() if fault is Fault.REFUSE else self._listen())

    def close(self):
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, coroutine):
        asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _listen(self):
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def _hang_up(self):
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            reset(writer)

    async def _end(self):
        await self._hang_up()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader, writer):
        self.connections += 1
        try:
            upstream = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            reset(writer)
            return
        pair = _Pair(self, writer, upstream[1])
        self._writers |= {writer, upstream[1]}
        await asyncio.gather(pair.carry(reader, upstream[1], pair.from_client),
                             pair.carry(upstream[0], writer, pair.from_server))
        self._writers -= {writer, upstream[1]}


class _Pair:
    """One connection through the proxy."""

    def __init__(self, proxy, client, server):
        self.proxy, self.client, self.server = proxy, client, server
        self.is_greeted = False
        self.login = b""
        self.is_asked = False  # a SELECT has passed, its answer has not
        # Bytes have vanished. TCP never goes on behind a hole in a stream, so nor does this
        # connection, whatever becomes of the fault.
        self.is_holed = False

    @property
    def fault(self):
        return self.proxy.fault if self.proxy.only in self.login else Fault.NONE

    def swallow(self):
        self.is_holed = True
        return b""

    async def carry(self, reader, writer, judge):
        """Until one side ends; then the other one is ended, too."""
        try:
            while data := await reader.read(65536):
                data = await judge(data)
                if data is None:
                    break
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        if self.fault is not Fault.SILENCE:  # then not even the end gets through
            reset(self.client)
            reset(self.server)

    async def from_client(self, data):
        """What the server gets of it; None: the end."""
        if not self.login:
            self.login = data
            self.proxy.logins.append(data)
        fault = self.fault
        if b"SELECT" in data:
            self.is_asked = True
            if fault is Fault.RESET:
                return None
        return self.swallow() if fault is Fault.SILENCE or self.is_holed else data

    async def from_server(self, data):
        while self.fault is Fault.PAUSE:
            await asyncio.sleep(0.01)
        fault = self.fault
        if not self.is_greeted:
            self.is_greeted = True
            if fault is Fault.STALL_TLS:
                self.is_holed = True
                return with_tls(data)
            if fault is Fault.OTHER:
                return with_another_number(data)
        if fault is Fault.SILENCE or self.is_holed or (fault is Fault.MUTE and self.is_asked):
            return self.swallow()
        if fault is Fault.CUT and self.is_asked:
            self.client.write(data[:len(data) // 2])
            return None
        if fault is Fault.DELAY and self.is_asked:
            await asyncio.sleep(self.proxy.delay_s)
        self.is_asked = False
        return data


def with_tls(greeting):
    """A server's first packet, with the flag for TLS set: header, version, NUL, then 13 bytes."""
    flags = greeting.index(b"\0", 5) + 14
    value, = struct.unpack_from("<H", greeting, flags)
    return (greeting[:flags] + struct.pack("<H", value | CLIENT_SSL) + greeting[flags + 2:])


def with_another_number(greeting):
    """The number of the connection stands behind the version and its NUL."""
    number = greeting.index(b"\0", 5) + 1
    value, = struct.unpack_from("<I", greeting, number)
    return greeting[:number] + struct.pack("<I", value + 1000000) + greeting[number + 4:]


def reset(writer):
    """Close with RST: the other side learns of it at once, whatever it does."""
    sock = writer.get_extra_info("socket")
    if sock is not None and not writer.is_closing():
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.close()

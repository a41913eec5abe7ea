"""The service manager's end of sd_notify(3): a datagram socket that receives what a service tells."""
import os
import socket
import time


class Notifications:
    def __init__(self, path):
        self.path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)

    def environment(self, watchdog_ms=None):
        """What systemd adds for Type=notify, and for WatchdogSec= if it is given."""
        variables = {"NOTIFY_SOCKET": self.path}
        if watchdog_ms is not None:
            variables["WATCHDOG_USEC"] = str(watchdog_ms * 1000)
        return variables

    def wait_for(self, name, timeout=20.0):
        """The next message that sets this variable, as a dictionary; others before it are dropped."""
        deadline = time.monotonic() + timeout
        while True:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                text = self._socket.recv(4096).decode()
            except TimeoutError:
                raise TimeoutError(f"no {name} within {timeout:g} s") from None
            message = dict(line.split("=", 1) for line in text.splitlines())
            if name in message:
                return message

    def drop_all(self):
        """Forget what has come so far; how many messages that were."""
        self._socket.setblocking(False)
        count = 0
        try:
            while self._socket.recv(4096):
                count += 1
        except BlockingIOError:
            return count

    def close(self):
        self._socket.close()
        os.unlink(self.path)

"""Starting a service as systemd does it with socket units: the sockets are open before, stay open
after, and are inherited (sd_listen_fds(3))."""
import os
import shutil
import socket
import sys

# A small step between fork and exec: LISTEN_PID has to be the pid of the service itself.
LAUNCHER = """
import fcntl, os, sys
fds = [fcntl.fcntl(int(fd), fcntl.F_DUPFD, 100) for fd in sys.argv[1].split(",")]
for number, fd in enumerate(fds):
    os.dup2(fd, 3 + number)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(fds)))
os.execv(sys.argv[2], sys.argv[2:])
"""


class ActivationSockets:
    """Listening unix sockets that outlive the service."""

    def __init__(self, *paths, owner=None):
        self._sockets = []
        for path in paths:
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(path)
            os.chmod(path, 0o660)
            if owner is not None:
                shutil.chown(path, owner)
            listener.listen(128)
            self._sockets.append(listener)

    def launch(self, process):
        """Have a harness.process.Process inherit them whenever it starts; options for start()."""
        fds = tuple(listener.fileno() for listener in self._sockets)
        process.argv = [sys.executable, "-c", LAUNCHER, ",".join(map(str, fds)), *process.argv]
        return {"pass_fds": fds}

    def close(self):
        for listener in self._sockets:
            listener.close()

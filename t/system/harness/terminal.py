"""A program on a terminal of its own."""
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios

from harness.process import wait_until

# What vmapctl top draws with.
CLEAR_ROW, HOME, ENTER, LEAVE = b"\x1b[K", b"\x1b[H", b"\x1b[?1049h", b"\x1b[?1049l"


class Terminal:
    """Of 80 columns and 24 rows unless said otherwise."""

    def __init__(self, *command, rows=24, columns=80):
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)
        self.settings = termios.tcgetattr(self.slave)
        self.output = b""

        def own_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        self.process = subprocess.Popen(command, stdin=self.slave, stdout=self.slave,
                                        stderr=self.slave, preexec_fn=own_terminal)

    def resize(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self):
        while select.select([self.master], [], [], 0)[0]:
            self.output += os.read(self.master, 65536)
        return self.output

    def wait_for(self, condition, what):
        return wait_until(lambda: condition(self.read()), what)

    def screens(self):
        """The pages drawn so far, each a list of lines."""
        pages = self.read().partition(ENTER)[2].partition(LEAVE)[0].split(HOME)[1:]
        return [[row.split(CLEAR_ROW)[0].decode() for row in page.split(b"\r\n")]
                for page in pages]

    def end(self):
        code = self.process.wait(10)
        self.read()
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)
        os.close(self.slave)

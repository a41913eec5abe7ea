"""vmapd's decoder of binary logs as a program of its own (binlog_words.c), to hold it against real servers."""
import shutil
import struct
import subprocess
from collections import namedtuple
from pathlib import Path

from harness.vmapd import BUILD, SOURCE

Word = namedtuple("Word", "kind said database table is_commit name position reason")


class Words:
    """The program, compiled below directory. Sanitizers are always linked, since its archives may want them."""

    def __init__(self, directory):
        self._program = f"{directory}/binlog_words"
        subprocess.run([shutil.which("cc"), "-D_GNU_SOURCE", "-g", "-fsanitize=address,undefined",
                        f"-I{SOURCE}/include/binlog", f"-I{SOURCE}/include/base", "-o", self._program,
                        Path(__file__).with_suffix(".c"), BUILD / "lib/binlog.a", BUILD / "lib/base.a",
                        "-lz", "-pthread"], check=True)

    def _run(self, *arguments, **options):
        return subprocess.run([self._program, *arguments], capture_output=True, check=True, **options).stdout

    def of(self, vendor, events):
        """A Word for each event."""
        frames = b"".join(struct.pack("<I", len(event)) + event for event in events)
        lines = self._run(vendor, input=frames).decode().splitlines()
        words = [Word(*line.split("\t")) for line in lines]
        return [word._replace(kind=int(word.kind), is_commit=word.is_commit == "1", position=int(word.position))
                for word in words]

    def dump_from(self, name, position):
        """The command that vmapd would send."""
        return self._run("file", name, str(position))

    def dump_after(self, gtids):
        return self._run("gtids", gtids)

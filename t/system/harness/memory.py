"""How much memory a daemon has, in bytes, and how many descriptors and threads."""
import os

from harness.vmapd import VMAPD

# AddressSanitizer keeps what was freed for a while and surrounds what was not.
IS_SANITIZED = b"__asan_init" in VMAPD.read_bytes()


def _status(process, name):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError(f"no {name}")


def rss(process):
    """Resident memory of a harness.process.Process."""
    return _status(process, "VmRSS")


def peak(process):
    """The most resident memory that it ever had."""
    return _status(process, "VmHWM")


def address_space(process):
    return _status(process, "VmSize")


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def threads(process):
    return len(os.listdir(f"/proc/{process.pid}/task"))


def bound(size):
    """What a bound in bytes means for this build."""
    return size * 10 + (300 << 20) if IS_SANITIZED else size

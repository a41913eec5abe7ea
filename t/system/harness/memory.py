"""How much memory a daemon has, in bytes, and how many descriptors and threads."""
import os

from harness.vmapd import VMAPD

# AddressSanitizer keeps what was freed for a while and surrounds what was not.
IS_SANITIZED = b"__asan_init" in VMAPD.read_bytes()


def rss(process):
    """Resident memory of a harness.process.Process."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("no VmRSS")


def descriptors(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


def threads(process):
    return len(os.listdir(f"/proc/{process.pid}/task"))


def bound(size):
    """What a bound in bytes means for this build."""
    return size * 10 + (300 << 20) if IS_SANITIZED else size

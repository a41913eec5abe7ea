"""What running processes have taken so far, from /proc, and where they run."""
import contextlib
import os

TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    """The fields of /proc/PID/stat that follow the name; proc(5) counts them from 3."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(") ")[2].split()


def _threads(pid):
    return [int(name) for name in os.listdir(f"/proc/{pid}/task")]


@contextlib.contextmanager
def on_one_processor(*pids):
    """These processes, this one, and whatever it starts meanwhile, share a processor. Who takes turns
    is slowed down many times over by a scheduler that puts one here and one there: each turn then waits
    for a processor that sleeps."""
    before = os.sched_getaffinity(0)
    for pid in (os.getpid(), *pids):
        for thread in _threads(pid):
            os.sched_setaffinity(thread, {min(before)})
    try:
        yield
    finally:
        for pid in (os.getpid(), *pids):
            for thread in _threads(pid):
                os.sched_setaffinity(thread, before)


def memory(pid):
    """Resident bytes."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def cpu_seconds(pid):
    """Of the process and the children that it has outlived."""
    return sum(map(int, _stat(pid)[11:15])) / TICK


def family_cpu_seconds(parent):
    """Of the process and all its children."""
    seconds = cpu_seconds(parent)
    for name in os.listdir("/proc"):
        try:
            if name.isdigit() and int(_stat(name)[1]) == parent:
                seconds += cpu_seconds(name)
        except OSError:  # has ended meanwhile
            pass
    return seconds

"""What running processes have taken so far, from /proc."""
import os

TICK = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    """The fields of /proc/PID/stat that follow the name; proc(5) counts them from 3."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(") ")[2].split()


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

"""What a program asked of the kernel that AppArmor would have a say in, from the output of strace -y: files
with the access that they were opened for, and kinds of sockets. What failed counts as well: next time the
file may be there."""
import re

SYSCALLS = ("execve,?open,openat,?unlink,unlinkat,?rename,?renameat,renameat2,?mkdir,mkdirat,mmap,socket,bind,"
            "connect,sendto,sendmsg")
ARGUMENTS = ("-f", "-qq", "-y", "-s", "300", "-e", f"trace={SYSCALLS}")

CALL = re.compile(r"(\w+)\((.*)")
UNFINISHED = " <unfinished ...>"
RESUMED = re.compile(r"<\.\.\. \w+ resumed>(.*)")
# openat(3</var/lib/vmapd>, "cache", ... and openat(AT_FDCWD, "/etc/hosts", ...
AT = r'(?:\w+(?:<([^>]*)>)?, )?"((?:[^"\\]|\\.)*)"'
OPEN = re.compile(AT + r", ([A-Z_|]+)")
NAME = re.compile(AT)
RENAME = re.compile(f"{AT}, {AT}")
MAP = re.compile(r"\w+, \d+, ([A-Z_|]+), [A-Z_|]+, \d+<(/[^>]*)>")
SOCKET = re.compile(r"AF_(\w+), SOCK_(\w+)")
DATAGRAM = re.compile(r"SOCK_DGRAM.* = \d+<([^>]*)>")
ADDRESS = re.compile(r'\d+<([^>]*)>.*sa_family=AF_UNIX, sun_path="([^"]*)"')

# A stream goes both ways.
SOCKET_ACCESS = {"bind": "w", "connect": "rw", "sendto": "w", "sendmsg": "w"}


def opened(flags):
    modes = {"O_RDONLY": "r", "O_WRONLY": "w", "O_RDWR": "rw"}
    access = next((modes[flag] for flag in flags if flag in modes), "")
    return "" if "O_PATH" in flags else access + ("w" if "O_CREAT" in flags or "O_TRUNC" in flags else "")


def full(directory, name):
    return name if name.startswith("/") else f"{directory}/{name}"


def calls(lines):
    """(name, arguments and result) of each system call; those of several threads come in pieces."""
    begun, whole = {}, []
    for thread, text in (line.split(maxsplit=1) for line in lines):
        if resumed := RESUMED.match(text):
            text = begun.pop(thread) + resumed[1]
        if text.endswith(UNFINISHED):
            begun[thread] = text.removesuffix(UNFINISHED)
        else:
            whole.append(text)
    return [found.groups() for found in map(CALL.match, whole + list(begun.values())) if found]


def files(lines):
    """(path, access) of each, a directory with a slash at its end."""
    found = set()
    for call, arguments in calls(lines):
        if call in FILES:
            found.update(FILES[call](arguments))
    return {(path, access) for path, access in found | sockets_of_files(lines) if access}


def of_open(arguments):
    directory, name, flags = OPEN.match(arguments).groups()
    flags = flags.split("|")
    yield full(directory, name) + ("/" if "O_DIRECTORY" in flags else ""), opened(flags)


def of_unlink(arguments):
    yield full(*NAME.match(arguments).groups()), "w"


def of_mkdir(arguments):
    yield full(*NAME.match(arguments).groups()) + "/", "w"


def of_rename(arguments):
    from_directory, source, to_directory, target = RENAME.match(arguments).groups()
    yield full(from_directory, source), "rw"
    yield full(to_directory, target), "w"


def of_mmap(arguments):
    if (found := MAP.match(arguments)) and "PROT_EXEC" in found[1]:
        yield found[2], "m"


FILES = {"open": of_open, "openat": of_open, "unlink": of_unlink, "unlinkat": of_unlink, "mkdir": of_mkdir,
         "mkdirat": of_mkdir, "rename": of_rename, "renameat": of_rename, "renameat2": of_rename,
         "mmap": of_mmap}


def sockets_of_files(lines):
    datagram = {found[1] for call, arguments in calls(lines) if call == "socket"
                for found in [DATAGRAM.search(arguments)] if found}
    return {(found[2], "w" if found[1] in datagram else SOCKET_ACCESS[call])
            for call, arguments in calls(lines) if call in SOCKET_ACCESS
            for found in [ADDRESS.match(arguments)] if found}


def sockets(lines):
    """(family, type) as in AppArmor's network rules, which say nothing of unix sockets."""
    found = {SOCKET.match(arguments).groups() for call, arguments in calls(lines) if call == "socket"}
    return {(family.lower(), kind.lower()) for family, kind in found if family not in ("UNIX", "LOCAL")}

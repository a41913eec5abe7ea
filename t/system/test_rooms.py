"""The house keeps its walls: no file stands in the corridor, no room can include what is not below it,
no file is in a circle with another, and docs/hacking.md tells the rooms as the build knows them."""
import re
import subprocess

import pytest

from harness.vmapd import BUILD, SOURCE

SEES = {room: seen.split() for room, seen in
        re.findall(r"^SEES_(\w+) *:=(.*)$", (SOURCE / "mk/rooms.mk").read_text("ascii"), re.MULTILINE)}
DOORS = {path.name: path.parent.name for path in (SOURCE / "include").glob("*/*.h")}


def test_every_file_is_in_a_room():
    assert not [path.name for tree in ("src", "include") for path in (SOURCE / tree).iterdir()
                if path.name not in SEES]
    assert sorted(SEES) == sorted(path.name for path in (SOURCE / "src").iterdir())


def test_rooms_see_no_circle():
    for room, seen in SEES.items():
        assert room not in seen and not [other for other in seen if room in SEES[other]]


def compile_flags(room):
    """What the build gives to a file of this room, asked from the build itself."""
    run = subprocess.run(["make", "-s", "--no-print-directory", "room-includes", f"ROOM={room}"],
                         cwd=SOURCE, text=True, capture_output=True, check=True)
    return run.stdout.split()


def compiles(room, text):
    return subprocess.run(["cc", "-fsyntax-only", *compile_flags(room), "-x", "c", "-"], cwd=SOURCE,
                          input=text, text=True, capture_output=True, check=False)


@pytest.mark.parametrize("room", sorted(SEES))
def test_a_room_finds_the_doors_that_it_sees_and_no_other(room):
    found = compiles(room, "".join(f'#if !__has_include("{header}")\n#warning lacks {header}\n#endif\n'
                                   for header in DOORS))
    lacking = set(re.findall(r"#warning lacks (\S+)", found.stderr))
    expected = {header for header, owner in DOORS.items() if owner not in [room, *SEES[room]]}
    assert lacking == expected
    private = {path.name for path in (SOURCE / "src").glob("*/*.h") if path.parent.name != room} - \
        {path.name for path in (SOURCE / "src" / room).glob("*.h")}
    found = compiles(room, "".join(f'#if __has_include("{header}")\n#warning finds {header}\n#endif\n'
                                   for header in private))
    assert "#warning finds" not in found.stderr


def test_an_include_against_the_direction_does_not_compile():
    run = compiles("cache", '#include "pool.h"\n')
    assert run.returncode != 0 and "pool.h: No such file" in run.stderr
    assert compiles("cache", '#include "cache.h"\n').returncode == 0


def calls():
    """For each object file, those that define what it uses."""
    files = sorted((BUILD / "obj").glob("*/*.o"))
    assert len(files) > 100
    listing = subprocess.run(["nm", "-A", "-g", *files], text=True, capture_output=True, check=True).stdout
    defined, used = {}, {}
    for path, kind, symbol in re.findall(r"^(\S+?):[0-9a-f ]* ([A-Za-z]) (\S+)$", listing, re.MULTILINE):
        name = path[len(str(BUILD / "obj")) + 1:-2]
        if kind == "U":
            used.setdefault(name, set()).add(symbol)
        elif symbol != "main":
            defined[symbol] = name
    return {name: {defined[symbol] for symbol in symbols if symbol in defined} - {name}
            for name, symbols in used.items()}


def circles(graph):
    """Sets of files that reach each other (Tarjan's strongly connected components)."""
    index, low, stack, found = {}, {}, [], []

    def visit(name):
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in graph.get(name, ()):
            if other not in index:
                visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == index[name]:
            at = stack.index(name)
            if len(stack) - at > 1:
                found.append(sorted(stack[at:]))
            del stack[at:]

    for name in graph:
        if name not in index:
            visit(name)
    return found


def test_no_files_call_each_other_in_a_circle():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    assert circles(calls()) == []


def test_hacking_tells_the_rooms_of_the_build():
    """Its table has a row for each room: what it sees, and every file that is in it."""
    rows = re.findall(r"^\| (\w+) \| ([\w -]*) \| ([\w ]+) \| .*\|$",
                      (SOURCE / "docs/hacking.md").read_text("utf-8"), re.MULTILINE)
    assert {room: set(seen.split()) - {"-"} for room, seen, _ in rows[1:]} == \
        {room: set(seen) for room, seen in SEES.items()}
    for room, _, files in rows[1:]:
        assert sorted(files.split()) == sorted(path.stem for path in (SOURCE / "src" / room).glob("*.c"))

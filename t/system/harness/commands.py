"""What vmapd does for vmapctl, as the program has it (include/wire/control_commands.h)."""
import re

from .vmapd import SOURCE

ROW = re.compile(r'\bcommand\((\w+), "[^"]*", "[^"]*",[\s\\\\]*(\d+), (\d+), (true|false),')


def control_commands():
    """Name, the fewest and the most arguments, whether it changes something."""
    rows = ROW.findall((SOURCE / "include/wire/control_commands.h").read_text("ascii"))
    assert len(rows) >= 6
    return [(name, int(fewest), int(most), changes == "true") for name, fewest, most, changes in rows]


def calls(arguments, changes=(False, True)):
    """Each command that does or does not change something, with as few and as many of the arguments as
    it takes."""
    return [(name, *arguments[:count]) for name, fewest, most, does in control_commands()
            for count in range(fewest, most + 1) if does in changes]

"""The blocks that README and docs/moving.md print, and what there is to compare them with."""
import re
from pathlib import Path

from harness.own_machine import same_text
from harness.vmapd import SOURCE

INDENT = "    "


def blocks(document):
    """The indented blocks behind an empty line or a headline, below lists too, without their indentation."""
    found, lines, before = [], [], ""
    for line in [*text_of(SOURCE / document).splitlines(), "end"]:
        begins = not before.strip("-= ") and line.startswith(INDENT)
        before = line
        if begins or (lines and (line.startswith(INDENT) or not line.strip())):
            lines.append(line)
            continue
        while lines and not lines[-1].strip():
            lines.pop()
        if lines:
            margin = min(len(text) - len(text.lstrip()) for text in lines if text.strip())
            found.append("\n".join(text[margin:] for text in lines))
        lines = []
    return found


# Lines that a shell runs.
COMMAND = re.compile(r"^(vmapctl|postconf|postfix|postmap|apt|make|systemctl|systemd-\w+|rm|chown|chmod|setfacl|"
                     r"userdel|\$) ")


def commands(block):
    """The commands of a block, without what is said of them: each line must be one; else there are none."""
    lines = [re.sub(r"\s+#.*$| {2,}.*$", "", line).strip() for line in block.splitlines() if line[:1] != " "]
    parts = [part for line in lines for part in re.split(r"; | && ", line) if part]
    return parts if parts and all(COMMAND.match(part + " ") for part in parts) else []


def said_somewhere(block, texts):
    return any(same_text(block, text) for text in texts)


def text_of(path):
    return Path(path).read_text(encoding="utf-8")

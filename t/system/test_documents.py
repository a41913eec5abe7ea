"""The documents say what is so: every file, heading and function that they name exists;
docs/troubleshooting.md knows every line that vmapd logs and no other,
docs/security.md the defaults of bounds, and vmapctl(1) every command and every figure."""
import re

import pytest

from harness.vmapd import SOURCE, vmapctl

DOCUMENTS = [SOURCE / name for name in ("README", "CHANGELOG", "CONTRIBUTING")] \
    + sorted((SOURCE / "docs").glob("*.md"))
TREES = "src include t conf docs man mk packaging systemd bench".split()
CODE = (".c", ".h", ".py")
MARKED = re.compile(r"`([^`\n]+)`")

# A call that logs, up to its format: one literal or several in a row.
LITERALS = r'((?:"(?:[^"\\\n]|\\.)*"\s*)+)'
LOG_CALL = re.compile(r'\blog_(?:error|warning|info|fatal|limited|rarely)\([^";]*?' + LITERALS)


def text_of(path):
    return path.read_text(encoding="utf-8")


def sources():
    return {path: text_of(path) for directory in ("src", "include")
            for path in sorted((SOURCE / directory).glob("*/*.[ch]"))}


def joined(literals):
    """The text that C makes of literals in a row."""
    return re.sub(r"\\(.)", r"\1", "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literals)))


def pattern_of(text):
    """What varies becomes '*': a conversion of printf, and a word in capitals, which is how the
    document writes it."""
    text = re.sub(r"%[-0-9.*]*(?:ll|l|z)?[a-z]", "*", text.replace("%%", "%"))
    return re.sub(r"\*+", "*", re.sub(r"\b[A-Z]+\b", "*", text))


def matches(told, said):
    """Three dots at the end of what the document tells stand for anything."""
    return said.startswith(told[:-3]) if told.endswith("...") else told == said


def logged():
    """Every message of the program, but for those that are nothing but another text."""
    found = {pattern_of(joined(literals)) for text in sources().values()
             for literals in LOG_CALL.findall(text)}
    return {message for message in found if re.search("[a-z]", message)}


def section(document, title):
    """The text below a heading, up to the next one that is not below it."""
    level = title.split(" ")[0]
    found = re.search(rf"^{re.escape(title)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)",
                      text_of(SOURCE / "docs" / document), re.MULTILINE | re.DOTALL)
    assert found, f"{document} has no section {title}"
    return found.group(1)


def told_lines():
    """The headings that are a log line."""
    return re.findall(r"^#### `(.+)`$", section("troubleshooting.md", "## By log line"),
                      re.MULTILINE)


def test_every_log_line_is_explained():
    told = [pattern_of(line) for line in told_lines()]
    messages = logged()
    assert len(messages) > 50
    missing = [message for message in messages if not any(matches(line, message) for line in told)]
    assert not missing


def texts():
    """Every text in the program: some lines are put together before they are logged."""
    return {pattern_of(joined(literals)) for text in sources().values()
            for literals in re.findall(LITERALS, text)}


def test_no_log_line_is_made_up():
    there = texts()
    assert not [line for line in told_lines()
                if not any(matches(pattern_of(line), text) for text in there)]


def test_reasons_exist():
    """What stands behind "failed:" and "down:" and is ours."""
    reasons = re.findall(r"^- `(.+?)`", section("troubleshooting.md", "### Reasons"), re.MULTILINE)
    there = texts()
    assert len(reasons) > 10
    assert not [reason for reason in reasons if pattern_of(reason) not in there]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_named_files_exist(document):
    text = text_of(document)
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text)
    assert not [link for link in links if not (document.parent / link).exists()]
    named = re.findall(rf"(?<![\w/.])(?:{'|'.join(TREES)})/[\w./*-]*\w", text)
    assert not [name for name in named if not re.search("NAME|ROOM", name) and not list(SOURCE.glob(name))]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_linked_headings_exist(document):
    for link, anchor in re.findall(r"\]\(([^)#]*)#([^)]+)\)", text_of(document)):
        target = document.parent / link if link else document
        headings = re.findall(r"^#+ (.+)$", text_of(target), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-")
                          for heading in headings}, (link, anchor)


def test_named_functions_exist():
    """`name()` is a function, `struct name` and `enum name` a type, NAME_LIKE_THIS a constant."""
    code = "\n".join(sources().values()) \
        + "".join(text_of(path) for path in (SOURCE / "t").glob("**/*.*") if path.suffix in CODE)
    names = MARKED.findall(text_of(SOURCE / "docs/hacking.md"))
    functions = [name[:-2] for name in names if re.fullmatch(r"\w+\(\)", name)]
    types = [name for name in names if re.fullmatch(r"(struct|enum) \w+", name)]
    constants = [name for name in names if re.fullmatch(r"[A-Z]+_[A-Z_]+", name)]
    assert functions and types and constants
    assert not [name for name in functions if not re.search(rf"\b{name}\(", code)]
    assert not [name for name in types + constants if not re.search(rf"\b{name}\b", code)]


def test_bounds_are_the_defaults():
    """Of the options in the table of bounds."""
    rows = re.findall(r"^\| [^|]* \| (\w+)[^|]* \| `(\w+)` \|$",
                      section("security.md", "## Bounds"), re.MULTILINE)
    defaults = dict(re.findall(r"^\.It Ic (\w+) Pq [^,]*, default (.+)$",
                               text_of(SOURCE / "man/vmapd.conf.5"), re.MULTILINE))
    told = {name: value for value, name in rows if name in defaults}
    assert len(told) > 8
    assert told == {name: defaults[name] for name in told}


def manual_section(title):
    """Of vmapctl(1), without the marks of the formatter."""
    text = text_of(SOURCE / "man/vmapctl.1").replace("\\-", "-").replace("\\&", "")
    return re.search(rf'^\.Sh {title}\n(.*?)(?=^\.Sh )', text, re.MULTILINE | re.DOTALL).group(1)


def test_manual_has_every_command():
    commands = re.findall(r"^  ([a-z]+) .*", vmapctl("--help").stdout, re.MULTILINE)
    entries = re.findall(r"^\.It Cm (\w+)", manual_section("COMMANDS"), re.MULTILINE)
    assert sorted(entries) == sorted(commands)


def leaves(value, name=""):
    """The names of the members of the statistics that hold no others; lists and maps as one."""
    if isinstance(value, list):
        value = value[0] if value and isinstance(value[0], dict) else None
    if not isinstance(value, dict):
        return {name}
    return set().union(*(leaves(member, key) for key, member in value.items()))


def test_manual_has_every_figure(vmapd):
    daemon = vmapd()
    daemon.ask("mailboxes", "email1@example.com")
    stats = daemon.stats()
    stats["maps"] = stats["maps"]["mailboxes"]
    text = manual_section("STATISTICS")
    assert not [name for name in leaves(stats) if not re.search(rf"\b{name}\b", text)]

"""What an AppArmor profile allows, read as apparmor.d(5) says, without the kernel that would enforce it;
apparmor_parser puts in what the profile includes. Rules for owners alone count as none."""
import re
import subprocess

VARIABLE = re.compile(r"@\{(\w+)\}(/?)")
FILE_RULE = re.compile(r"([/{]\S*)\s+([a-zA-Z]+)")
NETWORK_RULE = re.compile(r"network\s+(\w+)\s+(\w+)")
CAPABILITY_RULE = re.compile(r"capability\s+(.+)")

# A pattern of apparmor.d(5) as a regular expression. A star behind a slash stands for something.
PATTERNS = {"**": ".*", "*": "[^/]*", "?": "[^/]", "{": "(?:", "}": ")", ",": "|"}
TOKEN = re.compile(r"\*\*|[*?{},]|\[[^]]*\]|.")


class Profile:
    def __init__(self, path):
        text = subprocess.run(["apparmor_parser", "--preprocess", path], capture_output=True, text=True,
                              check=True).stdout
        text = re.sub(r"(^|\s)#.*", "", text)
        self._variables = dict(re.findall(r"(?m)^@\{(\w+)\}\s*=\s*(.+)$", text))
        self._files, self.network, self.capabilities = [], set(), set()
        header, _, rules = text.partition("{\n")
        self.is_enforced = "complain" not in header[header.rindex("profile "):]
        for rule in re.split(r",\s*\n", rules):
            self._add(rule.strip())

    def _add(self, rule):
        if found := FILE_RULE.fullmatch(self._expand(rule)):
            self._files.append((re.compile(pattern(found[1])), set(found[2])))
        elif found := NETWORK_RULE.fullmatch(rule):
            self.network.add(found.groups())
        elif found := CAPABILITY_RULE.fullmatch(rule):
            self.capabilities.update(found[1].split())

    def _expand(self, text):
        """With the values of its variables, which may have variables of their own."""
        def value(found):
            values = self._expand(self._variables.get(found[1], found[1])).split()
            values = [value.rstrip("/") if found[2] else value for value in values]
            return (values[0] if len(values) == 1 else "{" + ",".join(values) + "}") + found[2]
        return VARIABLE.sub(value, text)

    def allows(self, path, access):
        """path: without symbolic links, a directory with a slash at its end. access: of "rwm"."""
        granted = set().union(*(letters for rule, letters in self._files if rule.fullmatch(path)))
        return set(access) <= granted


def pattern(text):
    tokens = TOKEN.findall(text)
    parts = []
    for before, token in zip([""] + tokens, tokens):
        part = PATTERNS.get(token) or (token if token.startswith("[") else re.escape(token))
        parts.append("[^/]" + part if before == "/" and token in ("*", "**") else part)
    return "".join(parts)

"""The shape of an SQL statement: what remains when the texts of its literals are taken out. A key
that stays within its literal does not change it."""
import re

EMPTY = {"'": "''", '"': '""', "`": "``"}


def shape(sql, sql_mode=""):
    backslash = "NO_BACKSLASH_ESCAPES" not in sql_mode
    names = "`" + ('"' if "ANSI_QUOTES" in sql_mode else "")
    parts, at = [], 0
    while at < len(sql):
        comment = re.compile(r"#|--[\x00-\x20]|/\*(?!!)").match(sql, at)  # "/*!" is SQL
        if comment:
            end = "*/" if comment.group() == "/*" else "\n"
            found = sql.find(end, at)
            stop = found + len(end) if found >= 0 else len(sql)
            parts.append(sql[at:stop])
        elif sql[at] in EMPTY:
            stop = _end_of_literal(sql, at, backslash and sql[at] not in names)
            parts.append(EMPTY[sql[at]] if stop else "(open)")
            stop = stop or len(sql)
        else:
            stop = at + 1
            parts.append(sql[at])
        at = stop
    return "".join(parts)


def _end_of_literal(sql, at, backslash):
    """The index behind the closing quote; 0: there is none."""
    quote = sql[at]
    at += 1
    while at < len(sql):
        if sql[at] == "\\" and backslash:
            at += 2
        elif sql[at] != quote:
            at += 1
        elif sql[at + 1:at + 2] == quote:
            at += 2
        else:
            return at + 1
    return 0

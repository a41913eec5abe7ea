"""What src/mirror/collation_list.h says of collations is what the server does: a mirror rests on it."""
import re

from harness.vmapd import SOURCE

LIST = SOURCE / "src/mirror/collation_list.h"


def listed(vendor):
    """{collation: kind} for one vendor, as the list has it."""
    kinds = {}
    text = re.sub(r'"\s+"', "", LIST.read_text("ascii"))
    for vendors, kind, charsets, rest in re.findall(
            r'(?m)^COLLATIONS\((\w+), (\w+),\s*"([^"]*)",\s*"([^"]*)"\)', text):
        if vendors in (vendor, "BOTH"):
            for charset in charsets.split():
                kinds.update((f"{charset}_{word}", kind) for word in rest.split())
    return kinds


def known(server):
    """[(character set, collation)] that this server has."""
    rows = server.sql("SELECT CHARACTER_SET_NAME, FULL_COLLATION_NAME FROM "
                      "information_schema.COLLATION_CHARACTER_SET_APPLICABILITY")
    return [tuple(row) for row in rows]


def kind_of(strings, lowered, classes, pairs):
    """From how many there are: strings, those but for case, those that the server tells apart, and
    pairs of the last two."""
    if pairs != classes:
        return "MERGES"
    if classes == strings:
        return "EXACT"
    return "CI" if classes == lowered else "SPLITS"


def test_the_list_is_what_the_server_does(mariadb):
    kinds = listed("MARIADB")
    assert len(kinds) > 300 and kinds["utf8mb4_general_ci"] == "CI"
    # All strings of one and two printable characters that do not end in a blank.
    mariadb.sql("CREATE OR REPLACE DATABASE letters; USE letters; CREATE TABLE s (v VARBINARY(2));"
                "INSERT INTO s SELECT CHAR(seq) FROM seq_33_to_126;"
                "INSERT INTO s SELECT CONCAT(CHAR(a.seq), CHAR(b.seq)) "
                "FROM seq_32_to_126 a, seq_33_to_126 b;")
    checked = [(charset, name) for charset, name in known(mariadb) if name in kinds]
    assert len(checked) > 300
    (strings, lowered), *rows = mariadb.sql(
        "SELECT COUNT(DISTINCT v), COUNT(DISTINCT BINARY LOWER(CONVERT(v USING ascii))) FROM letters.s;"
        + "".join(
            f"SELECT COUNT(DISTINCT CONVERT(CONVERT(v USING ascii) USING {charset}) COLLATE {name}), "
            f"COUNT(DISTINCT CONVERT(CONVERT(v USING ascii) USING {charset}) COLLATE {name}, "
            "BINARY LOWER(CONVERT(v USING ascii))) FROM letters.s;" for charset, name in checked))
    assert int(strings) == 94 + 95 * 94
    mariadb.sql("DROP DATABASE letters")
    found = {name: kind_of(strings, lowered, *row) for (_, name), row in zip(checked, rows)}
    assert len(rows) == len(checked)
    assert {name: kind for name, kind in found.items() if kind != kinds[name]} == {}

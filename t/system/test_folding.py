"""Every character folds as in a mysql: table of this machine's Postfix, whichever Unicode that knows."""
import pytest

from harness import postmap
from harness.mailsystem import PASSWORD, USER
from harness.postfix import Postfix, write_settled

# A key of so many characters is one query.
CHARACTERS_IN_KEY = 200

# A key of postmap ends before these.
NO_KEYS = {0, ord("\n")}
SURROGATES = range(0xD800, 0xE000)
UNICODE = range(0x110000)


def keys():
    characters = [chr(code) for code in UNICODE if code not in NO_KEYS and code not in SURROGATES]
    return ["".join(characters[start:start + CHARACTERS_IN_KEY])
            for start in range(0, len(characters), CHARACTERS_IN_KEY)]


@pytest.fixture
def cf(mariadb, workdir, tmp_path):
    """A table whose value is the key that it was asked for."""
    tmp_path.chmod(0o755)
    mariadb.sql(mariadb.grant("SELECT", "mailserver", USER, PASSWORD))
    path = f"{tmp_path}/echo.cf"
    write_settled(f"{tmp_path}/client.cnf", "[client]\ndefault-character-set = utf8mb4\n")
    write_settled(path, f"""\
hosts = 127.0.0.1:{mariadb.port}
user = {USER}
password = {PASSWORD}
dbname = mailserver
option_file = {tmp_path}/client.cnf
query = SELECT HEX('%s')
""")
    return path


def folded(answer):
    """What was asked for each key, by the lines of postmap."""
    assert not answer.failed
    lines = [line.rpartition(b"\t") for line in answer.text.split(b"\n")[:-1]]
    return {key.decode(): bytes.fromhex(value.decode()).decode() for key, _, value in lines}


def test_every_character_folds_as_in_postfix(cf, vmapd, tmp_path, figures):
    postfix = Postfix(f"{tmp_path}/postfix", {}).config
    daemon = vmapd(lambda directory: f"""\
[server]
listen = unix:{directory}/vmap
control = unix:{directory}/control
[map echo]
search = exact
tables = {cf}
""")
    asked = keys()
    lines = [key.encode() for key in asked]
    theirs = folded(postmap.query_all(postfix, lines, f"mysql:{cf}"))
    ours = folded(postmap.query_all(postfix, lines, f"socketmap:{daemon.address}:echo"))

    assert list(theirs) == asked
    different = [(key, theirs[key], ours.get(key)) for key in asked if theirs[key] != ours.get(key)]
    assert not different, different[0]
    changed = sum(key != theirs[key] for key in asked)
    assert changed > 10, "Postfix has folded nothing"
    figures(f"{sum(map(len, asked))} characters in {len(asked)} keys, {changed} of which fold",
            f"{len(different)} differences")

"""The three checks that the tutorial ends with, by Postfix's own postmap, before and after the
move; and the three .cf files taken as they are."""
import pytest

from harness import mailsystem

CHECKS = {
    "domains": ("domains", "example.com", "1"),
    "mailboxes": ("mailboxes", "email1@example.com", "1"),
    "alias": ("aliases", "alias@example.com", "email1@example.com"),
}

# The maps that take the .cf files by name.
MAPS_FROM_CF = """
[map domains]
search = exact
tables = {domains}
[map mailboxes]
search = address
tables = {mailboxes}
[map aliases]
search = alias
tables = {alias}, {email2email}
"""


@pytest.fixture(scope="module")
def cf(mysql_site):
    directory = mysql_site.postfix.directory
    return {table: f"{directory}/{name}" for table, name in mailsystem.CF_NAMES.items()}


@pytest.mark.parametrize("table", CHECKS)
def test_checks_of_the_tutorial(mysql_site, cf, vmapd, table):
    map_name, key, value = CHECKS[table]
    daemon = vmapd()
    postmap = mysql_site.postfix.postmap
    assert postmap(key, f"mysql:{cf[table]}") == (0, value)
    assert postmap(key, f"socketmap:{daemon.address}:{map_name}") == (0, value)
    assert postmap("no-" + key, f"mysql:{cf[table]}") == (1, "")
    assert postmap("no-" + key, f"socketmap:{daemon.address}:{map_name}") == (1, "")


@pytest.mark.parametrize("table", CHECKS)
def test_cf_files_taken_verbatim(mysql_site, cf, vmapd, table):
    map_name, key, value = CHECKS[table]
    # No [database] of vmapd's own could stand in for what the files say.
    daemon = vmapd(lambda directory: f"""\
[server]
listen = unix:{directory}/vmap
control = unix:{directory}/control
{MAPS_FROM_CF.format(**cf)}""")
    postmap = mysql_site.postfix.postmap
    assert postmap(key, f"socketmap:{daemon.address}:{map_name}") == (0, value)
    assert postmap("no-" + key, f"socketmap:{daemon.address}:{map_name}") == (1, "")


def test_partial_keys_are_the_work_of_vmapd(mysql_site, vmapd):
    """Postfix asks a socketmap table only the full key; postmap shows what it gets."""
    daemon = vmapd()

    def ask(map_name, key):
        return mysql_site.postfix.postmap(key, f"socketmap:{daemon.address}:{map_name}")
    assert ask("mailboxes", "email1+lists@example.com") == (0, "1")
    assert ask("aliases", "Alias+foo@Example.com") == (0, "email1+foo@example.com")
    assert ask("aliases", "whoever@catchall.example") == (0, "email2@example.com")
    assert ask("aliases", "box@catchall.example") == (0, "box@catchall.example")
    assert ask("aliases", "example.com") == (1, "")
    assert ask("aliases", "pair@example.com") == (0, "email1@example.com,email2@example.com")


@pytest.mark.parametrize("lines, answers", [
    ("password = mailuserpass\nexpansion_limit = -1\n", True),
    ("password = mailuserpass\nport = 1\nresult_filter = x\nquery_filter = y\n", True),
    ("password = mailuserpass\noption_file = {directory}/client.cnf\n", True),
    ("option_file = {directory}/client.cnf\n", False),
    ("password =\noption_file = {directory}/client.cnf\n", False),
    ("password = \"mailuserpass\"\n", False),
    ("password = mailuserpass # of the mail system\n", False),
])
def test_files_that_say_odd_things(mysql_site, vmapd, mariadb, tmp_path, lines, answers):
    """What Postfix makes of them, vmapd makes of them too; a password in an option file is none."""
    tmp_path.chmod(0o755)
    (tmp_path / "client.cnf").write_text("[client]\npassword = mailuserpass\n", encoding="ascii")
    path = tmp_path / "odd.cf"
    path.write_text(f"hosts = 127.0.0.1:{mariadb.port}\nuser = mailuser\ndbname = mailserver\n"
                    "query = SELECT destination FROM virtual_aliases WHERE source='%s'\n"
                    + lines.format(directory=tmp_path), encoding="ascii")
    daemon = vmapd(maps=f"[map odd]\ntables = {path}\n")
    key = "alias@example.com"
    code, value = mysql_site.postfix.postmap(key, f"mysql:{path}")
    assert (code, value) == ((0, "email1@example.com") if answers else (1, value))
    assert daemon.ask("odd", key).status == ("OK" if answers else "TEMP")

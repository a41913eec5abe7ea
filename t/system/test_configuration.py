"""The configuration as it is documented: it loads, and it serves."""
import re

import pytest

from harness.vmapd import SOURCE, vmapctl as run_vmapctl, vmapd as run_vmapd

# The sample of the design, word for word but for addresses that a test can use.
SAMPLE = """\
# What an administrator of the tutorial's mail system writes.
[server]
listen = unix:/var/spool/postfix/private/vmap
socket_mode = 0660
control = unix:/run/vmapd/control
[database]
# defaults for every table written in this file
hosts = 127.0.0.1
user = mailuser
password = mailuserpass
dbname = mailserver
pool_size = 4
[cache]
max_size = 64M
ttl = 5m
negative_ttl = 30s
stale_ttl = 1d
[map domains]
search = exact
query = SELECT 1 FROM virtual_domains WHERE name='%s'
[map mailboxes]
search = address
query = SELECT 1 FROM virtual_users WHERE email='%s'
[map aliases]
search = alias
# [table NAME] sections and absolute .cf paths, in order
tables = alias email2email
[table alias]
query = SELECT destination FROM virtual_aliases WHERE source='%s'
[table email2email]
query = SELECT email FROM virtual_users WHERE email='%s'
"""

EXPECTED = {
    ("domains", "example.com"): ("OK", "1"),
    ("domains", "EXAMPLE.com"): ("OK", "1"),
    ("domains", "sub.example.com"): ("NOTFOUND", ""),
    ("mailboxes", "Email1+x@example.com"): ("OK", "1"),
    ("mailboxes", "email3@example.com"): ("NOTFOUND", ""),
    ("aliases", "alias+x@example.com"): ("OK", "email1+x@example.com"),
    ("aliases", "email2+x@example.com"): ("OK", "email2+x@example.com"),
    ("aliases", "box@catchall.example"): ("OK", "box@catchall.example"),
    ("aliases", "else@catchall.example"): ("OK", "email2@example.com"),
}


def in_test(text, directory, mariadb):
    """The same configuration with the sockets and the database of a test."""
    text = text.replace("unix:/var/spool/postfix/private/vmap", f"unix:{directory}/vmap")
    text = text.replace("unix:/run/vmapd/control", f"unix:{directory}/control")
    return re.sub(r"(?m)^hosts = .*$", f"hosts = 127.0.0.1:{mariadb.port}", text)


def answers(daemon):
    with daemon.client() as client:
        return {key: tuple(client.ask(*key)) for key in EXPECTED}


def test_sample_of_the_design(vmapd, mariadb, workdir):
    sample = workdir / "sample.conf"
    sample.write_text(SAMPLE)
    assert run_vmapd("-t", "-c", str(sample)).returncode == 0
    daemon = vmapd(lambda directory: in_test(SAMPLE, directory, mariadb))
    assert answers(daemon) == EXPECTED


def test_comments_and_continued_lines(vmapd, mariadb):
    """main.cf syntax: comments between continued lines, blank lines, several spaces."""
    text = SAMPLE.replace("tables = alias email2email",
                          "tables =\n  alias,\n# no\n\n   # no\n\temail2email")
    text = text.replace("query = SELECT destination FROM virtual_aliases WHERE source='%s'",
                        "query   =SELECT destination\n # in between\n  FROM virtual_aliases\n"
                        "  WHERE source='%s' ;  ")
    daemon = vmapd(lambda directory: in_test(text, directory, mariadb))
    assert answers(daemon) == EXPECTED


def test_conf_that_we_ship(vmapd, mariadb):
    """conf/vmapd.conf, commented as it is."""
    shipped = (SOURCE / "conf/vmapd.conf").read_text(encoding="utf-8")
    daemon = vmapd(lambda directory: in_test(shipped, directory, mariadb))
    assert daemon.ask("domains", "example.com") == ("OK", "1")
    assert daemon.ask("mailboxes", "email1@example.com") == ("OK", "1")
    assert daemon.ask("aliases", "alias@example.com") == ("OK", "email1@example.com")


@pytest.mark.parametrize("old, new, line, refused", [
    ("hosts = 127.0.0.1", "hosts = 127.0.0.1 # the master", 8, True),
    ("dbname = mailserver", "dbname = mailserver # of ISPmail", 11, True),
    ("dbname = mailserver", "dbname = 'mailserver'", 11, True),
    ("user = mailuser", "  user = mailuser", 9, True),
    ("socket_mode = 0660", "socket_owner = postfix # chroot", 4, True),
    ("socket_mode = 0660", "recipient_delimiter = + # as in main.cf", 4, True),
    ("password = mailuserpass", "password = mailuserpass # secret", 10, False),
    ("password = mailuserpass", 'password = "mailuserpass"', 10, False),
    ("WHERE name='%s'", "WHERE name='%s' # all of them", 20, False),
    ("WHERE name='%s'", "WHERE name=%s", 20, False),
    ("WHERE name='%s'", "WHERE name='%s'\n  result_format = %s", 21, False),
    ("dbname = mailserver", "tls_CAfile = /nowhere/ca.pem\ndbname = mailserver", 11, False),
    ("dbname = mailserver\n", "", 6, True),
    ("tables = alias email2email", "tables = alais email2email", 27, True),
])
def test_what_is_hardly_meant(tmp_path, old, new, line, refused):
    """vmapd -t names file and line, and vmapctl check says the same and fails."""
    assert old in SAMPLE
    path = tmp_path / "vmapd.conf"
    path.write_text(SAMPLE.replace(old, new, 1), encoding="ascii")
    path.chmod(0o640)
    run = run_vmapd("-t", "-c", str(path))
    assert run.returncode == (1 if refused else 0)
    told = re.search(rf"{re.escape(str(path))}:{line}: .*", run.stderr)
    assert told, run.stderr
    assert "secret" not in run.stderr
    good = "configuration is good, but think about the warning"
    assert run.stdout == "" if refused else good in run.stdout
    check = run_vmapctl("check", "-c", str(path))
    assert check.returncode == 1
    assert told.group(0) in check.stdout + check.stderr

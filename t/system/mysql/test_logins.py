"""How vmapd logs in to a MySQL server, whose accounts have caching_sha2_password: on each way the first
time, when the server has to be given the password itself, and later, when it remembers its hash. For
MySQL 9 alone, so not part of `make check`: see `make check-mysql`."""
from collections import namedtuple

import pytest

from harness import mailsystem

# The second map says how its connection is encrypted, and nothing for one that is not.
CONFIG = """
[server]
listen = unix:{directory}/vmap
control = unix:{directory}/control
[database]
hosts = {way.host}
user = {user}
password = {password}
dbname = mailserver
{way.lines}
[map domains]
query = SELECT 1 FROM virtual_domains WHERE name='%s'
[map cipher]
query = SELECT VARIABLE_VALUE FROM performance_schema.session_status WHERE VARIABLE_NAME = '%s'
"""

Way = namedtuple("Way", "host lines has_tls")


@pytest.fixture(scope="module", params=["socket", "TLS", "RSA"])
def way(request, loaded):
    """By TCP without TLS the password goes encrypted with the server's RSA key."""
    if request.param == "RSA":
        loaded.sql("SET GLOBAL tls_version = ''; ALTER INSTANCE RELOAD TLS NO ROLLBACK ON ERROR")
    yield {
        "socket": Way(f"unix:{loaded.socket}", "", False),
        "TLS": Way(f"127.0.0.1:{loaded.port}", f"tls_CAfile = {loaded.directory}/data/ca.pem", True),
        "RSA": Way(f"127.0.0.1:{loaded.port}", "", False),
    }[request.param]
    if request.param == "RSA":
        loaded.sql("SET GLOBAL tls_version = DEFAULT; ALTER INSTANCE RELOAD TLS")


@pytest.fixture
def log_in(vmapd, way):
    def start(password=mailsystem.PASSWORD):
        return vmapd(lambda directory: CONFIG.format(directory=directory, way=way, user=mailsystem.USER,
                                                     password=password))
    return start


def forget_hashes(server):
    server.sql("FLUSH PRIVILEGES")


def is_encrypted(daemon):
    return daemon.ask("cipher", "ssl_cipher").status == "OK"


def test_the_accounts_have_it(mariadb):
    plugins = mariadb.sql(f"SELECT DISTINCT plugin FROM mysql.user WHERE user = '{mailsystem.USER}'")
    assert plugins == [["caching_sha2_password"]]


def test_logs_in_the_first_time_and_later(mariadb, log_in, way):
    forget_hashes(mariadb)
    for _ in ("the first time", "by the hash"):
        daemon = log_in()
        assert daemon.ask("domains", "example.com") == ("OK", "1")
        assert is_encrypted(daemon) == way.has_tls
        daemon.stop()


@pytest.mark.parametrize("is_known", [False, True])
def test_a_wrong_password_is_a_failure(mariadb, log_in, is_known):
    if is_known:
        assert log_in().ask("domains", "example.com").status == "OK"
    else:
        forget_hashes(mariadb)
    reply = log_in("wrong").ask("domains", "example.com")
    assert reply.status == "TEMP" and "Access denied" in reply.text

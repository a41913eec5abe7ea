"""What must not come out, and what must not come in: no password in anything that vmapd says, no
reading of its memory, no way for files or the environment of the client library to turn on what a
server, or a key, could misuse. And sockets that let in whom they should."""
import os
import pwd
import re
import resource
import signal
import struct
import subprocess
import sys

import pytest

from harness.commands import calls
from harness.control import control
from harness.mailsystem import PASSWORD, USER, vmapd_conf
from harness.process import free_port, wait_until
from harness.socketmap import Client
from harness.vmapd import SANITIZER_ENV, vmapd as run_vmapd

HIT = ("mailboxes", "email1@example.com")
STRANGER = "games"

# Of the capabilities that a client tells at login (the protocol's documentation of MariaDB).
LOCAL_FILES, MULTI_STATEMENTS = 1 << 7, 1 << 16

EVERYTHING_ON = """\
[client]
local-infile = 1
enable-local-infile = 1
multi-statements = 1
multi-queries = 1
plugin-dir = {directory}
default-auth = mysql_clear_password
reconnect = 1
"""


def run_python(script, *arguments, user):
    """As that user, and with none of our groups."""
    return subprocess.run([sys.executable, "-c", script, *arguments], user=user,
                          group=pwd.getpwnam(user).pw_gid, extra_groups=[], check=False,
                          capture_output=True, text=True)


def everything_said(daemon):
    """All that a person or a tool can have vmapd tell, also in trouble."""
    said = [daemon.log_text()]
    for command in [*calls(HIT), ("stats", "--json"), ("stats", "--prometheus"), ("check",), ("maps",)]:
        run = daemon.ctl(*command)
        said.append(run.stdout + run.stderr)
    said.append(control(daemon.control, "no-such-command", PASSWORD[:3])[1])
    with daemon.client() as client:
        said += [str(client.ask(*HIT)), str(client.ask("aliases", "nobody@example.com"))]
    said.append(daemon.log_text())
    return "\n".join(said)


@pytest.fixture
def verbose(vmapd):
    daemon = vmapd.new(server="log_lookups = yes")
    daemon.process.argv.append("-v")
    daemon.start()
    return daemon


def test_no_password_is_told(verbose, mariadb):
    assert len(everything_said(verbose)) > 2000
    assert PASSWORD not in everything_said(verbose)
    mariadb.sql(f"ALTER USER '{USER}'@'127.0.0.1' IDENTIFIED BY 'another'")
    try:
        mariadb.stop()  # and with it the connections of before
        assert PASSWORD not in everything_said(verbose)
        mariadb.start()
        wait_until(lambda: "Access denied" in everything_said(verbose), "the password is refused")
        assert PASSWORD not in everything_said(verbose)
    finally:
        mariadb.sql(f"ALTER USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")


def test_no_password_of_a_stream_is_told(vmapd, mariadb):
    """Neither that of an account of its own nor, when it is refused, what it was."""
    secret = "stream-secret"
    mariadb.sql(f"CREATE USER IF NOT EXISTS 'streamer'@'127.0.0.1' IDENTIFIED BY '{secret}'")
    daemon = vmapd.new(cache="mirror = yes", database="mirror_stream = yes\nmirror_stream_user = streamer\n"
                       f"mirror_stream_password = {secret}")
    daemon.process.argv.append("-v")
    daemon.start()
    try:
        wait_until(lambda: "log_bin" in everything_said(daemon), "it has logged in")
        mariadb.sql("ALTER USER 'streamer'@'127.0.0.1' IDENTIFIED BY 'another'")
        wait_until(lambda: "Access denied for user 'streamer'" in everything_said(daemon), "it is refused", 30)
        assert secret not in everything_said(daemon)
    finally:
        mariadb.sql("DROP USER 'streamer'@'127.0.0.1'")


def test_no_password_in_messages_about_the_configuration(vmapd, mariadb):
    """Each line with a mistake in it is named, the line with the password not quoted."""
    daemon = vmapd.new()
    with open(daemon.conf, encoding="utf-8") as file:
        text = file.read()
    line = f"password = {PASSWORD}\n"
    for wrong in (line + line, f"passwort = {PASSWORD}\n", f"[database\npassword {PASSWORD}\n",
                  f"password_file = /nowhere\n{line}"):
        daemon.write_config(text.replace(line, wrong))
        run = run_vmapd("-c", daemon.conf, "-t")
        assert run.returncode == 1 and f"{daemon.conf}:" in run.stderr
        assert PASSWORD not in run.stdout + run.stderr, run.stderr


def test_memory_is_hidden(vmapd):
    """No core dump, and no look inside for other processes of the same user."""
    daemon = vmapd(server=f"user = {STRANGER}")
    process = f"/proc/{daemon.process.pid}"
    assert os.stat(f"{process}/status").st_uid == 0  # and not the user's: not dumpable
    with open(f"{process}/status", encoding="ascii") as file:
        assert re.search(rf"^Uid:\t{pwd.getpwnam(STRANGER).pw_uid}\t", file.read(), re.MULTILINE)
    run = run_python(f"open('{process}/mem', 'rb')", user=STRANGER)
    assert "PermissionError" in run.stderr
    with open(f"{process}/cmdline", "rb") as file:
        assert PASSWORD.encode() not in file.read()


def with_cores(directory):
    """Options to start a process that leaves a core file in a directory when it crashes."""
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)

    def allow():
        resource.setrlimit(resource.RLIMIT_CORE, unlimited)
        signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # a shell ignores it in the background
    return {"cwd": directory, "preexec_fn": allow}


def test_no_core_file(vmapd, tmp_path):
    """Though the system would write one."""
    subprocess.run(["sh", "-c", "kill -QUIT $$"], check=False, **with_cores(tmp_path))
    if not list(tmp_path.glob("core*")):
        pytest.skip("this system writes core files nowhere, or elsewhere")
    daemon = vmapd.new()
    daemon.start(**with_cores(daemon.directory))
    assert daemon.ask(*HIT) == ("OK", "1")
    daemon.process.send(signal.SIGQUIT)
    assert daemon.process.wait() == -signal.SIGQUIT
    daemon.kill()  # it was meant to end so
    assert not [name for name in os.listdir(daemon.directory) if name.startswith("core")]


def prepare_misuse(daemon, proxy):
    """An option file with all that should not be, named in the configuration; and the same for the
    places where the client library looks by itself."""
    options = EVERYTHING_ON.format(directory=daemon.directory)
    for path in (f"{daemon.directory}/options.cnf", f"{daemon.directory}/.my.cnf",
                 f"{daemon.directory}/my.cnf"):
        with open(path, "w", encoding="utf-8") as file:
            file.write(options)
    daemon.process.env.update(
        SANITIZER_ENV, HOME=daemon.directory, MYSQL_HOME=daemon.directory,
        MARIADB_HOME=daemon.directory, MYSQL_HOST="192.0.2.1", MYSQL_TCP_PORT="1",
        MYSQL_UNIX_PORT="/nowhere", MYSQL_PWD="wrong", LIBMYSQL_ENABLE_CLEARTEXT_PLUGIN="1",
        LIBMYSQL_PLUGINS="evil", LIBMYSQL_PLUGIN_DIR=daemon.directory,
        MARIADB_PLUGIN_DIR=daemon.directory, MARIADB_TLS_DISABLE_PEER_VERIFICATION="1")
    with open(daemon.conf, encoding="utf-8") as file:
        text = file.read()
    daemon.write_config(re.sub(r"(?m)^hosts = .*", f"hosts = 127.0.0.1:{proxy.port}", text))


@pytest.mark.parametrize("named", ["named", "found by the library"])
def test_nothing_dangerous_can_be_turned_on(vmapd, mariadb, proxy, named):
    option = "" if named != "named" else "option_file = {}/options.cnf"
    maps = """
[map two]
query = SELECT '%s'; SELECT 'second'
[map file]
query = LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE virtual_users
[map echo]
query = SELECT '%s'
"""
    daemon = vmapd.new(lambda directory: vmapd_conf(
        mariadb, directory, maps=maps, database=option.format(directory)))
    prepare_misuse(daemon, proxy)
    daemon.start()
    key = "x'; drop table virtual_users; --"
    assert daemon.ask("echo", key) == ("OK", key)
    two, file = daemon.ask("two", "k"), daemon.ask("file", "k")
    assert two.status == "TEMP" and "error in your SQL syntax" in two.text
    assert file.status == "TEMP" and "password" not in file.text
    assert proxy.logins
    for login in proxy.logins:
        flags, = struct.unpack_from("<I", login, 4)
        assert flags & (LOCAL_FILES | MULTI_STATEMENTS) == 0, hex(flags)


def test_password_file(vmapd, mariadb):
    """Read by root before it becomes somebody else; a new password is taken at a reload."""
    daemon = vmapd.new()
    with open(daemon.conf, encoding="utf-8") as file:
        text = file.read()
    path = f"{daemon.directory}/password"

    def write(password):
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"{password}\n")
        os.chmod(path, 0o600)
    write("wrong")
    daemon.write_config(text.replace(f"password = {PASSWORD}", f"password_file = {path}"))
    daemon.start()
    assert daemon.ask(*HIT).status == "TEMP"
    write(PASSWORD)
    assert "reloaded" in daemon.reload()
    assert daemon.ask(*HIT) == ("OK", "1")


def test_systemd_credential(vmapd):
    """What LoadCredential=secret:... does: a directory of the service's own, and where it is."""
    daemon = vmapd.new(server=f"user = {STRANGER}")
    directory = f"{daemon.directory}/credentials"
    os.mkdir(directory, mode=0o500)
    with open(f"{directory}/secret", "w", encoding="utf-8") as file:
        file.write(PASSWORD)
    os.chmod(f"{directory}/secret", 0o400)
    with open(daemon.conf, encoding="utf-8") as file:
        text = file.read()
    daemon.write_config(text.replace(f"password = {PASSWORD}", "password_file = secret"))
    daemon.process.env["CREDENTIALS_DIRECTORY"] = directory
    daemon.start()
    assert daemon.ask(*HIT) == ("OK", "1")


def test_sockets_let_in_whom_they_should(vmapd):
    """A stranger reaches neither socket."""
    daemon = vmapd()
    script = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    for path in (daemon.address.removeprefix("unix:"), daemon.control):
        for user, expected in ((STRANGER, 1), ("root", 0)):
            run = run_python(script, path, user=user)
            assert run.returncode == expected, run.stderr
            assert expected == 0 or "PermissionError" in run.stderr


@pytest.mark.parametrize("allow, is_served", [
    ("127.0.0.0/8", True), ("192.0.2.0/24 127.0.0.1", True), ("192.0.2.0/24", False)])
def test_allow(vmapd, mariadb, allow, is_served):
    """TCP clients of other networks are closed before they can ask; the unix socket is for all."""
    port = free_port()
    daemon = vmapd(lambda directory: vmapd_conf(
        mariadb, directory, listen=f"unix:{directory}/vmap inet:*:{port}",
        server=f"allow = {allow}"))
    with Client(f"inet:127.0.0.1:{port}") as client:
        if is_served:
            assert client.ask(*HIT) == ("OK", "1")
        else:
            assert client.at_end()
            assert "rejected: not in a network that allow names" in daemon.log_text()
            assert daemon.stats()["clients"]["rejected"] == 1
    assert daemon.ask(*HIT) == ("OK", "1")


def test_inet_needs_allow(vmapd, mariadb):
    """An address that others can reach is not opened by mistake."""
    daemon = vmapd.new(lambda directory: vmapd_conf(
        mariadb, directory, listen=f"inet:*:{free_port()}"))
    run = run_vmapd("-c", daemon.conf, "-t")
    assert run.returncode == 1 and "allow" in run.stderr

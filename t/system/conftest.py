"""What all system tests share: one MariaDB for the session, and sites and daemons on demand. Every
process is stopped by the fixture that started it, also when a test fails or the run is ended by a
signal. Needs root: Postfix does."""
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, os.path.dirname(__file__))

# pylint: disable=wrong-import-position
from harness import mailsystem  # noqa: E402
from harness.known import known_rows, knowing, trouble  # noqa: E402,F401 pylint: disable=unused-import
from harness.mysql import mysql_or_mariadb  # noqa: E402
from harness.process import tail  # noqa: E402
from harness.proxy import Proxy  # noqa: E402
from harness.vmapd import Vmapd  # noqa: E402

LOGS = pytest.StashKey()
FIGURES = "figures"


def pytest_configure(config):
    if os.geteuid() != 0:
        pytest.exit("the system tests start a private Postfix, which needs root", returncode=2)
    config.stash[LOGS] = []
    config.addinivalue_line("markers", "alone: measures times, so nothing else may run beside it")

    def on_sigterm(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, on_sigterm)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failure shows the end of every server's log."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for path in item.config.stash[LOGS]:
            if os.path.exists(path):
                report.sections.append((str(path), tail(path)))


def pytest_terminal_summary(terminalreporter):
    """What was counted and measured is printed, also when all is well."""
    kept = [(report.nodeid.rpartition("::")[2], text) for report in terminalreporter.getreports("passed")
            if report.when == "call" for name, text in report.user_properties if name == FIGURES]
    if kept:
        terminalreporter.section("figures")
        for name, text in kept:
            terminalreporter.write_line(f"{name}: {text}")


@pytest.fixture
def figures(record_property):
    """figures(...) keeps what a test has counted for the end of the run."""
    def keep(*parts):
        record_property(FIGURES, "; ".join(map(str, parts)))
    return keep


@pytest.fixture(scope="session")
def workdir():
    """Below /tmp, for socket paths have to be short; readable for the servers' own users."""
    path = Path(tempfile.mkdtemp(prefix="vmapd-test-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def tmp_path(workdir):
    """pytest's own leaves its directories behind."""
    return Path(tempfile.mkdtemp(dir=workdir))


@pytest.fixture(scope="session")
def show_logs(request):
    """The paths of the logs that a failure shows."""
    return request.config.stash[LOGS]


@pytest.fixture(scope="session")
def server(workdir, request):
    mariadb = mysql_or_mariadb(workdir)
    request.config.stash[LOGS].append(mariadb.log)
    try:
        mariadb.start()
        yield mariadb
    finally:
        mariadb.stop()


@pytest.fixture(scope="module")
def loaded(server):
    """The mail system's database, new for each module."""
    server.ensure_running()
    mailsystem.load_database(server)
    return server


@pytest.fixture
def mariadb(loaded):
    """The server with that database; it runs again after each test, whatever the test did."""
    loaded.ensure_running()
    yield loaded
    loaded.ensure_running()


@pytest.fixture
def proxy(mariadb):
    """Something to put between vmapd and the server, without a fault as yet."""
    between = Proxy(mariadb.port)
    yield between
    between.close()


class _Daemons:
    """Makes Vmapd objects in directories of their own and stops them all."""

    def __init__(self, mariadb, workdir, logs):
        self.mariadb, self.workdir, self.logs = mariadb, workdir, logs
        self.all = []

    def new(self, config=None, **conf):
        """A daemon that does not run yet. config: a function of its directory that gives the text;
        default: vmapd_conf() with the given arguments."""
        directory = tempfile.mkdtemp(prefix="vmapd-", dir=self.workdir)
        os.chmod(directory, 0o755)
        text = config(directory) if config else mailsystem.vmapd_conf(self.mariadb, directory,
                                                                      **conf)
        daemon = Vmapd(directory, text)
        self.all.append(daemon)
        self.logs.append(daemon.log)
        return daemon

    def __call__(self, config=None, **conf):
        daemon = self.new(config, **conf)
        daemon.start()
        return daemon

    def stop_all(self):
        problems = []
        for daemon in self.all:
            try:
                daemon.stop()
            except (AssertionError, TimeoutError) as error:
                problems.append(str(error))
            self.logs.remove(daemon.log)
        assert not problems, "\n".join(problems)


@pytest.fixture
def vmapd(mariadb, workdir, request):
    """vmapd(...) starts a daemon, vmapd.new(...) only prepares one."""
    daemons = _Daemons(mariadb, workdir, request.config.stash[LOGS])
    yield daemons
    daemons.stop_all()


@pytest.fixture(scope="module")
def variant(request):
    """What differs from the tutorial's main.cf, and the same for vmapd's [server] section."""
    return getattr(request, "param", ({}, ""))


@pytest.fixture(scope="module")
def mysql_site(loaded, workdir, variant, request):
    """Postfix with mysql: tables: what vmapd is compared with."""
    parameters, _ = variant
    yield from _site(workdir, request,
                     lambda site: mailsystem.use_mysql(site, loaded, parameters))


@pytest.fixture(scope="module")
def vmapd_site(loaded, workdir, variant, request):
    """Postfix with socketmap: tables; site.vmapd is the daemon behind them."""
    parameters, server_lines = variant

    def start(site):
        directory = Path(tempfile.mkdtemp(prefix="vmapd-", dir=workdir))
        directory.chmod(0o755)
        os.makedirs(f"{site.postfix.queue}/private", mode=0o700, exist_ok=True)
        shutil.chown(f"{site.postfix.queue}/private", "postfix")
        listen = f"unix:{site.postfix.queue}/private/vmap"
        site.vmapd = Vmapd(directory, mailsystem.vmapd_conf(
            loaded, directory, listen=listen, server="lookup_timeout = 3s\n" + server_lines))
        site.vmapd.address = listen
        request.config.stash[LOGS].append(site.vmapd.log)
        site.vmapd.start()
        mailsystem.use_vmapd(site, parameters)
    yield from _site(workdir, request, start)


@pytest.fixture
def short_lives(vmapd_site):
    """The same site, whose vmapd forgets quickly."""
    daemon = vmapd_site.vmapd
    with open(daemon.conf, encoding="utf-8") as file:
        before = file.read()
    daemon.write_config(before.replace("[cache]\n", "[cache]\nttl = 2s\nnegative_ttl = 1s\n"))
    assert "reloaded" in daemon.reload()
    yield vmapd_site
    daemon.write_config(before)
    daemon.reload()


def _site(workdir, request, start):
    directory = Path(tempfile.mkdtemp(prefix="site-", dir=workdir))
    site = mailsystem.Site(directory)
    site.vmapd = None
    request.config.stash[LOGS].append(site.postfix.log)
    try:
        start(site)
        yield site
    finally:
        site.stop()
        if site.vmapd is not None:
            site.vmapd.stop()

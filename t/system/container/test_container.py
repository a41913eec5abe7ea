"""packaging/Containerfile, as docs/containers.md runs it: vmapd in one container, Postfix in another, and
between them a directory with the socket. See `make check-container`."""
import os
import re
import signal
import subprocess
import tempfile
from pathlib import Path

import image
import pytest

from harness import mailsystem
from harness.process import Process, wait_until
from harness.vmapd import SOURCE

UID = 2527

# Both from the manual.
TEXT = re.sub("(?m)^    ", "", (SOURCE / "docs/containers.md").read_text("utf-8"))
SERVER = re.search(r"(?ms)^\[server\].*?\n\n", TEXT)[0]
MAIN_CF = dict(re.findall(r"(?m)^(virtual_\w+) = (.*)", TEXT))
PARAMETERS = ("virtual_mailbox_domains", "virtual_mailbox_maps", "virtual_alias_maps")


@pytest.fixture(scope="session")
def vmapd_image():
    """Built anew each time, in build/."""
    return image.build(SOURCE / "packaging/Containerfile", SOURCE / "build/container")


class Container:
    """vmapd in the image, with the volumes and the configuration of docs/containers.md."""

    def __init__(self, made, directory, mariadb, socket_volume):
        self.image = made
        self.configuration = directory / "etc"
        self.configuration.mkdir(0o755)
        self.volumes = {"/run/vmap": Path(socket_volume), "/var/lib/vmapd": directory / "state"}
        for inside, outside in self.volumes.items():
            new_volume(outside, made.root / inside.lstrip("/"))
        self.write_configuration(mariadb)
        self.process = Process(self.command(*made.entrypoint), directory / "vmapd.log")

    def write_configuration(self, mariadb):
        path = self.configuration / "vmapd.conf"
        path.write_text(f"""{SERVER}
[database]
hosts = 127.0.0.1:{mariadb.port}
user = {mailsystem.USER}
password = {mailsystem.PASSWORD}
dbname = {mailsystem.DATABASE}
{mailsystem.MAPS}""", "utf-8")
        os.chown(path, 0, UID)
        path.chmod(0o640)

    def command(self, *argv):
        volumes = {**self.volumes, "/etc/vmapd": self.configuration}
        return [str(word) for word in self.image.command(
            *argv, binds=[f"{outside}:{inside}" for inside, outside in volumes.items()])]

    def health(self):
        return subprocess.run(self.command("sh", "-c", self.image.health), check=False,
                              capture_output=True).returncode

    def start(self):
        self.process.start()
        wait_until(lambda: self.health() == 0, "the container is healthy")

    def inside(self):
        """vmapd itself: process 1 of the container."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text("ascii")
        return int(children.split()[0])

    def stop(self):
        """As `podman stop`; its exit code."""
        if self.process.alive():
            os.kill(self.inside(), signal.SIGTERM)
        return self.process.wait()


def new_volume(path, example):
    """As engines make one: with the owner and the mode of the directory in the image."""
    path.mkdir(parents=True)
    status = example.stat()
    os.chown(path, status.st_uid, status.st_gid)
    path.chmod(status.st_mode & 0o7777)


@pytest.fixture(scope="module")
def site(loaded, workdir):
    directory = Path(tempfile.mkdtemp(prefix="site-", dir=workdir))
    made = mailsystem.Site(directory)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def container(vmapd_image, site, loaded, workdir):
    directory = Path(tempfile.mkdtemp(prefix="container-", dir=workdir))
    directory.chmod(0o755)
    made = Container(vmapd_image, directory, loaded, f"{site.postfix.queue}/vmap")
    made.start()
    site.start(*(MAIN_CF[name] for name in PARAMETERS), {})
    yield made
    made.stop()


def test_postfix_delivers_through_the_volume(container, site):
    replies, deliveries = site.deliver("email1@example.com", "alias+foo@example.com", "nobody@example.com")
    assert [reply.code for reply in replies] == [250, 250, 550]
    assert deliveries == ["email1+foo@example.com", "email1@example.com"]


def test_it_has_no_privileges(container):
    status = Path(f"/proc/{container.inside()}/status").read_text("ascii")
    assert re.search(rf"(?m)^Uid:\s+{UID}\s+{UID}\s+{UID}\s", status)
    assert re.search(r"(?m)^CapEff:\s+0+$", status)


def test_health_is_that_of_vmapd(container, site):
    assert container.health() == 0
    assert container.stop() == 0
    assert container.health() == 1
    assert site.reply_to("email1@example.com").code == 451
    container.start()
    # Postfix remembers for up to half a minute that it had no answer (docs/failures.md).
    wait_until(lambda: site.reply_to("email1@example.com").code == 250, "mail is taken again", 60)


def test_a_new_container_knows_what_the_old_one_knew(container, site, loaded):
    def known():
        return site.postfix.postmap("email1@example.com",
                                    f"socketmap:unix:{site.postfix.queue}/vmap/socket:mailboxes") == (0, "1")
    wait_until(known, "it is found")
    loaded.stop()
    try:
        assert container.stop() == 0
        container.start()
        assert known() and container.health() == 0
    finally:
        loaded.ensure_running()
    assert (container.volumes["/var/lib/vmapd"] / "cache").stat().st_uid == UID

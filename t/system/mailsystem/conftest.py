"""The mail system for the tests here, started once. What all system tests share is one level up."""
import os
import subprocess
import sys

import pytest

sys.path.insert(0, os.path.dirname(__file__))

# pylint: disable=wrong-import-position
from harness import mailsystem  # noqa: E402
from harness.vmapd import SOURCE  # noqa: E402
from whole import MailSystem  # noqa: E402


@pytest.fixture(scope="session")
def system(server, workdir, show_logs):
    mailsystem.load_sample(server)
    directory = workdir / "whole"
    directory.mkdir(mode=0o755)
    whole = MailSystem(directory, server)
    show_logs.extend(whole.logs)
    try:
        whole.start()
        yield whole
    finally:
        whole.stop()


@pytest.fixture(scope="session")
def zones(workdir):
    """The records of the zones in conf/, {(name, type): data}, as the name server reads them."""
    records = {}
    for zone, name in (("example.com", "dns-example.com.zone"),
                       ("2.0.192.in-addr.arpa", "dns-192.0.2.zone")):
        output = workdir / name
        subprocess.run(["named-compilezone", "-f", "text", "-o", output, zone,
                        SOURCE / "conf" / name], check=True, capture_output=True)
        for line in output.read_text(encoding="ascii").splitlines():
            owner, _, _, kind, data = line.split(maxsplit=4)
            records[owner.rstrip("."), kind] = data
    return records

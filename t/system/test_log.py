"""The log is for people; lookups do not wait for it."""
import os
import subprocess

from harness.process import wait_until
from harness.vmapd import VMAPD


def test_a_log_that_nobody_reads(vmapd):
    """A pipe that is full, as when journald hangs: lines are lost and counted, no lookup waits."""
    daemon = vmapd.new(server="log_lookups = yes")
    with subprocess.Popen([VMAPD, "-c", daemon.conf], stderr=subprocess.PIPE) as process:
        try:
            wait_until(lambda: os.path.exists(daemon.control), "it begins")
            with daemon.client(timeout=5) as client:
                for _ in range(3000):
                    assert client.ask("mailboxes", "email1@example.com") == ("OK", "1")
                os.read(process.stderr.fileno(), 1 << 20)
                assert client.ask("mailboxes", "email1@example.com") == ("OK", "1")
            assert b"lines are lost" in os.read(process.stderr.fileno(), 1 << 20)
        finally:
            process.terminate()
            process.stderr.close()
        assert process.wait(10) == 0

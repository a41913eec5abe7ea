"""The demonstration shows what README promises, and leaves nothing behind."""
import os
import re
import subprocess
import sys

from harness.vmapd import BUILD, SOURCE


def test_the_demonstration_shows_what_readme_says():
    run = subprocess.run([sys.executable, SOURCE / "t/demo/demo.py"], capture_output=True, text=True,
                         check=False, timeout=120, stdin=subprocess.DEVNULL,
                         env={**os.environ, "VMAPD_BUILD": str(BUILD)})
    assert run.returncode == 0, run
    _, runs, stopped, restarted, back = re.split("^== .*$", run.stdout, flags=re.MULTILINE)

    def replies(part, recipient):
        found = re.search(rf"^  {re.escape(recipient)} +(\d+) .*?  +(\d+) ", part, re.MULTILINE)
        return found.groups()
    assert replies(runs, "email1@example.com") == ("250", "250")
    assert replies(runs, "nobody@example.com") == ("550", "550")
    for part in stopped, restarted:
        for recipient in "email1@example.com", "Email1+lists@Example.com", "alias@example.com":
            assert replies(part, recipient) == ("451", "250")
    assert replies(stopped, "nobody@example.com") == ("451", "451")
    assert int(re.search(r"stale served +(\d+)", restarted).group(1)) > 0
    assert replies(back, "email2@example.com")[1] == "250"
    directory = re.search(r"in (/tmp/vmapd-demo-\w+) ", run.stdout).group(1)
    assert not os.path.exists(directory)

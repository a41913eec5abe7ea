"""docs/versions.md does not promise more, or less, than what the tests run with."""
import subprocess

from harness.vmapd import SOURCE


def test_the_row_of_this_machine_is_true():
    run = subprocess.run([SOURCE / "t/versions"], capture_output=True, text=True, check=True)
    here = run.stdout.split(" | ")
    rows = [line.split(" | ") for line in (SOURCE / "docs/versions.md").read_text("utf-8").splitlines()]
    promised = [row for row in rows if row[0] == here[0]]
    assert len(promised) == 1, f"no row for {here[0]}: t/versions update, when all tests have passed"
    assert [cell if own != "-" else own for cell, own in zip(promised[0], here)] == \
        [cell.rstrip("\n") for cell in here], "t/versions update, when all tests have passed"

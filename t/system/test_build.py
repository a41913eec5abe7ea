"""The build keeps what CONTRIBUTING says of tests: none that is written and never run, none that fails and
is not heard."""
import os
import re
import shutil
import subprocess

import pytest

from harness.vmapd import SOURCE

TEST = "build/t/base/test_columns"
EXTRA = """
START_TEST(one_more)
{
    ck_assert_int_eq(1, 2);
}
END_TEST
"""


@pytest.fixture
def tree(tmp_path):
    """A copy of the sources, and make in it: tree(target) gives its status and all that it printed."""
    for name in ("Makefile", "mk", "src", "include", "t/unit", "t/db", "t/fuzz", "t/results"):
        copy = shutil.copytree if (SOURCE / name).is_dir() else shutil.copy
        (tmp_path / name).parent.mkdir(exist_ok=True)
        copy(SOURCE / name, tmp_path / name)
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "BUILD", "SANITIZE")}

    def make(*arguments):
        run = subprocess.run(["make", "-C", tmp_path, "--no-print-directory", "-s", *arguments], text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                             env=environment)
        return run.returncode, run.stdout

    make.test = tmp_path / "t/unit/base/test_columns.c"
    return make


def add_test(tree, is_registered):
    change(tree, "\nstatic Suite *suite", EXTRA + "\nstatic Suite *suite")
    if is_registered:
        change(tree, "    tcase_add_test(t, ", "    tcase_add_test(t, one_more);\n    tcase_add_test(t, ")


def change(tree, old, new):
    text = tree.test.read_text("utf-8")
    assert old in text
    tree.test.write_text(text.replace(old, new, 1), "utf-8")


def test_all_is_well_takes_one_line(tree):
    status, said = tree("unit", f"UNIT={TEST}")
    assert status == 0 and re.fullmatch(r"unit: [1-9]\d* passed, 0 failed\n", said), said


def test_a_test_that_nobody_registered_does_not_compile(tree):
    add_test(tree, is_registered=False)
    status, said = tree("unit", f"UNIT={TEST}")
    assert status != 0 and re.search("error: .one_more. defined but not used", said), said


def test_a_test_that_fails_is_heard(tree):
    add_test(tree, is_registered=True)
    status, said = tree("unit", f"UNIT={TEST}")
    assert status != 0 and "Assertion '1 == 2' failed" in said, said
    assert re.search(r"\nunit: [1-9]\d* passed, 1 failed\n", said), said


def test_a_program_that_crashes_is_heard(tree):
    change(tree, "UNIT_MAIN(suite)", "int main(void)\n{\n    suite();\n    abort();\n}")
    status, said = tree("unit", f"UNIT={TEST}")
    assert status != 0 and "Aborted" in said and "\nunit: 0 passed, 1 failed\n" in said, said

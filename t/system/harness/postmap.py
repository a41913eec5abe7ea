"""postmap -q, for one key and for many."""
import subprocess
from collections import namedtuple

# A failed lookup ends postmap with the same exit code as a key that is not found.
Answer = namedtuple("Answer", "code text failed")


def query(config, key, table):
    """One key, of any bytes but NUL, as an argument. The text ends with a newline if there is one."""
    return _run(config, key, table, None)


def query_all(config, keys, table):
    """Keys without newlines, on the standard input. Text: "KEY TAB VALUE" lines of those found."""
    return _run(config, b"-", table, b"".join(key + b"\n" for key in keys))


def _run(config, key, table, standard_input):
    run = subprocess.run([b"postmap", b"-c", config.encode(), b"-q", key, table.encode()],
                         input=standard_input, capture_output=True, check=False)
    failed = b"fatal:" in run.stderr
    assert run.returncode in (0, 1), run
    return Answer(run.returncode, run.stdout, failed)

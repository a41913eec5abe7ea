"""Libraries that stand between a process and the system: harness/NAME.c, preloaded."""
import shutil
import subprocess
from pathlib import Path


def preload(name, directory):
    """Compile it; the path for LD_PRELOAD. Not for a build with sanitizers, which want to be first."""
    library = f"{directory}/{name}.so"
    subprocess.run([shutil.which("cc"), "-shared", "-fPIC", "-o", library,
                    Path(__file__).with_name(f"{name}.c")], check=True)
    return library

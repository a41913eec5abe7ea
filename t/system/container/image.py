"""An image built from a Containerfile without a registry and without a program for containers: the base is
made by debootstrap, each instruction is done in a root directory, and a container is a chroot with
namespaces of its own. It knows the instructions that packaging/Containerfile has, and no others."""
import glob
import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from harness.vmapd import SOURCE

ENVIRONMENT = ["env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
               "LC_ALL=C.UTF-8", "DEBIAN_FRONTEND=noninteractive", "CI=true"]

ENTER = """
root=$1 binds=$2 user=$3
shift 3
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
for bind in $binds; do mount --bind "${bind%%:*}" "$root${bind#*:}"; done
exec chroot --userspec="$user" "$root" "$@"
"""


def instructions(text):
    """(WORD, rest) of each, with lines put together and comments left out."""
    text = re.sub(r"(?m)^\s*#.*\n", "", text).replace("\\\n", "")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


class Stage:
    """One FROM and what follows it."""

    def __init__(self, base, directory, others):
        self.root, self.others = Path(directory), others
        self.user, self.workdir = "root", "/"
        self.entrypoint, self.health, self.volumes = [], "", []
        release = re.fullmatch(r"debian:(\w+)-slim", base)[1]
        subprocess.run([SOURCE / "t/debian-root", release, self.root], check=True)
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")

    def command(self, *argv, user=None, binds=()):
        """What runs it inside; --kill-child ends all of it with the first process."""
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-e", "-c", ENTER, "sh", self.root,
                " ".join(binds), user or self.user, *ENVIRONMENT, *argv]

    def do(self, word, rest):
        getattr(self, f"_{word.lower()}")(rest)

    def _run(self, rest):
        run = subprocess.run(self.command("sh", "-c", f"cd {self.workdir} && {rest}"), capture_output=True,
                             text=True, check=False)
        assert run.returncode == 0, f"RUN {rest}\n{run.stdout[-3000:]}{run.stderr[-3000:]}"

    def _copy(self, rest):
        *options, source, target = shlex.split(rest)
        place = self.root / target.lstrip("/")
        if options:
            source_root = self.others[options[0].removeprefix("--from=")].root
            place.mkdir(parents=True, exist_ok=True)
            for path in glob.glob(f"{source_root}{source}"):
                shutil.copy(path, place)
        else:
            ignored = [f"--exclude=./{line}" for line in (SOURCE / ".dockerignore").read_text().split()]
            place.mkdir(parents=True)
            subprocess.run(f"tar -C {SOURCE} -c {' '.join(ignored)} {source} | tar -C {place} -x", shell=True,
                           check=True)

    def _workdir(self, rest):
        self.workdir = rest

    def _user(self, rest):
        self.user = rest

    def _volume(self, rest):
        self.volumes = rest.split()

    def _healthcheck(self, rest):
        self.health = rest.partition("CMD ")[2]

    def _entrypoint(self, rest):
        self.entrypoint = json.loads(rest)


def build(containerfile, directory):
    """The last stage, which is the image."""
    stages, stage = {}, None
    for word, rest in instructions(Path(containerfile).read_text("utf-8")):
        if word == "FROM":
            base, _, name = rest.partition(" AS ")
            stage = stages[name] = Stage(base, os.path.join(directory, name or "image"), stages)
        else:
            stage.do(word, rest)
    return stage

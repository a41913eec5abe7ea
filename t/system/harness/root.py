"""A root directory for a program that has to find everything where it is on a real system: the machine's
/usr and devices, a copy of its /etc, and an empty /run and /var. Nothing of the machine's own changes, and
what is mounted goes with the last process inside."""
import os
import shutil
import subprocess

SHARED = ("usr", "proc", "dev", "sys")
LINKED = ("bin", "sbin", "lib", "lib64")

ENTER = """
root=$1 binds=$2
shift 2
for name in {shared}; do mount --rbind /$name "$root/$name"; done
for bind in $binds; do mount --rbind "${{bind%%:*}}" "$root${{bind#*:}}"; done
exec chroot "$root" "$@"
""".format(shared=" ".join(SHARED))


class Root:
    def __init__(self, directory):
        self.directory = str(directory)
        self._binds = []
        for name in SHARED:
            os.makedirs(f"{self.directory}/{name}")
        for name in LINKED:
            if os.path.islink(f"/{name}"):
                os.symlink(os.readlink(f"/{name}"), f"{self.directory}/{name}")
        subprocess.run(["cp", "-a", "/etc", self.directory], check=True)
        self.make("/tmp", mode=0o1777)

    def path(self, inside):
        return self.directory + inside

    def make(self, inside, owner="root", mode=0o755):
        """A directory, and its path from outside."""
        os.makedirs(self.path(inside), exist_ok=True)
        shutil.chown(self.path(inside), owner, owner)
        os.chmod(self.path(inside), mode)
        return self.path(inside)

    def write(self, inside, text, mode=0o644):
        os.makedirs(os.path.dirname(self.path(inside)), exist_ok=True)
        with open(self.path(inside), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(self.path(inside), mode)

    def bind(self, outside, inside):
        """A directory or file of the machine's that is seen inside."""
        if os.path.isdir(outside):
            self.make(inside)
        else:
            self.write(inside, "")
        self._binds.append(f"{outside}:{inside}")

    def command(self, *argv):
        return ["unshare", "--mount", "sh", "-e", "-c", ENTER, "sh", self.directory,
                " ".join(self._binds), *argv]

    def run(self, *argv):
        return subprocess.run(self.command(*argv), capture_output=True, text=True, check=True).stdout

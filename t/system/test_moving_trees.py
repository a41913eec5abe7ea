"""vmapctl import on many ways of setting up Postfix: all mail goes where it went before, what cannot
move is said, and going back restores every setting."""
import os
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from harness import mailsystem, trees
from harness.postfix import MASTER_CF, Postfix
from harness.sink import Sink
from harness.smtp import Session
from harness.vmapd import Vmapd, vmapctl
from test_moving import run_commands

# Messages; one for each recipient would take long.
GROUPS = 5
AT_ONCE = 4


def master_cf(services):
    """With the options of the services; the one that takes mail is "smtpd" here."""
    text = ""
    for line in MASTER_CF.splitlines():
        command = line.split()[-1]
        options = services.get(command, {})
        text += line + "\n" + "".join(f"  -o {name}={value}\n" for name, value in options.items())
    return text.replace("{", "{{").replace("}", "}}").replace("{{port}}", "{port}")


class Installation:
    def __init__(self, directory, server, tree):
        self.directory, self.tree = directory, tree
        self.sink = Sink()
        names = {"directory": directory}
        for name in trees.NAMES:
            path = directory / f"{name}.cf"
            path.write_text(f"user = {mailsystem.USER}\npassword = {mailsystem.PASSWORD}\n"
                            f"hosts = 127.0.0.1:{server.port}\ndbname = trees\n"
                            f"query = SELECT v FROM {name} WHERE k='%s'\n", encoding="utf-8")
            path.chmod(0o640)
            shutil.chown(path, group="postfix")
            names[name] = f"mysql:{path}"
        (directory / "my").write_text("/^my\\.example$/ 1\n", encoding="utf-8")
        (directory / "my-names").write_text("my.example\n", encoding="utf-8")
        (directory / "my-tables").write_text(f"# ours\n{names['dest']}\n", encoding="utf-8")
        (directory / "patterns").write_text("/^pattern@/ joe@virtual.example\n", encoding="utf-8")
        services = {service: {name: value.format(**names) for name, value in options.items()}
                    for service, options in tree.services.items()}
        self.postfix = Postfix(directory / "postfix", {}, master_cf=master_cf(services))
        self.postfix.configure(self.settings({name: value.format(**names)
                                              for name, value in tree.main.items()}))
        self.vmapd = None

    def settings(self, main):
        sink = f"lmtp:inet:[127.0.0.1]:{self.sink.port}"
        own = mailsystem.main_cf(self.sink.port, "", "", "")
        own.update({"relay_transport": sink, "compatibility_level": self.tree.level,
                    "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
                    "smtpd_recipient_restrictions": "", "local_recipient_maps": "",
                    "lmtp_connection_cache_on_demand": "no",
                    "smtpd_discard_ehlo_keywords": "chunking"})
        if self.tree.level == "":
            del own["compatibility_level"]
        return {**own, **main}

    def mail(self):
        """For groups of recipients: the replies, and where the message ended."""
        results, waiting = {}, {}
        groups = [tuple(trees.RECIPIENTS[i::GROUPS]) for i in range(GROUPS)]
        with Session(self.postfix.port) as session:
            for group in groups:
                offer = session.offer(*group)
                results[group] = [tuple(reply) for reply in offer.replies]
                if offer.queue_id:
                    waiting[group] = offer
        for group, offer in waiting.items():
            bounce = self.postfix.wait_removed(offer.queue_id)
            if bounce:
                self.postfix.wait_removed(bounce)
            results[group] += sorted(to for _, to in self.sink.deliveries(offer.tag))
        return results

    def postconf(self):
        return [subprocess.run(["postconf", "-c", self.postfix.config, option], capture_output=True,
                               text=True, check=True).stdout for option in ("-n", "-M", "-P")]

    def serve(self, text):
        self.vmapd = Vmapd(self.directory / "vmapd", text.replace(
            "[server]", f"[server]\ncontrol = unix:{self.directory}/vmapd/control", 1))
        self.vmapd.start()

    def compare(self):
        asked = self.directory / "asked"
        asked.write_text("".join(f"{recipient}\n" for recipient in trees.RECIPIENTS), encoding="utf-8")
        return self.vmapd.ctl("compare", "-c", self.postfix.config, str(asked))

    def stop(self):
        self.postfix.stop()
        self.sink.close()
        if self.vmapd is not None:
            self.vmapd.stop()


class Outcome(NamedTuple):
    """What was seen of a tree: settings and mail, before import, after the switch, after going back."""
    report: str
    settings: list
    mail: list
    temporary: int
    compared: object  # of vmapctl compare, before the switch
    checked: str      # by vmapctl check, after it


def move(directory, server, tree):
    installation = Installation(directory, server, tree)
    postfix = installation.postfix
    conf = f"{directory}/vmapd.conf"
    try:
        postfix.start()
        settings, mail = [installation.postconf()], [installation.mail()]
        run = vmapctl("import", "-c", postfix.config, "-o", conf)
        assert run.returncode == 0, run
        assert installation.postconf() == settings[0]
        os.makedirs(f"{postfix.queue}/private", exist_ok=True)
        installation.serve(Path(conf).read_text(encoding="utf-8"))
        compared = installation.compare()
        run_commands(run.stdout, "Switch")
        settings.append(installation.postconf())
        checked = vmapctl("check", "-c", installation.vmapd.conf, "-p", postfix.config).stdout
        mail.append(installation.mail())
        temporary = installation.vmapd.stats()["replies"]["temp"]
        run_commands(run.stdout, "Go back")
        settings.append(installation.postconf())
        return Outcome(run.stdout, settings, mail, temporary, compared, checked)
    finally:
        installation.stop()


@pytest.fixture(scope="module", name="outcomes")
def _outcomes(request, loaded, workdir):
    """Of all trees that are tested, several at a time: most of it is waiting for Postfix."""
    loaded.sql(trees.TABLES)
    names = [item.callspec.params["name"] for item in request.session.items
             if item.fspath == request.fspath
             and item.originalname == "test_same_mail_before_and_after"]

    def move_one(name):
        directory = Path(tempfile.mkdtemp(prefix="tree-", dir=workdir))
        directory.chmod(0o755)
        return move(directory, loaded, trees.TREES[name])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {name: pool.submit(move_one, name) for name in names}


def stays(report):
    """The parameters below "Not moved", without the services."""
    part = re.search(r"^Not moved:\n(.*?)^\S", report, re.MULTILINE | re.DOTALL)
    return sorted({name.rsplit("/", 1)[-1] for name in
                   re.findall(r"^  (\S+)$", part.group(1), re.MULTILINE)}) if part else []


@pytest.mark.parametrize("name", trees.TREES)
def test_same_mail_before_and_after(outcomes, name):
    tree, outcome = trees.TREES[name], outcomes[name].result()
    before, moved, back = outcome.settings
    today, after = outcome.mail
    assert moved != before
    different = {who: (today[who], after[who]) for who in today if today[who] != after[who]}
    assert different == {}, outcome.report
    assert outcome.temporary == 0
    assert stays(outcome.report) == sorted(tree.stays), outcome.report
    if not tree.stays and not tree.services:
        assert "mysql:" not in re.sub(r"(?m)^(proxy_read_maps|one|tables) = .*", "",
                                      moved[0] + moved[2])
    assert back == before
    if not tree.stays:
        assert outcome.compared.returncode == 0, outcome.compared
        # Nothing but what would be in an outage, which --install does something about.
        assert [line for line in outcome.checked.splitlines() if "localpart" in line
                or line.startswith("problem:") and re.search(r"/(main|master)\.cf: ", line)
                and "while the database is away" not in line] == [], outcome.checked


# What somebody may write into vmapd.conf who does it by hand, and for whom it would be wrong.
BY_HAND = {
    "local domains that are in a table": (
        "a table of local domains", r", table:\S+", "", "info@my.example",
        "aliases: info@my.example: mysql: "),
    "relay domains without their parents": (
        "local domains that may be relayed to, level 0",
        "parent_domain_matches_subdomains = yes", "parent_domain_matches_subdomains = no",
        "a@sub.my.example", "relay_domains: sub.my.example: mysql: "),
    "one delimiter for all services": (
        "smtpd with another delimiter", "\nrecipient_delimiter = -", "", "al-x@virtual.example",
        "al-x@virtual.example: mysql: "),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_compare_finds_what_is_wrong_by_hand(loaded, tmp_path, name):
    tree, wanted, written, address, difference = BY_HAND[name]
    loaded.sql(trees.TABLES)
    tmp_path.chmod(0o755)
    installation = Installation(tmp_path, loaded, trees.TREES[tree])
    (tmp_path / "asked").write_text(f"{address}\n", encoding="utf-8")
    try:
        os.makedirs(f"{installation.postfix.queue}/private")
        right = vmapctl("import", "-c", installation.postfix.config).stdout
        assert re.search(wanted, right)
        installation.serve(right)
        arguments = ("compare", "-c", installation.postfix.config, f"{tmp_path}/asked")
        if wanted:
            run = installation.vmapd.ctl(*arguments)
            assert run.returncode == 0, run
            installation.vmapd.write_config(re.sub(wanted, written, Path(
                installation.vmapd.conf).read_text(encoding="utf-8")))
            installation.vmapd.reload()
        run = installation.vmapd.ctl(*arguments)
        assert run.returncode == 1 and difference in run.stdout, run
    finally:
        installation.stop()


def test_what_stays_is_said_on_the_terminal(tmp_path):
    (tmp_path / "main.cf").write_text("compatibility_level = 3.6\nvirtual_alias_maps = mysql:/a.cf\n"
                                      "local_login_sender_maps = mysql:/l.cf\n"
                                      "virtual_mailbox_domains = mysql:" f"{tmp_path}/d.cf\n",
                                      encoding="utf-8")
    (tmp_path / "d.cf").write_text("hosts = 127.0.0.1\nuser = u\npassword = p\ndbname = d\n"
                                   "query = SELECT 1 FROM d WHERE k='%s'\n", encoding="utf-8")
    run = vmapctl("import", "-c", str(tmp_path))
    assert run.returncode == 0 and run.stdout.startswith("# vmapd.conf"), run
    assert stays(run.stderr + "end") == ["local_login_sender_maps", "virtual_alias_maps"], run.stderr

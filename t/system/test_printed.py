"""Every command that README and docs/moving.md print was run, and every output was printed by one: on a machine of
its own, with the paths, the port and the layouts that are printed there."""
import filecmp
import os
import re
import tempfile
from pathlib import Path

import pytest

from harness import layouts, mailsystem, own_machine, shapes
from harness.printed import blocks, commands, said_somewhere, text_of
from harness.process import wait_until
from harness.vmapd import SOURCE

DOCUMENTS = ("README", "docs/moving.md")
CONF = "/etc/vmapd/vmapd.conf"
IREDMAIL = {"virtual_alias_maps": "alias", "domain_alias_maps": "domain_alias", "catchall_maps": "catchall",
            "domain_alias_catchall_maps": "domain_alias_catchall", "virtual_mailbox_domains": "mailbox_domains",
            "virtual_mailbox_maps": "mailbox", "transport_maps_user": "transport_user",
            "transport_maps_domain": "transport_domain", "recipient_bcc_maps_domain": "recipient_bcc_domain",
            "sender_login_maps": "alias"}
# What others run: commands by the file that does, and what of them stands there.
ELSEWHERE = {
    "apt install ./vmapd_*.deb": ("packaging/check-booted", "apt-get install -y --no-install-recommends /root/vmapd.deb"),
    "apt purge vmapd": ("packaging/check-booted", "apt-get purge -y vmapd"),
    "make": (".ci/run", "make"),
    "make demo": ("mk/packages.mk", "RELEASE_TARGETS := demo check"),
    "make deps": ("mk/packages.mk", "deps-debian: deps"),
    "make check": (".ci/run", "make check"),
    "make help": ("t/system/test_install.py", '"help"'),
}
# What is no output, and is proved by test_documents.py: the list of documents.
LISTS = ("vmapd(8), vmapd.conf(5), vmapctl(1)",)


def block_with(text, document="docs/moving.md"):
    """The block that begins with this text: what the machine is set up with."""
    (block,) = [block for block in blocks(document) if block.startswith(text)]
    return block + "\n"


def main_cf(*texts):
    base = {**mailsystem.main_cf(0, "", "", ""), "compatibility_level": "3.6", "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4", "maillog_file": "/var/log/postfix.log"}
    for name in ("virtual_transport", "local_transport", "default_transport", "virtual_mailbox_domains",
                 "virtual_mailbox_maps", "virtual_alias_maps"):
        del base[name]
    return "".join(f"{name} = {value}\n" for name, value in base.items()) + "".join(texts)


class Story:
    """What is run one after the other, with what it printed; and the files that came of it."""

    def __init__(self, machine):
        self.machine = machine
        self.runs, self.texts = [], []

    def run(self, command):
        output = self.machine.sh(command, check=False)
        self.runs.append(command)
        self.keep(f"$ {command}\n{output}")
        return output

    def keep(self, text):
        """Without comments, too: "with a comment above each line that needs one"."""
        self.texts += [text, re.sub(r"(?m)^#.*\n", "", text)]

    def take(self, text):
        """A block that the machine is set up with."""
        self.texts.append(text)
        return text


def write_cf(path, database, query):
    Path(path).parent.mkdir(exist_ok=True)
    Path(path).write_text(f"user = mailuser\npassword = mailuserpass\nhosts = 127.0.0.1\ndbname = {database}\n"
                          f"query = {query}\n", encoding="utf-8")


def postfix_has(machine, text):
    Path("/etc/postfix/main.cf").write_text(text, encoding="utf-8")
    machine.sh("postfix reload")


TRANSPORT = "virtual_transport = lmtp:unix:private/dovecot-lmtp\n"


def the_tutorial(story):
    files = story.take(block_with("/etc/postfix/mysql-virtual-mailbox-domains.cf"))
    lists = ("virtual_mailbox_domains", "virtual_mailbox_maps", "virtual_alias_maps")
    parameters = ""
    for name, line in zip(lists, files.splitlines()):
        path, query = line.split(None, 1)
        write_cf(path, "mailserver", query)
        parameters += f"{name} = mysql:{path}\n"
    story.machine.start_postfix(main_cf(TRANSPORT, parameters))
    story.machine.sh("mkdir -p /etc/vmapd; cp conf/vmapd.conf /etc/vmapd; chmod 640 /etc/vmapd/vmapd.conf")
    story.machine.start_vmapd()
    wait_until(lambda: "live" in story.machine.sh("vmapctl stats"), "mirrors are read")
    story.run("vmapctl import --install")
    story.keep(text_of(CONF))
    wait_until(lambda: "live" in story.machine.sh("vmapctl stats"), "mirrors are read")
    story.run("vmapctl lookup aliases email1@example.com")
    story.run("vmapctl explain aliases email1+news@example.com")
    story.run("vmapctl explain aliases alias+lists@example.com")
    story.run("vmapctl switch -n")
    story.run("vmapctl switch")
    story.run("vmapctl check")
    story.run("vmapctl compare")
    story.run("vmapctl switch --back")
    story.run("vmapctl import -f -o /etc/vmapd/vmapd.conf")
    story.keep(text_of(CONF))
    # As somebody has it who gave the files no rights, and the tables no index.
    story.machine.mariadb.sql("ALTER TABLE virtual_aliases DROP KEY source; ALTER TABLE virtual_domains DROP KEY name",
                              "mailserver")
    story.run("vmapctl check")
    for said in re.findall(r"CREATE INDEX .*", story.texts[-1]):
        story.machine.mariadb.sql(said, "mailserver")
    story.run("vmapctl check")


def postfixadmin(story):
    machine = story.machine
    machine.mariadb.sql(layouts.POSTFIXADMIN_TABLES)
    machine.mariadb.sql("ALTER TABLE domain ADD transport varchar(255) NOT NULL DEFAULT 'virtual'", "postfixadmin")
    by_hand = story.take(block_with("[map transport]"))
    queries = {**layouts.POSTFIXADMIN_QUERIES, "transport_maps": re.search("query = (.*)", by_hand).group(1)}
    for name, query in queries.items():
        write_cf(f"/etc/postfix/sql/mysql_{name}.cf", "postfixadmin", query)
    parameters = story.take(block_with("relay_domains = $mydestination, proxy:mysql:"))
    postfix_has(machine, main_cf(TRANSPORT, parameters))
    story.run("vmapctl import")
    story.run("vmapctl switch -n")
    postfix_has(machine, main_cf(parameters))  # virtual(8) delivers
    story.run("vmapctl import")
    conf = f"{machine.directory}/by-hand.conf"
    own, _, main = by_hand.partition("\n\n")
    Path(conf).write_text("[database]\nuser = mailuser\npassword = mailuserpass\nhosts = 127.0.0.1\n"
                          f"dbname = postfixadmin\n{own}\n", encoding="utf-8")
    assert "configuration is good" in story.run(f"vmapd -t -c {conf}")
    postfix_has(machine, main_cf(TRANSPORT, parameters, main))


def ispmail(story):
    email2email = "/etc/postfix/mysql-email2email.cf"
    write_cf(email2email, "mailserver", mailsystem.QUERIES["email2email"])
    more = story.take(block_with("virtual_alias_maps = mysql:"))
    rest = "".join(f"{name} = mysql:/etc/postfix/mysql-virtual-mailbox-{file}.cf\n" for name, file in
                   (("virtual_mailbox_domains", "domains"), ("virtual_mailbox_maps", "maps")))
    postfix_has(story.machine, main_cf(TRANSPORT, rest, more))
    story.run("vmapctl import")
    story.run("vmapctl import --install -f")
    story.run("vmapctl import -f -o /etc/vmapd/vmapd.conf; vmapctl reload; vmapctl explain aliases "
              "box@catchall.example")


def iredmail(story):
    shapes.load(story.machine.mariadb, "utf8mb4")
    for file, shape in IREDMAIL.items():
        path = Path(f"/etc/postfix/mysql/{file}.cf")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text_of(shapes.path_of(f"iredmail.{shape}")), encoding="utf-8")
    parameters = story.take(block_with("virtual_alias_maps = proxy:mysql:/etc/postfix/mysql/"))
    postfix_has(story.machine, main_cf(parameters))
    story.run("vmapctl import -f -o /etc/vmapd/vmapd.conf")
    story.run("vmapctl check")


def traps(story):
    tutorial = "virtual_alias_maps = hash:/etc/postfix/virtual, mysql:/etc/postfix/mysql-virtual-alias-maps.cf\n"
    postfix_has(story.machine, main_cf(TRANSPORT, tutorial))
    story.run("vmapctl import")
    write_cf("/etc/postfix/dest.cf", "mailserver", "SELECT 1 FROM virtual_domains WHERE name='%s' AND id > 1000")
    postfix_has(story.machine, main_cf(
        TRANSPORT, "mydestination = localhost, mysql:/etc/postfix/dest.cf\n",
        "virtual_alias_maps = mysql:/etc/postfix/mysql-virtual-alias-maps.cf\n"))
    story.run("vmapctl import")
    # Tables by hand.
    identity = story.take(block_with("[map aliases]\nsearch = alias\ntables = /etc/postfix/"
                                     "mysql-virtual-alias-maps.cf identity"))
    conf = Path(f"{story.machine.directory}/identity.conf")
    conf.write_text(identity + story.take(block_with("negative_ttl = 1d")), encoding="utf-8")
    assert "configuration is good" in story.run(f"vmapd -t -c {conf}")


def tell(machine):
    """All of it; what was run and what was said."""
    story = Story(machine)
    machine.start_database()
    mailsystem.load_sample(machine.mariadb)
    for row in ("(11, 'catchall.example')",):
        machine.mariadb.sql(f"INSERT INTO virtual_domains (id, name) VALUES {row};"
                            "INSERT INTO virtual_users (domain_id, password, email) VALUES "
                            "(11, '-', 'box@catchall.example')", mailsystem.DATABASE)
    for part in (the_tutorial, postfixadmin, ispmail, iredmail, traps):
        part(story)
    return {"runs": story.runs, "texts": story.texts}


@pytest.fixture(scope="module", name="told")
def _told(workdir):
    return own_machine.run("test_printed", "tell", tempfile.mkdtemp(prefix="told-", dir=workdir))


def uninstall(machine):
    """Install without a package as README has it, and remove it as moving.md has it."""
    os.environ["BUILD"] = str(own_machine.BUILD)
    (install,) = [commands(block) for block in blocks("README") if "make install" in commands(block)]
    (remove,) = [commands(block) for block in blocks("docs/moving.md") if "make uninstall" in commands(block)]
    for command in install:
        if command not in ("make deps", "make"):
            machine.sh(command)
    there = machine.left_behind()
    machine.sh("mkdir /var/lib/vmapd; touch /var/lib/vmapd/cache")
    for command in remove:
        machine.sh(command)
    return {"runs": install[2:] + remove, "there": there, "left": machine.left_behind()}


@pytest.fixture(scope="module", name="removed")
def _removed(workdir):
    directory = tempfile.mkdtemp(prefix="removed-", dir=workdir)
    result = own_machine.run("test_printed", "uninstall", directory)
    result["left"] = [path for path in result["left"] if not os.path.exists(path)
                      or not filecmp.cmp(path, f"{directory}/upper{path}", shallow=False)]
    return result


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_was_run(document, told, removed):
    printed = [command for block in blocks(document) for command in commands(block)]
    assert printed
    ran = told["runs"] + removed["runs"]
    said = "\n".join(told["texts"])
    for command in printed:
        path, text = ELSEWHERE.get(command, (None, None))
        assert command in ran or f"    {command}\n" in said or (path and text in text_of(SOURCE / path)), command


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_output_was_printed(document, told):
    printed = [block for block in blocks(document) if not commands(block) and not block.startswith(LISTS)]
    missing = [block for block in printed if not said_somewhere(block, told["texts"])]
    assert not missing, "\n-----\n".join(missing)


def test_uninstall_leaves_nothing(removed):
    assert "/usr/local/sbin/vmapd" in removed["there"] and CONF in removed["there"]
    assert removed["left"] == []

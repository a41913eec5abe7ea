"""The printed commands, there and back, with whatever stands in the options of services in master.cf: after
them postconf tells every setting as it was, byte for byte."""
import random
import subprocess

import pytest

from harness.keys import SEED
from harness.vmapd import vmapctl
from test_moving import commands

MAIN_CF = """compatibility_level = 3.6
one = permit_mynetworks,  reject
virtual_alias_maps = mysql:{cf}
smtpd_helo_restrictions = check_helo_access inline:{{ {{a.example = REJECT two  blanks}}, b.example=OK }},
    check_helo_access mysql:{cf}
"""
SERVICES = ["smtp", "submission", "10025"]
WORDS = ["permit_mynetworks", "reject_unauth_destination", "$one", "${one}", "${one?{permit}:{reject}}",
         "${{$one} == {x} ? {permit} : {defer}}", "check_policy_service { inet:127.0.0.1:1, timeout=3s }",
         "check_sender_access inline:{ {x@y.example = REJECT \"two  blanks\", don't}, z=OK }",
         "check_client_access inline:{ {a = 554 5.7.1 it's {b}} }", "warn_if_reject", "sleep 1"]
MOVING = ["check_recipient_access mysql:{cf}", "check_sender_access proxy:mysql:{cf}"]
OTHERS = ["smtpd_banner=$myhostname", "{ smtpd_banner = $myhostname  \"ESMTP\" {x} }", "syslog_name=a/b",
          "{ mynetworks = 127.0.0.0/8  [::1]/128 }", "{smtpd_milters={ inet:127.0.0.1:1, connect_timeout=1s }}"]


def restrictions(chance, cf):
    words = chance.choices(WORDS, k=chance.randrange(5))
    for word in chance.choices(MOVING, k=chance.randrange(1, 3)):
        words.insert(chance.randrange(len(words) + 1), word.replace("{cf}", cf))
    text = words[0]
    for word in words[1:]:
        text += chance.choice([",", ", ", " ", "  ", " , "]) + word
    return text


def option(chance, cf):
    """One -o, in one of the forms that master(5) has."""
    if chance.random() < 0.3:
        text = chance.choice(OTHERS)
    else:
        name = f"smtpd_{chance.choice(['recipient', 'sender', 'relay'])}_restrictions"
        value = restrictions(chance, cf)
        text = f"{{ {name} = {value} }}" if " " in value else f"{name}={value}"
    return f"-o {text}"


def service(chance, name, cf):
    text = f"{name} inet n - n - - smtpd"
    for _ in range(chance.randrange(6)):
        text += chance.choice([" ", "\n    ", "\n# a comment\n  "]) + option(chance, cf)
        text += chance.choice(["", "", "", " -v"])
    return text + "\n"


def settings(directory):
    return [subprocess.run(["postconf", "-c", directory, flag], capture_output=True, text=True,
                           check=True).stdout for flag in ("-n", "-M", "-P")]


def run(report, heading):
    lines = [line for line in commands(report, heading).splitlines() if "reload" not in line]
    subprocess.run(["sh", "-e", "-c", "\n".join(lines)], check=True, capture_output=True)


@pytest.mark.parametrize("number", range(12))
def test_every_option_comes_back_as_it_was(tmp_path, number):
    chance = random.Random(f"{SEED} {number}")
    cf = tmp_path / "t.cf"
    cf.write_text("dbname = d\nquery = SELECT '%s'\n", encoding="utf-8")
    (tmp_path / "main.cf").write_text(MAIN_CF.format(cf=cf), encoding="utf-8")
    master = "".join(service(chance, name, cf=str(cf)) for name in SERVICES)
    (tmp_path / "master.cf").write_text(master, encoding="utf-8")
    before = settings(tmp_path)
    report = vmapctl("import", "-c", str(tmp_path), "-o", f"{tmp_path}/vmapd.conf")
    assert report.returncode == 0, (SEED, report)
    run(report.stdout, "Switch")
    switched = settings(tmp_path)
    # Of an option that is there twice the last one counts.
    assert "mysql:" not in switched[0] + switched[2], (SEED, master, switched)
    # Nothing but the names of tables is another, between whatever commas and blanks.
    for then, now in (before[0], switched[0]), (before[2], switched[2]):
        assert words(now) == words(then), (SEED, master)
    run(report.stdout, "Go back")
    assert settings(tmp_path) == before, (SEED, master)


def words(text):
    """A value's words, a table by either name the same."""
    return [word if ":" not in word or "vmap:" not in word and "mysql:" not in word else "TABLE"
            for word in text.replace(",", " ").replace("{", " { ").replace("}", " } ").split()]

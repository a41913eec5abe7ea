"""The table at the top of README is measured: the tutorial's Postfix with mysql: tables, and after import and
switch."""
import re
from contextlib import ExitStack

import pytest

from harness import mailsystem
from harness.process import wait_until
from harness.smtp import Session
from harness.vmapd import SOURCE
from test_switch import all_is_old, ctl, install, plain_tutorial, start_move

ROWS = ("RCPT TO a mailbox", "RCPT TO an alias", "RCPT TO an unknown name", "connections, 20 sessions",
        "queries for a message")
RECIPIENTS = dict(zip(ROWS, ("email1@example.com", "alias@example.com", "nobody@example.com")))


def printed():
    text = (SOURCE / "README").read_text(encoding="utf-8")
    return {row: re.search(rf"^  {re.escape(row)}  +(\S.*?)  +(\S.*)$", text, re.MULTILINE).groups() for row in ROWS}


def is_so(told, measured):
    """Also "60 and more" and "5 at most"."""
    words = told.split(" ", 1)
    if words[1:] == ["and more"]:
        return int(measured) >= int(words[0])
    if words[1:] == ["at most"]:
        return int(measured) <= int(words[0])
    return told == measured


def connections(move, server):
    """Of twenty clients that are about to send mail."""
    with ExitStack() as stack:
        for _ in range(20):
            session = stack.enter_context(Session(move.site.postfix.port))
            assert session.recipients("email1@example.com")[0].code == 250
        return len(server.sql("SELECT id FROM information_schema.processlist WHERE user = "
                              f"'{mailsystem.USER}'"))


def selects(server):
    return int(server.sql("SHOW GLOBAL STATUS LIKE 'Com_select'")[0][1])


def replies(move):
    told = {}
    for row, recipient in RECIPIENTS.items():
        reply = move.site.reply_to(recipient)
        text = re.sub("<[^>]*>: |Recipient address rejected: | in virtual mailbox table", "", reply.text)
        told[row] = f"{reply.code} {text}"
    return told


@pytest.fixture
def move(loaded, workdir):
    loaded.ensure_running()
    mailsystem.load_sample(loaded)
    moving = start_move(plain_tutorial, loaded, workdir)
    try:
        moving.vmapd.start()
        yield moving
    finally:
        moving.stop()
        loaded.ensure_running()
        mailsystem.load_database(loaded)


def test_the_table_is_true(move, loaded, figures):
    with_mysql, with_vmapd = {}, {}
    move.deliver(["email1@example.com"])
    before = selects(loaded)
    move.deliver(["email1@example.com"])
    with_mysql["queries for a message"] = str(selects(loaded) - before)
    with_mysql["connections, 20 sessions"] = str(connections(move, loaded))
    loaded.stop()
    with_mysql.update(replies(move))
    loaded.start()

    assert "no differences" in install(move, "-f").stdout
    move.vmapd.reload()
    assert ctl(move, "switch", "-c", move.config).returncode == 0
    wait_until(lambda: all(mirror["state"] == "live" for mirror in move.vmapd.stats()["mirrors"].values()),
               "all tables are held whole")
    move.deliver(["email1@example.com"])
    before = move.vmapd.stats()["database"]["queries"]
    move.deliver(["email1@example.com"])
    with_vmapd["queries for a message"] = str(move.vmapd.stats()["database"]["queries"] - before)
    with_vmapd["connections, 20 sessions"] = str(connections(move, loaded))
    loaded.stop()
    wait_until(lambda: all_is_old(move), "the database has been away for a while")
    with_vmapd.update(replies(move))
    figures(with_mysql, with_vmapd)
    wrong = {row: (with_mysql[row], with_vmapd[row]) for row, (mysql, vmapd) in printed().items()
             if not is_so(mysql, with_mysql[row]) or not is_so(vmapd, with_vmapd[row])}
    assert not wrong

"""Answers that the database has to give: 64 clients of vmapd, whose cache is empty, beside a loop
that asks the database itself. Both have 4 connections, and both ask for each key once."""
from harness import mailsystem
from figures.report import compared, interleaved
from figures.site import QUERIES, USERS, program, run_json, user

GROUP = "misses, 4 database connections"
CLIENTS = 64
CONNECTIONS = 4
KEYS = 50_000


def measure(site, arguments):
    # Spread over the tables, and other keys in the next round.
    keys = [user(index * 7919 % USERS) for index in range(USERS)][:KEYS]
    key_file = site.write_lines("miss-keys", keys)
    statements = site.write_lines("miss-statements",
                                  (QUERIES["mailboxes"].replace("%s", key) for key in keys))
    daemon = site.vmapd("misses", site.unix)
    daemon.start()

    def ask_vmapd():
        daemon.ctl("flush")
        return run_json(program("load"), "-j", "-s", f"{daemon.directory}/vmap", "-p",
                        daemon.process.pid, "-m", "mailboxes", "-k", key_file, "-e", "OK 1",
                        "-c", CLIENTS, "-n", KEYS, "-t", 60)

    def ask_directly():
        return run_json(program("plain_async"), site.mariadb.socket, mailsystem.USER,
                        mailsystem.PASSWORD, mailsystem.DATABASE, statements, "1", CONNECTIONS)

    ask_directly()  # the tables come into memory
    # A round takes two seconds and says little: on a busy host from 0.7 to 1.1.
    results = interleaved(3 * arguments.rounds, {"vmapd": ask_vmapd, "plain": ask_directly})
    daemon.stop()
    for figure, words, target in (("requests_per_second", "lookups/s, 64 clients", 0.8),
                                  ("server_cpu_us", "CPU, us/lookup", None)):
        yield compared(GROUP, words, [result[figure] for result in results["vmapd"]],
                       [result[figure] for result in results["plain"]], "plain loop",
                       at_least=target)

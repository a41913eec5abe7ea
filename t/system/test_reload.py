"""What reloads leave behind: nothing."""
import os

from harness.memory import descriptors
from harness.process import wait_until


def open_files(daemon):
    """The regular files that the daemon has open, its log aside."""
    directory = f"/proc/{daemon.process.pid}/fd"
    paths = []
    for name in os.listdir(directory):
        try:
            paths.append(os.readlink(f"{directory}/{name}"))
        except FileNotFoundError:
            pass
    return [path for path in paths if path.startswith("/") and not path.startswith("/dev/")
            and path != daemon.log]


def test_descriptors_over_many_reloads(vmapd, mariadb):
    """Every kind of file that a configuration names, read again and again: good, changed, broken."""
    def config(directory):
        for name, text in (("password", "mailuserpass\n"), ("domains", "example.com\n"),
                           ("options", "[client]\n")):
            with open(f"{directory}/{name}", "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(f"{directory}/{name}", 0o640)
        with open(f"{directory}/aliases.cf", "w", encoding="utf-8") as file:
            file.write(f"hosts = 127.0.0.1:{mariadb.port}\nuser = mailuser\npassword = mailuserpass\n"
                       "dbname = mailserver\n"
                       "query = SELECT destination FROM virtual_aliases WHERE source='%s'\n")
        os.chmod(f"{directory}/aliases.cf", 0o640)
        return (f"[server]\nlisten = unix:{directory}/vmap\ncontrol = unix:{directory}/control\n"
                f"[database]\nhosts = 127.0.0.1:{mariadb.port}\nuser = mailuser\n"
                f"password_file = {directory}/password\ndbname = mailserver\n"
                f"option_file = {directory}/options\n[cache]\nttl = 0\nnegative_ttl = 0\n"
                f"[map aliases]\nsearch = alias\ntables = {directory}/aliases.cf\n"
                f"[map users]\nsearch = address\ndomain = {directory}/domains\n"
                "query = SELECT 1 FROM virtual_users WHERE email='%s'\n")

    daemon = vmapd(config)
    text = config(daemon.directory)

    def answers():
        return daemon.ask("users", "email1@example.com") == ("OK", "1") and \
            daemon.ask("aliases", "alias@example.com") == ("OK", "email1@example.com")

    def reload_once():
        for changed, word in ((text, "reloaded"), (text + "ttl = 1s\n", "reloaded"),
                              (text + "nonsense = 5\n", "reload failed"),
                              (text.replace("mailserver", "mailserver\npool_size = 3"), "reloaded"),
                              (text.replace("/password", "/nowhere"), "reload failed"),
                              (text.replace("/domains", "/nowhere"), "reload failed")):
            daemon.write_config(changed)
            assert word in daemon.reload()
            assert answers()

    reload_once()
    daemon.write_config(text)
    daemon.reload()
    assert answers()
    before = descriptors(daemon.process)
    for _ in range(15):
        reload_once()
    daemon.write_config(text)
    daemon.reload()
    assert answers()
    wait_until(lambda: descriptors(daemon.process) <= before,
               f"as many descriptors as before ({before})")
    assert open_files(daemon) == []

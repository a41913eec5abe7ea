"""A mail server's questions: threads that ask as Postfix's processes do, one lookup at a time, for
mail to people who are there, to some who are not, and, when told to, for guesses without end."""
import random
import threading

from harness.socketmap import Client

USERS, DOMAINS, ALIASES = 4_000, 50, 800

ROWS = f"""
INSERT INTO virtual_domains (id, name)
  SELECT seq + 1000, CONCAT('d', seq, '.example') FROM seq_0_to_{DOMAINS - 1};
INSERT INTO virtual_users (domain_id, password, email)
  SELECT seq % {DOMAINS} + 1000, '-', CONCAT('user', seq, '@d', seq % {DOMAINS}, '.example')
  FROM seq_0_to_{USERS - 1};
INSERT INTO virtual_aliases (domain_id, source, destination)
  SELECT seq % {DOMAINS} + 1000, CONCAT('alias', seq, '@d', seq % {DOMAINS}, '.example'),
         CONCAT('user', seq, '@d', seq % {DOMAINS}, '.example') FROM seq_0_to_{ALIASES - 1};
"""

# Postfix does not keep a connection for ever.
RECIPIENTS_OF_A_CONNECTION = 60


def somebody():
    """Some get much mail, most get little; every tenth address has an extension."""
    number = int(USERS * random.random() ** 4)
    kind = "alias" if number < ALIASES and random.random() < 0.2 else "user"
    extension = "+lists" if random.random() < 0.1 else ""
    return f"{kind}{number}{extension}@d{number % DOMAINS}.example"


def nobody():
    return f"{random.randrange(10 ** 9):x}@d{random.randrange(DOMAINS)}.example"


def offer(client, recipient):
    """What Postfix asks about a recipient, until it knows that it refuses it or puts it off."""
    found = client.ask("aliases", recipient).status
    if found == "NOTFOUND" and client.ask("domains", recipient.partition("@")[2]).status == "OK":
        found = client.ask("mailboxes", recipient).status
    if found == "OK":  # and when the message is there
        client.ask("aliases", recipient)


class Load:
    def __init__(self, address):
        self._address = address
        self._threads = []
        self._end = threading.Event()

    def add(self, count, recipients_per_second, unknown):
        """So many threads more; unknown: the share of recipients that are not there. Returns a
        function that ends them."""
        end = threading.Event()
        for _ in range(count):
            self._threads.append(threading.Thread(
                target=self._run, args=(end, recipients_per_second, unknown), daemon=True))
            self._threads[-1].start()
        return end.set

    def stop(self):
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _run(self, end, recipients_per_second, unknown):
        while not end.is_set() and not self._end.is_set():
            with Client(self._address, 60) as client:
                for _ in range(RECIPIENTS_OF_A_CONNECTION):
                    if end.wait(random.expovariate(recipients_per_second)) or self._end.is_set():
                        break
                    offer(client, nobody() if random.random() < unknown else somebody())

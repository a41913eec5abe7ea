"""A database that is the test's own, to be changed at will: mailboxes in people, aliases in nicks, which go with
their row of domains. And what daemons that mirror it say."""
from harness.mailsystem import PASSWORD, USER
from harness.process import wait_until

DATABASE = "people"
MIRROR = "mirror = yes\nmirror_interval = 300ms"
MAPS = """[map mailboxes]
dbname = people
query = SELECT 1 FROM people WHERE email='%s'
[map aliases]
search = alias
dbname = people
query = SELECT destination FROM nicks WHERE source='%s'
"""
SCHEMA = """
CREATE DATABASE people; USE people;
CREATE TABLE domains (id INT PRIMARY KEY, name VARCHAR(50) NOT NULL);
CREATE TABLE people (id INT AUTO_INCREMENT PRIMARY KEY, email VARCHAR(100) NOT NULL UNIQUE);
CREATE TABLE nicks (domain_id INT NOT NULL, source VARCHAR(100) NOT NULL, destination VARCHAR(100) NOT NULL,
                    id INT AUTO_INCREMENT PRIMARY KEY, KEY (source),
                    FOREIGN KEY (domain_id) REFERENCES domains(id) ON DELETE CASCADE);
INSERT INTO domains VALUES (900, 'mirror.example');
INSERT INTO people (email) VALUES ('joe@mirror.example');
"""


def load(server):
    """Anew; the account may only read it."""
    server.sql("DROP DATABASE IF EXISTS people;" + SCHEMA + server.grant("SELECT", DATABASE, USER, PASSWORD))


def drop(server):
    server.ensure_running()
    server.sql("DROP DATABASE people")


def add_people(server, count):
    """p1@mirror.example and so on."""
    server.sql("INSERT INTO people (email) SELECT "
               f"CONCAT('p', seq, '@mirror.example') FROM seq_1_to_{count}", DATABASE)


def mirrors(daemon):
    return daemon.stats()["mirrors"]


def wait_confirmed(daemon, table, count):
    """Wait until so many looks, or readings, have shown that a mirror's rows are what they are."""
    ages = [0]

    def is_confirmed():
        ages.append(mirrors(daemon)[table]["confirmed_age_ms"])
        return ages[-1] < ages[-2]
    for _ in range(count):
        wait_until(is_confirmed, "it is confirmed")


def wait_live(daemon):
    wait_until(lambda: mirrors(daemon) and all(mirror["state"] == "live" for mirror in mirrors(daemon).values()),
               "all mirrors are live")


def text(reply):
    return f"{reply.status} {reply.text}".strip()


def answer(daemon, key, table="mailboxes"):
    return text(daemon.ask(table, key))


def answers(client, table, keys):
    return [text(reply) for reply in client.ask_all(table, keys)]

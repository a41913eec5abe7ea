"""Addresses, names and network addresses for tables of access(5): rows, and who is looked up."""
import random

TOP = ["example", "test"]
LOCALPARTS = ["anna", "bert", "o'neil", "owner-list", "list-request", "postmaster", "info", "a.b",
              '"an na"', '"be@rt"', "größe"]
EXTENSIONS = ["", "", "", "+x", "+x+y", "-z", "+"]


def names(chance):
    """Host names with some in common."""
    labels = [chance.choice(["mail", "a", "b", "sub", "x-1", "deep"])
              for _ in range(chance.randrange(4))]
    return ".".join([*labels, f"net{chance.randrange(20)}", chance.choice(TOP)])


def with_extension(localpart, extension):
    return localpart[:-1] + extension + '"' if localpart.endswith('"') else localpart + extension


def address(chance):
    localpart = with_extension(chance.choice(LOCALPARTS), chance.choice(EXTENSIONS))
    domain = chance.choice([names] * 8 + [ipv4, lambda c: f"[{ipv4(c)}]"])(chance)
    return f"{localpart}@{domain}"


def ipv4(chance):
    return ".".join(str(chance.choice([7, 11, 12, 13, 51, 100, 198])) for _ in range(4))


def ipv6(chance):
    fields = [chance.choice(["1", "2", "db8", "a"]) for _ in range(chance.choice([1, 2, 6]))]
    return "2001:" + ":".join(fields) + (":1" if len(fields) == 6 else "::1")


def literal(chance):
    """An address whose domain is a network address."""
    return f"{chance.choice(LOCALPARTS)}@[{ipv4(chance)}]"


def client(chance):
    """(name, address) of a client."""
    name = "[UNAVAILABLE]" if chance.random() < 0.2 else names(chance)
    return name, (f"IPV6:{ipv6(chance)}" if chance.random() < 0.3 else ipv4(chance))


def login(chance):
    """Few, so that some are in the table."""
    return with_extension(chance.choice(LOCALPARTS), chance.choice(EXTENSIONS)) + "@" \
        + f"net{chance.randrange(20)}.example"


def helo(chance):
    """What clients call themselves; not all of it are names."""
    return chance.choice([names, names, names, ipv4, lambda c: f"[{ipv4(c)}]",
                          lambda c: names(c) + ".", lambda c: f"user@{names(c)}"])(chance)


def take(make, count, seed):
    """That many different ones, the same for the same seed."""
    chance = random.Random(seed)
    found = {}
    while len(found) < count:
        found[make(chance)] = None
    return list(found)


def rows(seed, count=250):
    """Keys of every form that some table of access(5) may have, each with a reply that tells it."""
    chance = random.Random(f"rows {seed}")
    keys = {"<>": None, "unknown": None, "test]": None}
    for _ in range(20):
        keys[login(chance)] = None
    while len(keys) < count:
        name = names(chance)
        localpart = with_extension(chance.choice(LOCALPARTS), chance.choice(EXTENSIONS))
        for key in (f"{localpart}@{name}", name, f".{name}", f"{localpart}@", f"@{name}",
                    ipv4(chance).rsplit(".", chance.randrange(4))[0],
                    ipv6(chance).rsplit(":", chance.randrange(3))[0]):
            if chance.random() < 0.15:
                keys[key] = None
    return list(keys)

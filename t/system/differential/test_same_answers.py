"""vmapd gives the answers that mysql: gives, for every file, whatever the key."""
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import FULL, can_compare, keys_per_world

from harness import postmap, shapes

# How many of a file's keys whose lookup fails are asked once more by postmap. It ends with the first
# of them, and waits a second before it does.
FAILURES_ASKED = 20 if FULL else 3
# How many keys of each world are given to postmap as arguments: with newlines, for one.
ARGUMENTS = 400 if FULL else 40
AT_ONCE = 40
# Some files fail for nine keys of ten. How often as many keys as wanted are tried for them.
ROUNDS = 40

NO_FAILURE = ("OK", "NOTFOUND")

# The longest value that Postfix takes from a socketmap server. mysql: has no such bound.
REPLY_MOST = 100_000 - len("OK ")


def has_answer(reply):
    """Postfix takes a value that is not UTF-8 for a failure."""
    if reply.status not in NO_FAILURE:
        assert reply.status == "TEMP", reply
        return False
    return not any("\udc80" <= character <= "\udcff" for character in reply.text)


@pytest.mark.parametrize("name", shapes.names())
def test_same_answers(world, name):
    asked, failures = ask_until(world, name, keys_per_world(name))
    world.to_ask_alone += [(name, key) for key in failures[:FAILURES_ASKED]]
    compare_all(world, name, *zip(*asked))
    world.count(name, [("found", "not found")[NO_FAILURE.index(reply.status)]
                       for _, reply in asked])


def ask_until(world, name, count):
    """So many keys with the answers of vmapd, and those whose lookup fails, which do not count."""
    source = world.keys(name)
    asked, failures = [], []
    for _ in range(ROUNDS):
        keys = source.take(count)
        for key, reply in zip(keys, world.ask(name, keys)):
            if has_answer(reply):
                asked.append((key, reply))
            else:
                failures.append(key)
        if len(asked) >= count:
            return asked[:count], failures
    return pytest.fail(f"{name}: only {len(asked)} of {ROUNDS * count} keys have an answer")


def compare_all(world, name, keys, replies):
    mysql = postmap.query_all(world.postfix, keys, world.table_of_mysql(name))
    ours = postmap.query_all(world.postfix, keys, world.table_of_vmapd(name))
    if mysql != ours:
        pytest.fail(difference(name, keys, mysql, ours))
    said = b"".join(key + b"\t" + reply.text.encode() + b"\n"
                    for key, reply in zip(keys, replies) if reply.status == "OK")
    assert mysql == postmap.Answer(0 if said else 1, said, False)


def difference(name, keys, mysql, ours):
    if mysql.failed or ours.failed:
        return f"{name}: mysql: {'failed' if mysql.failed else 'answered'}, " \
               f"vmapd {'failed' if ours.failed else 'answered'}: {keys[:1]!r} ..."
    lines = zip(mysql.text.split(b"\n"), ours.text.split(b"\n"))
    return "\n".join([name, *(f"mysql: {today!r}\nvmapd: {moved!r}" for today, moved in lines
                              if today != moved)][:4])


def test_same_answers_one_by_one(world):
    """What makes lookups fail, and keys that cannot be lines: each with a postmap of its own."""
    source = world.keys("arguments")
    names = [name for name in world.names if can_compare(name, world.sql_mode)]
    pairs = world.to_ask_alone + [
        (names[number % len(names)], key)
        for number, key in enumerate(source.take_any(ARGUMENTS), source.below(len(names)))]

    def ask(pair):
        name, key = pair
        return [postmap.query(world.postfix, key, table)
                for table in (world.table_of_mysql(name), world.table_of_vmapd(name))]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for (name, key), (mysql, ours) in zip(pairs, pool.map(ask, pairs)):
            if len(mysql.text.rstrip(b"\n")) > REPLY_MOST:
                assert ours.failed, f"{name}: a value that is longer than a reply, cut"
            else:
                assert ours == mysql, f"{name}: {key[:1000]!r}"
            world.count(name, ["failed" if mysql.failed else
                               "found" if mysql.code == 0 else "not found"])

"""vmapd gives the answers that mysql: gives, for every file, whatever the key."""
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import FULL, KEYS_PER_WORLD

from harness import postmap, shapes

# How many of a file's keys whose lookup fails are asked once more by postmap. It ends with the first
# of them, and waits a second before it does.
FAILURES_ASKED = 20 if FULL else 3
# How many keys of each world are given to postmap as arguments: with newlines, for one.
ARGUMENTS = 400 if FULL else 40
AT_ONCE = 40

NO_FAILURE = ("OK", "NOTFOUND")


def mysql_is_wrong(world, name):
    """Under NO_BACKSLASH_ESCAPES a key with a double quote leaves its literal in mysql: tables, or
    one with an apostrophe is asked with two. test_injection has what vmapd does."""
    return "NO_BACKSLASH_ESCAPES" in world.sql_mode and '"%' in (shapes.query_of(name) or "")


def has_answer(reply):
    """Postfix takes a value that is not UTF-8 for a failure."""
    if reply.status not in NO_FAILURE:
        assert reply.status == "TEMP", reply
        return False
    return not any("\udc80" <= character <= "\udcff" for character in reply.text)


@pytest.mark.parametrize("name", shapes.names())
def test_same_answers(world, name):
    if name not in world.names or mysql_is_wrong(world, name):
        pytest.skip("nothing to compare with")
    keys = world.keys(name).take(KEYS_PER_WORLD)
    replies = world.ask(name, keys)
    failures = [key for key, reply in zip(keys, replies) if not has_answer(reply)]
    world.to_ask_alone += [(name, key) for key in failures[:FAILURES_ASKED]]
    asked = [(key, reply) for key, reply in zip(keys, replies) if has_answer(reply)]
    compare_all(world, name, *zip(*asked))
    world.count(name, [("found", "not found")[NO_FAILURE.index(reply.status)]
                       for _, reply in asked])


def compare_all(world, name, keys, replies):
    mysql = postmap.query_all(world.postfix, keys, world.table_of_mysql(name))
    ours = postmap.query_all(world.postfix, keys, world.table_of_vmapd(name))
    if mysql != ours:
        pytest.fail(first_difference(world, name, keys))
    said = b"".join(key + b"\t" + reply.text.encode() + b"\n"
                    for key, reply in zip(keys, replies) if reply.status == "OK")
    assert mysql == postmap.Answer(0 if said else 1, said, False)


def first_difference(world, name, keys):
    """Halve until there is one key left that makes a difference."""
    tables = world.table_of_mysql(name), world.table_of_vmapd(name)
    while len(keys) > 1:
        half = keys[:len(keys) // 2]
        answers = [postmap.query_all(world.postfix, half, table) for table in tables]
        keys = half if answers[0] != answers[1] else keys[len(half):]
    answers = [postmap.query_all(world.postfix, keys, table) for table in tables]
    return (f"{name}: {keys[0]!r}\nmysql: {answers[0]}\nvmapd: {answers[1]}\n"
            f"says:  {world.ask(name, keys)}")


def test_same_answers_one_by_one(world):
    """What makes lookups fail, and keys that cannot be lines: each with a postmap of its own."""
    source = world.keys("arguments")
    names = [name for name in world.names if not mysql_is_wrong(world, name)]
    pairs = world.to_ask_alone + [
        (names[number % len(names)], key)
        for number, key in enumerate(source.take_any(ARGUMENTS), source.below(len(names)))]

    def ask(pair):
        name, key = pair
        return [postmap.query(world.postfix, key, table)
                for table in (world.table_of_mysql(name), world.table_of_vmapd(name))]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for (name, key), (mysql, ours) in zip(pairs, pool.map(ask, pairs)):
            assert ours == mysql, f"{name}: {key!r}"
            world.count(name, ["failed" if mysql.failed else
                               "found" if mysql.code == 0 else "not found"])

"""The cache alone, as bench_cache tells it: what an entry costs, and whom the replacement keeps."""
import json

from figures.report import Row, alone
from figures.site import program, run

GROUP = "cache"


def tables(site, most):
    """The lines of bench_cache by table."""
    path = site.path("cache.json")
    run(program("bench_cache"), "-n", most, "-j", path)
    results = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            figures = json.loads(line)
            results.setdefault(figures.pop("table"), []).append(figures)
    return results


def _size_rows(sizes):
    small = next(size for size in sizes if size["entries"] == 10_000)
    for size in sizes:
        entries = size["entries"]
        yield alone(GROUP, f"RSS per entry beyond key and value, {entries:,}, bytes",
                    [size["rss_beyond_B"]], at_most=56 if entries == 1_000_000 else None)
    for figure, words in (("lookup_zipf_ns", "as mail asks"), ("lookup_any_ns", "evenly spread")):
        for size in sizes:
            entries = size["entries"]
            if entries > small["entries"]:
                yield Row(GROUP, f"ns a lookup, {words}, {entries:,} entries", size[figure],
                          small[figure], "10,000 entries", size[figure] / small[figure],
                          at_most=2.5 if entries == 10_000_000 else None)
    for size in sizes:
        entries = size["entries"]
        if entries > small["entries"]:
            # The least that more memory can cost: who finds a key reads one place that is not cached.
            least = small["lookup_any_ns"] + size["memory_ns"]
            yield Row(GROUP, f"  the limit: one random read more, {entries:,} entries", least,
                      small["lookup_any_ns"], "10,000 entries", least / small["lookup_any_ns"])


def _mirror_rows(mirrors):
    for mirror in mirrors:
        rows = mirror["rows"]
        yield alone(GROUP, f"RSS per mirrored row beyond key and value, {rows:,}, bytes",
                    [mirror["rss_beyond_B"]], at_most=64)
        longest_us = max(mirror[figure] for figure in mirror if figure.endswith("longest_us"))
        yield alone(GROUP, f"longest call of a mirror's passes, {rows:,} rows, ms",
                    [longest_us / 1000], at_most=50)
        for figure, words in (("load_ns", "new"), ("again_ns", "unchanged"), ("change_ns", "changed")):
            yield alone(GROUP, f"ns a row, {words}, {rows:,} rows", [mirror[figure]])
        yield Row(GROUP, f"ns a lookup in a mirror, {rows:,} rows", mirror["find_ns"],
                  mirror["get_ns"], "an ordinary table", mirror["find_ns"] / mirror["get_ns"])


def _hit_rows(hits):
    for hit in hits:
        is_target = (hit["capacity"], hit["skew"], hit["unknown_per_real"]) == (20_000, 0.9, 10)
        yield Row(GROUP, f"hits in 100, {hit['capacity']:,} entries, Zipf {hit['skew']}, "
                         f"{hit['unknown_per_real']} unknown", hit["ours"], hit["lru"],
                  f"LRU (best {hit['belady']:.1f})", at_least=70 if is_target else None)


def measure(site, arguments):
    """Once: it is long, and repeats by itself what is short."""
    results = tables(site, arguments.entries)
    yield from _size_rows(results["memory and time"])
    yield from _mirror_rows(results["rows of a mirror"])
    for budget in results["budget, stores of four times as much"]:
        yield Row(GROUP, f"RSS at most, values up to {budget['longest_value']:,} bytes, MB",
                  budget["most_rss_MB"], budget["max_MB"], "max_size")
    yield from _hit_rows(results["hits of real recipients in percent"])

"""Measure vmapd beside what it replaces and what limits it, on private servers, and print one table
of ratios: vmapd's figure, the other's, the median over interleaved rounds of what one divided by the
other came to, what it has to be, and whether it is. A missed target is a line, not an error.

    make bench                              everything, about five minutes
    make bench BENCH_ARGS="--only hit,smtp --rounds 9"
"""
import argparse
import os
import platform
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(SOURCE / "t/system"), str(SOURCE / "bench")]

# pylint: disable=wrong-import-position
from harness.vmapd import BUILD  # noqa: E402
from figures import cache, hit, mirror, misses, postmap, smtp, startup, stream  # noqa: E402
from figures.report import table, write_json  # noqa: E402
from figures.site import Site  # noqa: E402

PARTS = {"hit": hit, "postmap": postmap, "smtp": smtp, "mirror": mirror, "stream": stream, "misses": misses,
         "cache": cache, "startup": startup}


def largest_cache():
    """How many entries there is room for: 10 million take 2 GB."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 10_000_000 if free >= 4 << 30 else 1_000_000


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="PART,...", default=",".join(PARTS),
                        help=f"some of: {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--entries", type=int, default=largest_cache(),
                        help="of the largest cache (default: 10000000 where 4 GB are free, else "
                             "1000000; now %(default)s)")
    parser.add_argument("--json", default=str(BUILD / "bench/results.json"))
    arguments = parser.parse_args()
    arguments.only = arguments.only.split(",")
    if not set(arguments.only) <= set(PARTS):
        parser.error(f"the parts are {', '.join(PARTS)}")
    return arguments


def main():
    arguments = parse_arguments()
    began = time.monotonic()
    rows = []
    site = Site()
    try:
        site.start()
        for name in arguments.only:
            print(f"... {name}, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
            rows += PARTS[name].measure(site, arguments)
    finally:
        site.close()
    seconds = time.monotonic() - began
    about = {"machine": platform.machine(), "processors": os.cpu_count(),
             "rounds": arguments.rounds, "seconds": round(seconds)}
    write_json(arguments.json, rows, about)
    print(table(rows))
    print(f"\n{arguments.rounds} rounds on {os.cpu_count()} processors, {seconds:.0f} s; "
          f"{arguments.json}")


if __name__ == "__main__":
    main()

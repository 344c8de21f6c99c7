"""What tuning costs and finds: a trial's overhead, two workers, asking for the next point, and the values found.

scripts/bench tune [--rounds 7] [--seeds 5] [--trials 25] [--surrogate rf] [--json FILE]

Methods take turns, so that only ratios are judged. Minutes.
"""

import argparse
from pathlib import Path

from search_quality import QUALITY_HEADERS, SPEED_HEADERS, quality_rows, speed_rows
from tables import print_table, write_tables
from trial_overhead import OVERHEAD_HEADERS, THROUGHPUT_HEADERS, overhead_rows, throughput_rows


def main() -> None:
    """Measure each question and print a table for it."""
    chosen = _arguments()
    quality = f"The lowest validation loss after {chosen.trials} trials, mean of {chosen.seeds} seeds"
    surrogates = tuple(chosen.surrogate or ["rf"])
    questions = {
        "A trial without its training": (OVERHEAD_HEADERS, lambda: overhead_rows(chosen.rounds)),
        "Trials with workers": (THROUGHPUT_HEADERS, lambda: throughput_rows(chosen.rounds)),
        "Asking for the next point": (SPEED_HEADERS, lambda: speed_rows(chosen.rounds)),
        quality: (QUALITY_HEADERS, lambda: quality_rows(chosen.seeds, chosen.trials, surrogates)),
    }
    tables = {}
    for title, (headers, measure) in questions.items():
        tables[title] = measure()
        print_table(title, headers, tables[title])
    write_tables(chosen.json, tables)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench tune", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="how often each method is timed")
    parser.add_argument("--seeds", type=int, default=5, metavar="N", help="how many searches of each kind")
    parser.add_argument("--trials", type=int, default=25, metavar="N", help="of each search")
    parser.add_argument(
        "--surrogate", action="append", choices=["rf", "et", "gp"], help="rf; may be repeated"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the numbers there too")
    return parser.parse_args()


if __name__ == "__main__":
    main()

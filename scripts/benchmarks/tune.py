"""What tuning costs and finds, beside a plain loop over `skopt.Optimizer`.

scripts/bench tune [--rounds 7] [--seeds 5] [--trials 25] [--surrogate rf] [--json FILE]

Methods take turns, so that only ratios are judged.
"""

import argparse
from pathlib import Path

from search_quality import QUALITY_HEADERS, SPEED_HEADERS, quality_rows, speed_rows
from tables import print_table, write_tables


def main() -> None:
    """Measure each question and print a table for it."""
    chosen = _arguments()
    speed = speed_rows(chosen.rounds)
    print_table("Asking for the next point", SPEED_HEADERS, speed)
    quality = quality_rows(chosen.seeds, chosen.trials, tuple(chosen.surrogate or ["rf"]))
    title = f"The lowest validation loss after {chosen.trials} trials, mean of {chosen.seeds} seeds"
    print_table(title, QUALITY_HEADERS, quality)
    write_tables(chosen.json, {"speed": speed, "quality": quality})


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

"""How long a worker may run, how much it may print, and how much of its report is believed to be sane."""

from dataclasses import dataclass

MIB = 1 << 20

REPORT_BYTES = 64 * MIB
METRIC_COUNT = 1_000
METRIC_NAME_LENGTH = 200
CURVE_POINTS = 100_000
ALL_CURVE_POINTS = 1_000_000
MESSAGE_LENGTH = 2_000
TRACEBACK_LENGTH = 16_000


@dataclass(frozen=True)
class Limits:
    """What ends a worker.

    Attributes:
        wall_seconds: from the worker's start, its imports included; None for no limit.
        output_bytes: printing more than this ends the worker.
        kept_output_bytes: how much of the end of the output is kept.
    """

    wall_seconds: float | None = None
    output_bytes: int = 64 * MIB
    kept_output_bytes: int = 64 << 10

"""How an execution can end."""

from typing import Literal

Outcome = Literal[
    "succeeded",
    "failed",
    "timed_out",
    "out_of_memory",
    "killed",
    "output_limit",
    "disk_limit",
    "process_limit",
    "invalid_result",
]

"""An exception of untrusted code as text that the parent can show."""

import re
import traceback
from types import TracebackType
from typing import Any

import torch

from trainstore.execution.job_folder import FUNCTION_MODULE
from trainstore.execution.limits import MESSAGE_LENGTH, METRIC_NAME_LENGTH, TRACEBACK_LENGTH

_FUNCTION_FILE = f"{FUNCTION_MODULE}.py"
_ITS_PATH = re.compile(rf'(?<=")[^"\n]*/(?={FUNCTION_MODULE}\.py")')
_OUT_OF_MEMORY_WORDS = ("out of memory", "can't allocate memory", "not enough memory")


def describe_error(error: BaseException) -> dict[str, Any]:
    """Type, message and traceback; the traceback begins where the function's own file does."""
    described = traceback.TracebackException(type(error), error, _from_function_on(error))
    text = _ITS_PATH.sub("", "".join(described.format()))
    return {
        "type": str(type(error).__name__)[:METRIC_NAME_LENGTH],
        "message": _message(error)[:MESSAGE_LENGTH],
        "traceback": text[-TRACEBACK_LENGTH:],
    }


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory, of the machine or of a device, ran out; on the CPU torch has no type for it."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(word in _message(error) for word in _OUT_OF_MEMORY_WORDS)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # its own __str__ is untrusted code as well
        return "(the exception has no text)"


def _from_function_on(error: BaseException) -> TracebackType | None:
    entry = error.__traceback__
    while entry is not None and not entry.tb_frame.f_code.co_filename.endswith(_FUNCTION_FILE):
        entry = entry.tb_next
    return entry

"""An exception of untrusted code as text that the parent can show."""

import re
import traceback
from types import TracebackType
from typing import Any

from trainstore.execution.job_folder import FUNCTION_MODULE
from trainstore.execution.limits import MESSAGE_LENGTH, METRIC_NAME_LENGTH, TRACEBACK_LENGTH
from trainstore.execution.worker.limit_errors import message_of

_FUNCTION_FILE = f"{FUNCTION_MODULE}.py"
_ITS_PATH = re.compile(rf'(?<=")[^"\n]*/(?={FUNCTION_MODULE}\.py")')


def describe_error(error: BaseException) -> dict[str, Any]:
    """Type, message and traceback; the traceback begins where the function's own file does."""
    described = traceback.TracebackException(type(error), error, _from_function_on(error))
    text = _ITS_PATH.sub("", "".join(described.format()))
    return {
        "type": str(type(error).__name__)[:METRIC_NAME_LENGTH],
        "message": message_of(error)[:MESSAGE_LENGTH],
        "traceback": text[-TRACEBACK_LENGTH:],
    }


def _from_function_on(error: BaseException) -> TracebackType | None:
    entry = error.__traceback__
    while entry is not None and not entry.tb_frame.f_code.co_filename.endswith(_FUNCTION_FILE):
        entry = entry.tb_next
    return entry

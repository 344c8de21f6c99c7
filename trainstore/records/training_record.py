"""The record of one version: the seed's JSON, checked, with its exact content kept beside it."""

import json
import math
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import msgspec

from trainstore.disk_format.digests import code_digest, space_digest
from trainstore.disk_format.layout import parse_file_name
from trainstore.errors import InvalidRecord
from trainstore.records.search_space import Dimension, decode_space
from trainstore.records.training_code import Signature, read_signature

UNKNOWN_DATA_TYPE = "unknown"
FILE_KEY = "filepath"  # of a record as the old Python interface hands it out; never saved

MOST_RECORD_BYTES = 32 * 1024 * 1024
_NESTING = (dict, list)
_MOST_LEVELS = 100  # what is deeper can be read, but not always written again
_LAST_TIMESTAMP = 253_402_300_799  # the end of the year 9999
_NEEDED = "A record needs model_name and training_code, and in general bo_config, data_profile and timestamp."
_NUMBER = re.compile(r"\d{1,20}(\.\d{0,40})?([eE]-?\d{1,3})?|\.\d{1,40}")
_WRONG_TYPE = r"Expected `(.+)`, got `(.+)` - at `\$\.(.+)`"
_TYPES = {
    "str": "a text",
    "int": "a number",
    "float": "a number",
    "float | null": "a number or null",
    "float | str | null": "a number or null",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "object | null": "an object or null",
}


class _Fields(msgspec.Struct, frozen=True):
    """The fields that must have a certain type; everything else of the file is kept as it is."""

    model_name: str
    training_code: str
    bo_config: dict[str, Any] = {}
    confidence: float | str | None = None
    data_profile: dict[str, Any] | None = None
    timestamp: float | None = None
    metadata: dict[str, Any] | None = None


class TrainingRecord(msgspec.Struct, frozen=True, dict=True):
    """One version as it stands in its file.

    Attributes:
        content: the whole decoded JSON, unknown keys included.
        model_name: the true name, as its author wrote it.
        data_type: ``numpy_array``, ``torch_tensor``, ``sequence_list``, or what the file says.
        timestamp: Unix seconds.
        confidence: 0 to 1, or None where the file has none; a number, also where the file has it as a text.
    """

    content: Mapping[str, Any]
    model_name: str
    data_type: str
    timestamp: int
    confidence: float | None

    @property
    def function(self) -> str:
        """The name of the function that this is a version of."""
        return f"{self.data_type}/{self.model_name}"

    @property
    def code(self) -> str:
        """The training code."""
        return str(self.content["training_code"])

    @property
    def bo_config(self) -> Mapping[str, Any]:
        """The search space as written."""
        space: Mapping[str, Any] = self.content.get("bo_config") or {}
        return space

    @property
    def space(self) -> dict[str, Dimension]:
        """The search space, checked. Raises InvalidRecord."""
        return decode_space(self.bo_config)

    @property
    def signature(self) -> Signature:
        """What the training function takes. Raises InvalidRecord."""
        return read_signature(self.code)

    @cached_property
    def code_digest(self) -> str:
        """``sha256:…`` of the code."""
        return code_digest(self.code)

    @cached_property
    def space_digest(self) -> str:
        """``sha256:…`` of the search space."""
        return space_digest(self.bo_config)

    def metadata_text(self, key: str) -> str:
        """Return a text of the record's metadata; empty where it has none."""
        metadata = self.content.get("metadata") or {}
        value = metadata.get(key)
        return value if isinstance(value, str) else ""


def decode_record(data: bytes, file_name: str, modified: int) -> TrainingRecord:
    """Read a record, taking what the file lacks from its name and then from its time.

    Only the structure is checked; `check_record` parses the code as well.

    Args:
        data: the bytes of the file.
        file_name: its name, by the seed's rule or any other.
        modified: Unix seconds of its last change, for a record that has no time of its own.

    Raises:
        InvalidRecord: not JSON, or a field is missing or has the wrong type.
    """
    content = _decode_json(data)
    try:
        fields = msgspec.convert(content, _Fields)
    except msgspec.ValidationError as error:
        raise InvalidRecord(_told(error), _NEEDED) from error
    named = parse_file_name(file_name)
    if not fields.model_name.strip():
        raise InvalidRecord("The record's model_name is empty.", "Give it a name.")
    profile = fields.data_profile or {}
    data_type = profile.get("data_type") or (named.data_type if named else UNKNOWN_DATA_TYPE)
    if not isinstance(data_type, str):
        raise InvalidRecord("The record's data_profile.data_type is not a text.", _NEEDED)
    timestamp = fields.timestamp
    if timestamp is None:
        timestamp = named.timestamp if named else modified
    if not 0 <= timestamp <= _LAST_TIMESTAMP:
        raise InvalidRecord(f"The record's timestamp is {timestamp}.", "A timestamp is in Unix seconds.")
    return TrainingRecord(
        content, fields.model_name, data_type, int(timestamp), _confidence(fields.confidence)
    )


def _confidence(given: float | str | None) -> float | None:
    """Return a confidence; language models write it as a text, too, such as "0.9"."""
    if given is None:
        return None
    if (isinstance(given, str) and not _NUMBER.fullmatch(given.strip())) or not 0 <= float(given) <= 1:
        told = repr(given[:40]) if isinstance(given, str) else given
        raise InvalidRecord(f"The record's confidence is {told}.", "A confidence is a number from 0 to 1.")
    return float(given)


def check_record(record: TrainingRecord) -> None:
    """Check a record's code and search space, without running anything.

    Raises:
        InvalidRecord: what is wrong, in one sentence.
    """
    _ = record.space
    _ = record.signature


def encode_record(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of a record's file as trainstore writes it.

    Raises:
        InvalidRecord: it holds something that JSON has no form for.
    """
    try:
        return json.dumps(content, indent=2, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # a lone surrogate has no UTF-8 form
        return json.dumps(content, indent=2).encode()
    except (TypeError, RecursionError) as error:
        raise InvalidRecord(
            f"The record cannot be written as JSON: {error}.",
            "Use numbers, texts, lists and dicts of Python's own.",
        ) from error


def _told(error: msgspec.ValidationError) -> str:
    """Say what is wrong with a field, in the words of JSON."""
    found = re.fullmatch(_WRONG_TYPE, str(error))
    if found is None:
        return f"The record is not complete: {error}."
    wanted, given, field = found.groups()
    return f"The record's {field} is {_TYPES.get(given, given)}, not {_TYPES.get(wanted, wanted)}."


def _decode_json(data: bytes) -> dict[str, Any]:
    if len(data) > MOST_RECORD_BYTES:
        raise InvalidRecord(f"The record has {len(data)} bytes; at most {MOST_RECORD_BYTES} are taken.")
    try:
        content = _parse_json(data)
    except RecursionError as error:
        raise InvalidRecord("The record is nested too deeply.", _NEEDED) from error
    except ValueError as error:
        raise InvalidRecord(
            f"The record is not JSON: {str(error)[:200]}.", "Is the file cut short?"
        ) from error
    if _is_deeper(content, _MOST_LEVELS):
        raise InvalidRecord("The record is nested too deeply.", _NEEDED)
    if not isinstance(content, dict):
        raise InvalidRecord(f"The record is a JSON {type(content).__name__}, not an object.", _NEEDED)
    return content


def _parse_json(data: bytes) -> Any:
    """Return what JSON says. Raises ValueError, RecursionError."""
    try:
        # A third of the time of Python's own, which takes some of what this one refuses.
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return json.loads(
            data.decode("utf-8-sig"), parse_constant=_refuse_constant, parse_float=_finite_float
        )


def _refuse_constant(name: str) -> float:
    raise ValueError(f"it holds {name}, which JSON has no number for")


def _finite_float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"it holds {text[:40]}, which is beyond any float")
    return number


def _is_deeper(content: Any, levels: int) -> bool:
    layer = [content] if isinstance(content, _NESTING) else []
    for _ in range(levels):
        if not layer:
            return False
        layer = [
            inner
            for outer in layer
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, _NESTING)
        ]
    return bool(layer)

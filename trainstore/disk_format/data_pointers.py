"""The pointer of a pinned data set: DVC's, with what trainstore needs to read the file again under ``meta``."""

import io
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from trainstore.disk_format.dvc_files import is_file_id, is_file_name
from trainstore.errors import InvalidRecord

_MOST_BYTES = 1 << 16


def parse_data_pointer(content: bytes) -> dict[str, Any]:
    """Return ``md5``, ``size`` and ``path`` of the one file that a pointer tracks, and trainstore's ``meta``.

    Raises:
        InvalidRecord: it is not such a pointer.
    """
    try:
        if len(content) > _MOST_BYTES:
            raise InvalidRecord("The pointer is longer than a pointer can be.")
        read = YAML(typ="safe", pure=True).load(io.BytesIO(content))
        (out,) = read["outs"]
        found = {key: out[key] for key in ("md5", "size", "path")}
        meta = (read.get("meta") or {}).get("trainstore") or {}
        if not (is_file_id(found["md5"]) and is_file_name(found["path"]) and type(found["size"]) is int):
            raise InvalidRecord("The pointer names no plain file.")
        return {**found, "meta": dict(meta)}
    except (YAMLError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise InvalidRecord(
            f"The pointer cannot be read: {str(error).splitlines()[0] if str(error) else error}."
        ) from error

"""A folder of records as people have it: flat, odd file names, duplicates, half-written files, missing fields."""

import json
from pathlib import Path
from typing import Any

from records import make_files

# One file in twenty has something odd about it, in turn.
_ODD_EVERY = 20


def write_wild_folder(folder: Path, start: int, count: int) -> int:
    """Write files of records, a number of which can be imported; return how many files there are."""
    folder.mkdir(parents=True)
    files = 0
    for place, (record, data) in enumerate(make_files(start, count)):
        files += 1
        turn, odd = divmod(place, _ODD_EVERY)
        if odd:
            (folder / _file_name(record)).write_bytes(data)
        else:
            files += _write_odd(folder, record, data, turn % 8)
    return files


def _write_odd(folder: Path, record: dict[str, Any], data: bytes, kind: int) -> int:
    """Write a record in one of eight odd ways; return how many files were written beside its own."""
    name = _file_name(record)
    if kind == 0:  # a second copy
        (folder / f"{name.removesuffix('.json')} (1).json").write_bytes(data)
        (folder / name).write_bytes(data)
        return 1
    if kind == 1:  # a writer was killed, and wrote it again under another name
        (folder / f"{name.removesuffix('.json')}.tmp.json").write_bytes(data[: len(data) // 2])
        (folder / name).write_bytes(data)
        return 1
    if kind == 2:  # only the file name tells the time
        (folder / name).write_bytes(_without(record, "timestamp"))
    elif kind == 3:
        (folder / name).write_bytes(_without(record, "confidence", "metadata"))
    elif kind == 4:  # only the file name tells the data type
        (folder / name).write_bytes(_without(record, "data_profile"))
    elif kind == 5:
        (folder / name).write_bytes(b"\xef\xbb\xbf" + data)
    elif kind == 6:
        (folder / f"best ≤256KB \u2011 [{record['timestamp']}], a=1+b @~.json").write_bytes(data)
    else:  # a folder inside
        (folder / "old runs").mkdir(exist_ok=True)
        (folder / "old runs" / name).write_bytes(data)
    return 0


def _without(record: dict[str, Any], *keys: str) -> bytes:
    kept = {key: value for key, value in record.items() if key not in keys}
    return json.dumps(kept, indent=2, ensure_ascii=False).encode()


def _file_name(record: dict[str, Any]) -> str:
    model_name = "".join("_" if letter in '<>:"/\\|?*' else letter for letter in record["model_name"])
    return f"training_function_{record['data_profile']['data_type']}_{model_name}_{record['timestamp']}.json"

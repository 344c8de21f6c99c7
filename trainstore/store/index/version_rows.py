"""How a version is read out of the index: its columns, and what a row of them is."""

from collections.abc import Sequence
from typing import Any

from trainstore.disk_format.trailers import split_names
from trainstore.store.index.entries import Version

STORED_COLUMNS = """
    v.path, v.folder, v.model_name, v.data_type, v.timestamp, v.code_digest, v.space_digest, v.confidence,
    v.api_model, v.parameters, v.commit_id, v.present
"""

VERSION_COLUMNS = f"""
    {STORED_COLUMNS},
    (SELECT COUNT(*) FROM versions o WHERE o.model_name = v.model_name AND o.data_type = v.data_type
        AND (o.timestamp, o.code_digest, o.path) <= (v.timestamp, v.code_digest, v.path))
"""


def version_of(row: Sequence[Any]) -> Version:
    """Return the version of a row with `VERSION_COLUMNS`; more columns may follow."""
    return Version._make((*row[:9], tuple(split_names(row[9])), row[10], bool(row[11]), row[12]))

"""The settings of a store: the optional file trainstore.toml at its top. What the tables mean is not decided here."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from trainstore.errors import UsageError

SETTINGS_FILE = "trainstore.toml"


class Settings(NamedTuple):
    """What a store's file says; ``retention`` is its table of that name, empty where there is none."""

    retention: Mapping[str, Any]


def read_settings(root: Path) -> Settings:
    """Return the settings of the store at a folder, as its work tree has them.

    Raises:
        UsageError: the file cannot be read, or is not as it should be.
    """
    try:
        content = (root / SETTINGS_FILE).read_bytes()
    except FileNotFoundError:
        return Settings({})
    except OSError as error:
        raise UsageError(f"{SETTINGS_FILE} cannot be read: {error.strerror}.") from error
    import tomllib

    try:
        tables = tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise UsageError(
            f"{SETTINGS_FILE} is not TOML: {error}.", "See docs/retention.md for one."
        ) from error
    retention = tables.get("retention", {})
    if not isinstance(retention, dict):
        raise UsageError(f"retention in {SETTINGS_FILE} is not a table.", "Write it as: [retention]")
    return Settings(retention)

"""Which of the DVC remotes that DVC's configuration names is meant."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trainstore.errors import UsageError
from trainstore.store.checkpoints.dvc_cache import dvc_settings


def has_remote(store_root: Path) -> bool:
    """Tell whether DVC's configuration names a remote."""
    return bool(dvc_settings(store_root)["remote"])


def choose_remote(config: Mapping[str, Any], name: str | None) -> str:
    """Return the name of a remote of a configuration; where none is given, of its default one, else of the only one.

    Raises:
        UsageError: there is no such remote, or none, or several.
    """
    remotes, default = config["remote"], config["core"].get("remote")
    if name is not None:
        if name.lower() not in remotes:
            raise UsageError(f"There is no DVC remote {name!r}.", "See: dvc remote list")
        return name.lower()
    if default in remotes:
        return str(default)
    if len(remotes) == 1:
        return str(next(iter(remotes)))
    if remotes:
        raise UsageError(
            "The store has several DVC remotes, and no default one.", "Choose one: dvc remote default NAME"
        )
    raise UsageError(
        "The store has no DVC remote, where checkpoints and data sets could be shared.",
        "Add one: dvc remote add --default storage ADDRESS, then commit .dvc/config.",
    )

"""trainstore: git for AI-written training functions."""

from typing import TYPE_CHECKING, Any

from trainstore.version import __version__

if TYPE_CHECKING:
    from trainstore.api import Store


__all__ = ["Store", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "Store":  # imported when asked for: workers and `--version` do without it
        from trainstore.api import Store

        return Store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""The version that a field of an address names."""

from trainstore.api import Store
from trainstore.errors import NotFound
from trainstore.store.index.entries import Version
from trainstore.web.links import lasting_name

_FEWEST_DIGITS = 9  # of a timestamp; fewer may be an ordinal


def find_version(store: Store, text: str) -> Version:
    """Return the version that a text names: by `lasting_name`, or else in any way that the commands know.

    Raises:
        NotFound: none or several are named so.
    """
    function, _, number = text.rpartition("@")
    if len(number) >= _FEWEST_DIGITS and number.isascii() and number.isdigit():
        named = [version for version in _versions(store, function) if lasting_name(version) == text]
        if len(named) == 1:  # another one of that second is named by its path
            return named[0]
    return store.version(text)


def _versions(store: Store, function: str) -> list[Version]:
    try:
        return store.versions(function)
    except NotFound:
        return []

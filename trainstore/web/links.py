"""The addresses of pages. They name a version by function and timestamp, and a run by its id: both stay what they are."""

from urllib.parse import quote, urlencode

from trainstore.store.index.entries import Version


class Links:
    """Addresses within the site."""

    standalone = False

    def page(self, path: str, **fields: object) -> str:
        """Return the address of a page, with the fields that have a value."""
        given = {name: str(value) for name, value in fields.items() if value not in (None, "")}
        query = urlencode(given, safe="/@", quote_via=quote, errors="backslashreplace")
        return f"{path}?{query}" if query else path

    def function(self, name: str) -> str:
        """Return the address of a function."""
        return self.page("/function", name=name)

    def version(self, version: Version) -> str:
        """Return the address of a version."""
        return self.page("/version", name=lasting_name(version))

    def run(self, run_id: str) -> str:
        """Return the address of a run."""
        return self.page("/run", id=run_id)

    def compare(self, old: Version, new: Version) -> str:
        """Return the address where two versions stand side by side."""
        return self.page("/compare", old=lasting_name(old), new=lasting_name(new))


class NoLinks(Links):
    """No addresses: a file by itself has nothing to lead to."""

    standalone = True

    def page(self, path: str, **fields: object) -> str:
        """Return nothing."""
        return ""


def lasting_name(version: Version) -> str:
    """Return a name that stays a version's when others are saved or imported before it.

    That is its function and timestamp; of one that shares both with another, its path.
    """
    own = version.path.endswith(f"_{version.timestamp}.json")
    return f"{version.function}@{version.timestamp}" if own else version.path

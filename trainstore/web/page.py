"""What a page consists of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from trainstore.api import Store
from trainstore.web.query import Query


@dataclass(frozen=True)
class Page:
    """A page that was asked for.

    Attributes:
        template: the file of its template.
        facts: makes what the template shows.
        document: makes what the same address with ``.json`` gives.
    """

    template: str
    facts: Callable[[], Mapping[str, Any]]
    document: Callable[[], Mapping[str, Any]]


MakePage = Callable[[Store, Query], Page]


@dataclass(frozen=True)
class Part:
    """A part of a long list.

    Attributes:
        number: of the part, from 1.
        size: entries in each part.
        total: entries in all.
        field: of the address, which says the number.
    """

    number: int
    size: int
    total: int
    field: str = "page"

    @property
    def offset(self) -> int:
        """How many entries come before it."""
        return (self.number - 1) * self.size

    @property
    def span(self) -> slice:
        """Where its entries are among all."""
        return slice(self.offset, self.offset + self.size)

    @property
    def last(self) -> int:
        """The number of the last part."""
        return max(1, -(-self.total // self.size))

"""A server to fork from, for all tests of a file: it takes seconds to start."""

from collections.abc import Iterator

import pytest

from trainstore.execution.forks import Forks, forks


@pytest.fixture(scope="module")
def server() -> Iterator[Forks]:
    with forks() as opened:
        yield opened

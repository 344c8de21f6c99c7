"""What the parent asks of a fork server: one supervisor, which forks one worker."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trainstore.execution.supervisor.orders import Orders


@dataclass(frozen=True)
class Birth:
    """One supervisor to be.

    Attributes:
        orders: for the supervisor. Its descriptors are the numbers that they are to have.
        environment: all the variables that it and its worker see.
        folder: its working folder.
        descriptors: by the number that each is to have, the number that it has; with its standard streams.
    """

    orders: Orders
    environment: Mapping[str, str]
    folder: str
    descriptors: Mapping[int, int]

    def to_message(self) -> tuple[bytes, list[int]]:
        """The message, and the descriptors that go with it."""
        fields: dict[str, Any] = {
            "orders": self.orders.to_json(),
            "environment": dict(self.environment),
            "folder": self.folder,
            "descriptors": list(self.descriptors),
        }
        return json.dumps(fields).encode(), list(self.descriptors.values())

    @staticmethod
    def from_message(message: bytes, received: Sequence[int]) -> "Birth":
        """The same in the process that got the message, where the descriptors have other numbers."""
        fields = json.loads(message)
        return Birth(
            Orders.from_json(fields["orders"]),
            fields["environment"],
            fields["folder"],
            dict(zip(fields["descriptors"], received, strict=True)),
        )

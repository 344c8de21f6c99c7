"""Which policy is whose: one for all, and others for a data type or a function, as trainstore.toml has them."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from trainstore.disk_format.moments import Moment, parse_age, parse_moment
from trainstore.errors import UsageError
from trainstore.retention.policy import Policy


@dataclass(frozen=True)
class Policies:
    """The narrowest one stands alone: nothing is inherited. Where it is None, everything is kept.

    Attributes:
        common: for what has none of its own.
        data_types: by the name of the data type.
        functions: by ``data_type/model_name``, or by the model name alone.
    """

    common: Policy | None = None
    data_types: Mapping[str, Policy | None] = field(default_factory=dict)
    functions: Mapping[str, Policy | None] = field(default_factory=dict)

    def of(self, data_type: str, model_name: str) -> Policy | None:
        """Return the policy of a function."""
        for name in (f"{data_type}/{model_name}", model_name):
            if name in self.functions:
                return self.functions[name]
        return self.data_types.get(data_type, self.common)

    def all(self) -> list[Policy]:
        """Return every policy that there is."""
        policies = (self.common, *self.data_types.values(), *self.functions.values())
        return [policy for policy in policies if policy is not None]

    def unmatched(self, functions: Iterable[tuple[str, str]]) -> list[str]:
        """Return the names that no function (data type, model name) has; they may be misspelt."""
        known = list(functions)
        names = {model_name for _, model_name in known} | {"/".join(function) for function in known}
        data_types = {data_type for data_type, _ in known}
        return [name for name in self.functions if name not in names] + [
            name for name in self.data_types if name not in data_types
        ]


def parse_policies(retention: Mapping[str, Any]) -> Policies:
    """Return the policies of the table ``[retention]``, its ``data-type.NAME`` and its ``function.NAME``.

    The keys of a policy are the options of ``trainstore prune`` without their hyphens in front.

    Raises:
        UsageError: a key, a type or a value is wrong.
    """
    common = {name: value for name, value in retention.items() if name not in ("data-type", "function")}
    return Policies(
        _parse_policy(common, "retention"),
        _parse_named(retention, "data-type"),
        _parse_named(retention, "function"),
    )


def _parse_named(retention: Mapping[str, Any], kind: str) -> dict[str, Policy | None]:
    tables = retention.get(kind, {})
    if not isinstance(tables, dict):
        raise UsageError(f"retention.{kind} is not a table.", f'Write it as: [retention.{kind}."NAME"]')
    return {name: _parse_policy(table, f"retention.{kind}.{name}") for name, table in tables.items()}


def _parse_policy(table: Any, where: str) -> Policy | None:
    if not isinstance(table, dict):
        raise UsageError(
            f"{where[:200]} is not a table.", f'Write it as: [{where.rpartition(".")[0]}."NAME"]'
        )
    if not table:
        return None
    unknown = next((name for name in table if name not in _READERS), None)
    if unknown is not None:
        near = difflib.get_close_matches(unknown, _READERS, n=1) or list(_READERS)
        raise UsageError(
            f"There is no rule {unknown[:200]!r} in {where[:200]}.", f"There is {', '.join(near)}."
        )
    try:
        policy = Policy(**{name.replace("-", "_"): _READERS[name](value) for name, value in table.items()})
        policy.require_rules()
    except UsageError as error:
        raise UsageError(f"In {where[:200]} of trainstore.toml: {error.message}", error.hint) from error
    return policy


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise UsageError(f"{value!r} is not true or false.")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise UsageError(f"{value!r} is not a whole number.")
    return value


def _number(value: Any) -> float:
    try:
        return value if isinstance(value, float) else float(_count(value))
    except OverflowError as error:
        raise UsageError("A number is too large.") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise UsageError(f"{value!r} is not text.", "Put it in quotation marks.")
    return value


def _moment(value: Any) -> Moment:
    return parse_moment(value.isoformat() if isinstance(value, date) else _text(value))


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "older-than": _moment,
    "unsuccessful": _flag,
    "below": _number,
    "never-ran": _flag,
    "min-confidence": _number,
    "keep-last": _count,
    "keep-best": _count,
    "metric": _text,
    "keep-within": lambda value: parse_age(_text(value)),
    "include-current": _flag,
}

"""Methods of lists, dicts and texts."""

from typing import TYPE_CHECKING

from trainstore.diff.architecture.reading.python_values import items_of
from trainstore.diff.architecture.reading.values import Items, Symbol, Table, Value, is_plain, text_of

if TYPE_CHECKING:
    from trainstore.diff.architecture.reading.machine import Machine

_MOST_ITEMS = 2_000
_OF_TEXTS = ("lower", "upper", "strip", "capitalize", "title")


def call_plain_method(
    machine: "Machine", owner: Items | Table | str, name: str, arguments: list[Value], named: dict[str, Value]
) -> Value:
    """Return what a method of a list, a dict or a text gives, and change the list or the dict."""
    if isinstance(owner, Items):
        return _of_list(machine, owner, name, arguments)
    if isinstance(owner, Table):
        return _of_dict(machine, owner, name, arguments)
    if name in _OF_TEXTS and not arguments:
        return getattr(owner, name)()
    if name == "split" and len(arguments) <= 1 and is_plain(tuple(arguments)) and arguments != [""]:
        parts = owner.split(arguments[0] if arguments and isinstance(arguments[0], str) else None)
        return Items(parts[:_MOST_ITEMS])
    if name in ("startswith", "endswith") and len(arguments) == 1 and isinstance(arguments[0], str):
        return getattr(owner, name)(arguments[0])
    return _unknown(owner, name, arguments)


def _of_list(machine: "Machine", owner: Items, name: str, arguments: list[Value]) -> Value:
    items = owner.items
    machine.step(1 + len(items) // 16)
    changed: tuple[Value, ...] | None = None
    result: Value = None
    match name, arguments:
        case (("append" | "add"), [value]):
            changed = (*items, value)
        case "extend", [more]:
            changed = (*items, *(items_of(more) or [Symbol(f"*{text_of(more)}")]))
        case "insert", [int(place), value]:
            changed = (*items[:place], value, *items[place:])
        case "pop", [] | [int()] if items and (not arguments or -len(items) <= arguments[0] < len(items)):
            place = (arguments[0] if arguments else -1) % len(items)
            changed, result = (*items[:place], *items[place + 1 :]), items[place]
        case "reverse", []:
            changed = items[::-1]
        case "clear", []:
            changed = ()
        case "copy", []:
            return Items(items)
        case _:
            return _unknown(owner, name, arguments)
    if len(changed) <= _MOST_ITEMS:
        machine.write(owner.state, "items", changed)
    return result


def _of_dict(machine: "Machine", owner: Table, name: str, arguments: list[Value]) -> Value:
    match name, arguments:
        case (("get" | "pop" | "setdefault"), [key, *default]) if is_plain(key):
            if key in owner.items:
                return owner.items[key]
            return default[0] if default else Symbol(f"[{text_of(key)}]") if name == "pop" else None
        case "items", []:
            return Items(owner.items.items())
        case "keys", []:
            return Items(owner.items)
        case "values", []:
            return Items(owner.items.values())
        case "copy", []:
            return Table(dict(owner.items))
        case "update", [Table() as more]:
            for key, value in more.items.items():
                machine.write(owner.items, key, value)
            return None
    return _unknown(owner, name, arguments)


def _unknown(owner: Value, name: str, arguments: list[Value]) -> Symbol:
    told = ", ".join(text_of(argument) for argument in arguments[:6])
    return Symbol(text_of(Symbol(f"{text_of(owner)}.{name}({told})")))

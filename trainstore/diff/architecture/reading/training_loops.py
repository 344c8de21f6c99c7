"""Which loops train, how often they go round, and what ends them early."""

import ast
from typing import TYPE_CHECKING

from trainstore.diff.architecture.reading.values import Function, Part, Scope, Symbol, Value, known, text_of

if TYPE_CHECKING:
    from trainstore.diff.architecture.reading.machine import Machine

_TRAINS = frozenset(["backward", "zero_grad"])
_MOST_FUNCTIONS = 20  # followed from a loop


def is_training(machine: "Machine", loop: ast.For | ast.AsyncFor | ast.While, scope: Scope) -> bool:
    """Tell whether a loop trains: it, or a function that it calls, makes gradients."""
    if id(loop) not in machine.loops:
        machine.loops[id(loop)] = _trains(machine, loop.body, scope)
    return machine.loops[id(loop)]


def _trains(machine: "Machine", body: list[ast.stmt], scope: Scope) -> bool:
    waiting: list[tuple[list[ast.stmt], Scope]] = [(body, scope)]
    seen: set[int] = set()
    while waiting and len(seen) <= _MOST_FUNCTIONS:
        statements, inside = waiting.pop()
        for statement in statements:
            for node in ast.walk(statement):
                machine.step()
                if isinstance(node, ast.Attribute) and node.attr in _TRAINS:
                    return True
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    found = inside.find(node.func.id)
                    function = found.variables[node.func.id] if found else None
                    if isinstance(function, Function) and id(function.node) not in seen:
                        seen.add(id(function.node))
                        if isinstance(function.node.body, list):
                            waiting.append((function.node.body, function.scope))
    return False


def note_epochs(machine: "Machine", over: Value) -> None:
    """Note how often a training loop goes round."""
    rounds = known(over)
    if isinstance(rounds, range):
        machine.note(Part("training", "", {"epochs": len(rounds)}))
    elif isinstance(over, Symbol) and over.text.startswith("range("):
        machine.note(Part("training", "", {"epochs": over}))


def note_early_stop(machine: "Machine", node: ast.If, scope: Scope) -> None:
    """Note a ``break`` of a training loop that waits for a number: ``if waited >= patience: break``."""
    if not any(isinstance(statement, ast.Break) for statement in node.body):
        return
    test = node.test
    if not isinstance(test, ast.Compare):
        return
    limit = machine.evaluate(test.comparators[-1], scope)
    if isinstance(limit, int) and not isinstance(limit, bool):
        machine.note(Part("early stopping", "", {"patience": limit}))
    elif isinstance(limit, float):
        machine.note(Part("early stopping", "", {"until": text_of(limit)}))

"""What code offers in branches that the hyperparameters at hand do not take: quantisation, above all."""

import ast
from typing import TYPE_CHECKING

from trainstore.diff.architecture.reading.training_parts import QUANTISING
from trainstore.diff.architecture.reading.values import Function, Part, Scope

if TYPE_CHECKING:
    from trainstore.diff.architecture.reading.machine import Machine

_MOST_FUNCTIONS = 20


def note_offered(machine: "Machine", body: list[ast.stmt], scope: Scope) -> None:
    """Note calls that quantise, in statements that are not reached."""
    waiting: list[tuple[list[ast.stmt], Scope]] = [(body, scope)]
    while waiting and len(machine.scanned) < _MOST_FUNCTIONS:
        statements, inside = waiting.pop()
        for node in (node for statement in statements for node in ast.walk(statement)):
            machine.step()
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in QUANTISING:
                machine.note(Part("quantisation", QUANTISING[name], {"by default": False}))
            found = inside.find(name)
            function = found.variables[name] if found else None
            if not isinstance(function, Function) or id(function.node) in machine.scanned:
                continue
            machine.scanned.add(id(function.node))
            if isinstance(function.node.body, list):
                waiting.append((function.node.body, function.scope))

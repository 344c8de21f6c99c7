"""What expressions are."""

import ast
from collections.abc import Callable

from trainstore.diff.architecture.reading.attributes import attribute_of, item_of
from trainstore.diff.architecture.reading.comprehensions import Comprehensions
from trainstore.diff.architecture.reading.forward_operations import note_operator
from trainstore.diff.architecture.reading.machine import DEEPEST, either
from trainstore.diff.architecture.reading.operators import arithmetic, comparison, truth
from trainstore.diff.architecture.reading.python_values import items_of
from trainstore.diff.architecture.reading.values import (
    Built,
    Class,
    External,
    Function,
    Items,
    Method,
    Scope,
    Symbol,
    Table,
    Value,
    is_plain,
    known,
    text_of,
)

_MOST_BITS = 64
# Names that code is given when it forgot to import them, and those that are built into Python.
_GIVEN = {
    "torch": "torch", "nn": "torch.nn", "F": "torch.nn.functional", "optim": "torch.optim", "np": "numpy",
    "math": "math", "copy": "copy",
}  # fmt: skip


class Expressions(Comprehensions):
    """Evaluates expressions."""

    def evaluate(self, node: ast.expr, scope: Scope) -> Value:
        self.step()
        reader = _READERS.get(type(node))
        if reader is None or self.depth > DEEPEST:
            return Symbol("…")
        self.depth += 1
        try:
            return reader(self, node, scope)
        finally:
            self.depth -= 1

    def _constant(self, node: ast.Constant, scope: Scope) -> Value:
        value = node.value
        if isinstance(value, int) and value.bit_length() > _MOST_BITS:
            return Symbol("a huge number")
        return value if is_plain(value) else Symbol(repr(value)[:40])

    def _name(self, node: ast.Name, scope: Scope) -> Value:
        where = scope.find(node.id)
        if where is not None:
            return where.variables[node.id]
        return External(_GIVEN.get(node.id, f"builtins.{node.id}"))

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Value:
        return attribute_of(self, self.evaluate(node.value, scope), node.attr)

    def _call(self, node: ast.Call, scope: Scope) -> Value:
        if isinstance(node.func, ast.Name) and node.func.id == "super":
            return self.parent_of(scope)
        function = self._called(node.func, scope)
        named: dict[str, Value] = {}
        arguments = self.elements(node.args, scope)
        for keyword in node.keywords:
            value = self.evaluate(keyword.value, scope)
            if keyword.arg is not None:
                named[keyword.arg] = value
            elif isinstance(value, Table):
                named |= {key: item for key, item in value.items.items() if isinstance(key, str)}
        return self.call(function, arguments, named)

    def _called(self, node: ast.expr, scope: Scope) -> Value:
        if not isinstance(node, ast.Attribute):
            return self.evaluate(node, scope)
        owner = self.evaluate(node.value, scope)
        if isinstance(owner, External | Built | Class):
            return attribute_of(self, owner, node.attr)
        return Method(owner, node.attr)

    def parent_of(self, scope: Scope) -> Value:
        """Return what ``super()`` is in a function."""
        raise NotImplementedError

    def elements(self, nodes: list[ast.expr], scope: Scope) -> list[Value]:
        """Return the values of a list of expressions, starred ones spread."""
        found: list[Value] = []
        for node in nodes:
            if isinstance(node, ast.Starred):
                value = self.evaluate(node.value, scope)
                spread = items_of(value)
                found += [Symbol(f"*{text_of(value)}")] if spread is None else spread
            else:
                found.append(self.evaluate(node, scope))
        return found

    def _binary(self, node: ast.BinOp, scope: Scope) -> Value:
        left, right = self.evaluate(node.left, scope), self.evaluate(node.right, scope)
        note_operator(self, type(node.op), left, right)
        return arithmetic(type(node.op), left, right)

    def _unary(self, node: ast.UnaryOp, scope: Scope) -> Value:
        value = self.evaluate(node.operand, scope)
        if isinstance(node.op, ast.Not):
            decided = truth(value)
            return Symbol(f"not {text_of(value)}") if decided is None else not decided
        if isinstance(value, int | float) and not isinstance(node.op, ast.Invert):
            return -value if isinstance(node.op, ast.USub) else +value
        sign = {ast.USub: "-", ast.UAdd: "+"}.get(type(node.op), "~")
        symbol = value if isinstance(value, Symbol) else Symbol(text_of(value))
        number = known(value)
        negated = -number if isinstance(number, int | float) and sign == "-" else None
        return Symbol(text_of(Symbol(f"{sign}{symbol.text}")), negated, symbol.tensor, losses=symbol.losses)

    def _boolean(self, node: ast.BoolOp, scope: Scope) -> Value:
        decides = isinstance(node.op, ast.Or)
        texts: list[str] = []
        value: Value = None
        for part in node.values:
            value = self.evaluate(part, scope)
            decided = truth(value)
            if decided is decides and not texts:
                return value
            if decided is None:
                texts.append(text_of(value))
            elif decided is decides:
                return decides  # whatever those before it are
        return Symbol(text_of(Symbol((" or " if decides else " and ").join(texts)))) if texts else value

    def _compare(self, node: ast.Compare, scope: Scope) -> Value:
        left = self.evaluate(node.left, scope)
        result: Value = True
        for kind, part in zip(node.ops, node.comparators, strict=True):
            right = self.evaluate(part, scope)
            result = comparison(type(kind), left, right)
            if result is not True:
                return result
            left = right
        return result

    def _choice(self, node: ast.IfExp, scope: Scope) -> Value:
        test = self.evaluate(node.test, scope)
        decided = truth(test)
        if decided is not None:
            return self.evaluate(node.body if decided else node.orelse, scope)
        return either(
            self.evaluate(node.body, scope), self.evaluate(node.orelse, scope), f"if {text_of(test)}"
        )

    def _tuple(self, node: ast.Tuple, scope: Scope) -> Value:
        return tuple(self.elements(node.elts, scope))

    def _list(self, node: ast.List | ast.Set, scope: Scope) -> Value:
        return Items(self.elements(node.elts, scope))

    def _dict(self, node: ast.Dict, scope: Scope) -> Value:
        table: dict[Value, Value] = {}
        for key, part in zip(node.keys, node.values, strict=True):
            value = self.evaluate(part, scope)
            if key is None:
                table |= value.items if isinstance(value, Table) else {}
                continue
            name = self.evaluate(key, scope)
            table[name if is_plain(name) else text_of(name)] = value
        return Table(table)

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        return item_of(self.evaluate(node.value, scope), self.evaluate(node.slice, scope))

    def _slice(self, node: ast.Slice, scope: Scope) -> Value:
        parts = [
            None if part is None else self.evaluate(part, scope)
            for part in (node.lower, node.upper, node.step)
        ]
        if all(part is None or isinstance(part, int) for part in parts):
            return slice(*parts)
        return Symbol(":".join("" if part is None else text_of(part) for part in parts))

    def _text(self, node: ast.JoinedStr, scope: Scope) -> Value:
        parts: list[str] = []
        whole = True
        for part in node.values:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            value = self.evaluate(inner, scope)
            whole = whole and is_plain(value)
            parts.append(value if isinstance(value, str) else text_of(value))
        text = "".join(parts)[:200]
        return text if whole else Symbol(text_of(Symbol(text)))

    def _lambda(self, node: ast.Lambda, scope: Scope) -> Value:
        return Function(node, scope)

    def _named(self, node: ast.NamedExpr, scope: Scope) -> Value:
        value = self.evaluate(node.value, scope)
        self.write(scope.variables, node.target.id, value)
        return value

    def _await(self, node: ast.Await | ast.Starred, scope: Scope) -> Value:
        return self.evaluate(node.value, scope)


_READERS: dict[type[ast.AST], Callable[..., Value]] = {
    ast.Constant: Expressions._constant,
    ast.Name: Expressions._name,
    ast.Attribute: Expressions._attribute,
    ast.Call: Expressions._call,
    ast.BinOp: Expressions._binary,
    ast.UnaryOp: Expressions._unary,
    ast.BoolOp: Expressions._boolean,
    ast.Compare: Expressions._compare,
    ast.IfExp: Expressions._choice,
    ast.Tuple: Expressions._tuple,
    ast.List: Expressions._list,
    ast.Set: Expressions._list,
    ast.Dict: Expressions._dict,
    ast.Subscript: Expressions._subscript,
    ast.Slice: Expressions._slice,
    ast.JoinedStr: Expressions._text,
    ast.Lambda: Expressions._lambda,
    ast.NamedExpr: Expressions._named,
    ast.Await: Expressions._await,
    ast.Starred: Expressions._await,
    ast.ListComp: Expressions.comprehension,
    ast.SetComp: Expressions.comprehension,
    ast.GeneratorExp: Expressions.comprehension,
    ast.DictComp: Expressions.dict_comprehension,
}

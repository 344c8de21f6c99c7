"""What calls give: of functions and classes of the code itself, and of what they make."""

import ast
from collections.abc import Mapping

from trainstore.diff.architecture.layer import Text
from trainstore.diff.architecture.reading import external_calls
from trainstore.diff.architecture.reading.attributes import attribute_of
from trainstore.diff.architecture.reading.building import fill
from trainstore.diff.architecture.reading.machine import either
from trainstore.diff.architecture.reading.object_methods import (
    THE_SAME,
    call_built_method,
    call_symbol_method,
)
from trainstore.diff.architecture.reading.plain_methods import call_plain_method
from trainstore.diff.architecture.reading.statements import Statements
from trainstore.diff.architecture.reading.training_parts import loss_part
from trainstore.diff.architecture.reading.values import (
    Built,
    Class,
    External,
    Function,
    Items,
    Method,
    OneOf,
    Part,
    Scope,
    Symbol,
    Table,
    Value,
    is_plain,
    text_of,
)

_MOST_CALLS = 24  # within each other
_MOST_OF_ONE = 3  # of one function within itself


class Calls(Statements):
    """Calls."""

    def __init__(self) -> None:
        super().__init__()
        self.active: list[int] = []

    def call(self, function: Value, arguments: list[Value], named: dict[str, Value]) -> Value:
        self.step()
        match function:
            case Function():
                return self._function_call(function, arguments, named)
            case Class():
                return self._instance(function, arguments, named)
            case External():
                return external_calls.call_external(self, function, arguments, named)
            case Built():
                return self._module_call(function, arguments, named)
            case Method():
                return self._method_call(function, arguments, named)
            case OneOf():
                return self._one_of_call(function, arguments, named)
        return _unknown_call(function, arguments, named)

    def _one_of_call(self, function: OneOf, arguments: list[Value], named: dict[str, Value]) -> Value:
        answers = [self.call(option, arguments, named) for option in function.options if option is not None]
        if not answers:
            return Symbol("…")
        result = answers[0]
        for answer in answers[1:]:
            result = either(result, answer, function.condition)
        return result

    def _function_call(self, function: Function, arguments: list[Value], named: dict[str, Value]) -> Value:
        key = id(function.node)
        if len(self.active) >= _MOST_CALLS or self.active.count(key) >= _MOST_OF_ONE:
            return _unknown_call(function, arguments, named)
        scope = self._bound(function, arguments, named)
        self.active.append(key)
        try:
            if isinstance(function.node, ast.Lambda):
                return self.evaluate(function.node.body, scope)
            ended = self.run(function.node.body, scope)
        finally:
            self.active.pop()
        return ended.value if ended is not None and ended.how == "return" else None

    def _bound(self, function: Function, arguments: list[Value], named: Mapping[str, Value]) -> Scope:
        """The scope of a call: its parameters, by what they are given or by their defaults."""
        taken = function.node.args
        names = [argument.arg for argument in (*taken.posonlyargs, *taken.args)]
        given = arguments if function.owner is None else [function.owner, *arguments]
        bound: dict[str, Value] = {}
        for node, name in zip(reversed(taken.defaults), reversed(names), strict=False):
            if name not in named and names.index(name) >= len(given):
                bound[name] = self.evaluate(node, function.scope)
        for argument, default in zip(taken.kwonlyargs, taken.kw_defaults, strict=True):
            if default is not None and argument.arg not in named:
                bound[argument.arg] = self.evaluate(default, function.scope)
            bound.setdefault(argument.arg, Symbol(argument.arg))
        bound |= dict(zip(names, given, strict=False))
        bound |= {name: value for name, value in named.items() if name in names or name in bound}
        for name in names:
            bound.setdefault(name, Symbol(name))
        if taken.vararg is not None:
            bound[taken.vararg.arg] = tuple(given[len(names) :])
        if taken.kwarg is not None:
            rest = {name: value for name, value in named.items() if name not in bound}
            bound[taken.kwarg.arg] = Table(dict(rest))
        if function.cls is not None:
            bound["__class__"] = function.cls
            bound["__self__"] = function.owner
        return Scope(bound, function.scope)

    def parent_of(self, scope: Scope) -> Value:
        where = scope.find("__class__")
        if where is None or not isinstance(where.variables.get("__self__"), Built):
            return Symbol("super()")
        cls: Class = where.variables["__class__"]
        return Super(cls, where.variables["__self__"])

    def _instance(self, cls: Class, arguments: list[Value], named: dict[str, Value]) -> Value:
        base = cls.torch_base
        if base in ("Function",) or len(self.active) >= _MOST_CALLS:
            return _unknown_call(cls, arguments, named)
        built = self.make(Built(cls.name, cls=cls, module=base is not None))
        start = attribute_of(self, built, "__init__")
        if isinstance(start, Function):
            self.call(start, arguments, named)
        elif base is not None:
            fill(self, built, base, arguments, named)
        else:
            fields = [name for name, value in cls.scope.variables.items() if not isinstance(value, Function)]
            built.attributes |= dict(zip(fields, arguments, strict=False)) | named
        return built

    def _module_call(self, built: Built, arguments: list[Value], named: dict[str, Value]) -> Value:
        if self.passing is not None and built.module:
            self.passing.append(built)
        if built.kind.endswith("Loss") and built.cls is None:
            part = Part("loss", built.kind, built.settings)
            self.losses.append(part)
            return Symbol("a loss", losses=(part,))
        answer = self.read_forward(built)
        losses = getattr(answer, "losses", ())
        if built.cls is not None and "loss" in built.cls.name.lower():
            plain = {
                name: value
                for name, value in built.attributes.items()
                if is_plain(value) and value is not None and not name.startswith("_")
            }
            losses = (loss_part(Text(built.cls.name), [], plain),)
            self.losses += losses
        return Symbol(f"{built.kind}(…)", tensor=self.passing is not None, losses=losses)

    def read_forward(self, built: Built) -> Value:
        """Read once what a module's forward pass calls, and return its answer."""
        if built.passed is None and built.cls is not None:
            built.passed = []
            forward = attribute_of(self, built, "forward" if built.module else "__call__")
            if isinstance(forward, Function) and forward.owner is not None:
                outside, self.passing = self.passing, built.passed if built.module else self.passing
                loops, self.training_loops = self.training_loops, 0
                taken = forward.node.args
                required = len(taken.posonlyargs) + len(taken.args) - len(taken.defaults) - 1
                inputs: list[Value] = [Symbol("input", tensor=True) for _ in range(max(required, 0))]
                built.answer = self.call(forward, inputs, {})
                self.passing, self.training_loops = outside, loops
        return built.answer

    def _method_call(self, method: Method, arguments: list[Value], named: dict[str, Value]) -> Value:
        owner, name = method.owner, method.name
        match owner:
            case Super():
                return self._super_call(owner, name, arguments, named)
            case Built():
                return call_built_method(self, owner, name, arguments, named)
            case Symbol():
                return call_symbol_method(self, owner, name, arguments, named)
            case Items() | Table() | str():
                return call_plain_method(self, owner, name, arguments, named)
            case OneOf() if any(isinstance(option, Built) for option in owner.options):
                for option in owner.options:
                    if isinstance(option, Built):
                        self.call(attribute_of(self, option, name), arguments, named)
                return owner if name in THE_SAME else Symbol(f"{text_of(owner)}.{name}(…)")
        return call_symbol_method(self, Symbol(text_of(owner)), name, arguments, named)

    def _super_call(
        self, parent: "Super", name: str, arguments: list[Value], named: dict[str, Value]
    ) -> Value:
        for one in parent.cls.lineage()[1:]:
            if isinstance(one, Class) and isinstance(function := one.scope.variables.get(name), Function):
                bound = Function(function.node, function.scope, parent.owner, one)
                return self.call(bound, arguments, named)
            if isinstance(one, External) and one.name.startswith("torch.nn") and name == "__init__":
                fill(self, parent.owner, one.last, arguments, named)
                return None
        return Symbol(f"super().{name}(…)", tensor=self.passing is not None)


class Super:
    """What ``super()`` is: the classes behind one, for an object."""

    __slots__ = ("cls", "owner")

    def __init__(self, cls: Class, owner: Built) -> None:
        self.cls, self.owner = cls, owner


def _is_tensor(value: Value) -> bool:
    return isinstance(value, Symbol) and value.tensor


def _unknown_call(function: Value, arguments: list[Value], named: Mapping[str, Value]) -> Symbol:
    told = [text_of(argument) for argument in arguments[:6]]
    told += [f"{name}={text_of(value)}" for name, value in list(named.items())[:6]]
    losses = [loss for one in (*arguments, *named.values()) for loss in getattr(one, "losses", ())]
    return Symbol(
        text_of(Symbol(f"{text_of(function)}({', '.join(told)})")),
        tensor=any(_is_tensor(one) for one in (*arguments, *named.values())),
        losses=tuple(dict.fromkeys(losses)),
    )

"""What statements do."""

import ast
from collections.abc import Callable, Sequence

import msgspec

from trainstore.diff.architecture.reading.expressions import Expressions
from trainstore.diff.architecture.reading.machine import DEEPEST, TooLarge, either
from trainstore.diff.architecture.reading.operators import arithmetic, truth
from trainstore.diff.architecture.reading.training_loops import is_training, note_early_stop, note_epochs
from trainstore.diff.architecture.reading.unused_branches import note_offered
from trainstore.diff.architecture.reading.values import (
    Class,
    External,
    Function,
    Items,
    Scope,
    Symbol,
    Value,
    text_of,
)

_MOST_ROUNDS = 256


class End(msgspec.Struct, frozen=True, eq=False):
    """How a block ended before its end: ``return``, ``break``, ``continue``, ``raise``."""

    how: str
    value: Value = None


class Statements(Expressions):
    """Goes through statements."""

    def run(self, body: Sequence[ast.stmt], scope: Scope) -> End | None:
        """Go through a block; None if it does not end early."""
        if self.depth > DEEPEST:
            return None
        self.depth += 1
        try:
            for place, node in enumerate(body):
                self.step()
                if isinstance(node, ast.If):
                    ended, done = self._if(node, body[place + 1 :], scope)
                    if done:
                        return ended
                elif (runner := _RUNNERS.get(type(node))) is not None:
                    ended = runner(self, node, scope)
                    if ended is not None:
                        return ended
            return None
        finally:
            self.depth -= 1

    def _if(self, node: ast.If, rest: Sequence[ast.stmt], scope: Scope) -> tuple[End | None, bool]:
        """How a branch ended, and whether the rest of the block is done with."""
        if self.training_loops:
            note_early_stop(self, node, scope)
        test = self.evaluate(node.test, scope)
        decided = truth(test)
        if decided is not None:
            note_offered(self, node.orelse if decided else node.body, scope)
            ended = self.run(node.body if decided else node.orelse, scope)
            return ended, ended is not None
        condition = f"if {text_of(test)}"
        before = self.begin()
        first = self.run(node.body, scope)
        written = self.finish(before, undo=True)
        before = self.begin()
        second = self.run(node.orelse, scope)
        other = self.finish(before, undo=True)
        ends = [end if end and end.how in ("return", "raise") else None for end in (first, second)]
        if ends == [None, None]:
            self.join(written, other, condition)
            return None, False
        if ends[0] and ends[1]:
            return _either_end(ends[0], ends[1], condition), True
        going_on = other if ends[0] else written
        for key, (place, value, _) in going_on.items():
            self.write(place, key[1], value)
        ended = self.run(rest, scope)
        returned = ends[0] or ends[1]
        if returned is None or returned.how == "raise" or (ended is None and returned.value is None):
            return ended, True
        return (_either_end(returned, ended, condition) if ended else returned), True

    def _return(self, node: ast.Return, scope: Scope) -> End:
        return End("return", None if node.value is None else self.evaluate(node.value, scope))

    def _raise(self, node: ast.Raise, scope: Scope) -> End:
        return End("raise")

    def _break(self, node: ast.Break, scope: Scope) -> End:
        return End("break")

    def _continue(self, node: ast.Continue, scope: Scope) -> End:
        return End("continue")

    def _assign(self, node: ast.Assign, scope: Scope) -> None:
        value = self.evaluate(node.value, scope)
        for target in node.targets:
            self.assign(target, value, scope)

    def _annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value, scope), scope)
        elif isinstance(node.target, ast.Name):  # a field of a dataclass
            self.assign(node.target, Symbol(node.target.id), scope)

    def _augmented(self, node: ast.AugAssign, scope: Scope) -> None:
        right = self.evaluate(node.value, scope)
        left = self.evaluate(node.target, scope)
        value = arithmetic(type(node.op), left, right)
        if isinstance(left, Items) and isinstance(value, Items):
            self.write(left.state, "items", value.items)
        else:
            self.assign(node.target, value, scope)

    def _expression(self, node: ast.Expr, scope: Scope) -> None:
        self.evaluate(node.value, scope)

    def _for(self, node: ast.For | ast.AsyncFor, scope: Scope) -> End | None:
        over = self.evaluate(node.iter, scope)
        if is_training(self, node, scope):
            return self._train(node, over, scope)
        for item in self.each(over):
            self.assign(node.target, item, scope)
            ended = self.run(node.body, scope)
            if ended is not None and ended.how != "continue":
                return None if ended.how == "break" else ended
        return self.run(node.orelse, scope)

    def _train(self, node: ast.For | ast.AsyncFor, over: Value, scope: Scope) -> End | None:
        """Read a loop that trains once, whatever its number of rounds."""
        if not self.training_loops:
            note_epochs(self, over)
        item = Symbol(text_of(Symbol(f"each of {text_of(over)}")))
        self.assign(node.target, item, scope)
        self.training_loops += 1
        ended = self.run(node.body, scope)
        self.training_loops -= 1
        return ended if ended is not None and ended.how == "return" else None

    def _while(self, node: ast.While, scope: Scope) -> End | None:
        training = is_training(self, node, scope)
        self.training_loops += training
        try:
            for _ in range(_MOST_ROUNDS):
                test = self.evaluate(node.test, scope)
                decided, since = truth(test), len(self.made)
                if decided is False:
                    return None
                ended = self.run(node.body, scope)
                if decided is None:
                    self.repeat(since, test)
                if ended is not None and ended.how != "continue":
                    return None if ended.how == "break" else ended
                if decided is None or training:
                    return None
            raise TooLarge
        finally:
            self.training_loops -= training
        return None

    def _with(self, node: ast.With | ast.AsyncWith, scope: Scope) -> End | None:
        for item in node.items:
            value = self.evaluate(item.context_expr, scope)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value, scope)
        return self.run(node.body, scope)

    def _try(self, node: ast.Try, scope: Scope) -> End | None:
        """Read what happens if nothing fails."""
        ended = self.run([*node.body, *node.orelse], scope)
        return self.run(node.finalbody, scope) or ended

    def _match(self, node: ast.Match, scope: Scope) -> None:
        """Read every case as one that may be taken."""
        condition = f"match {text_of(self.evaluate(node.subject, scope))}"
        for case in node.cases:
            before = self.begin()
            self.run(case.body, scope)
            self.join({}, self.finish(before, undo=True), condition)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        self.write(scope.variables, node.name, Function(node, scope))

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        bases = tuple(self.evaluate(base, scope) for base in node.bases[:20])
        body = Scope({}, scope)
        cls = Class(node.name, bases, body)
        self.run(node.body, body)
        # Functions of a class do not see its other names.
        for name, value in list(body.variables.items()):
            if isinstance(value, Function):
                body.variables[name] = Function(value.node, scope, None, cls)
        self.write(scope.variables, node.name, cls)

    def _import(self, node: ast.Import, scope: Scope) -> None:
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            self.write(scope.variables, bound, External(alias.name if alias.asname else bound))

    def _import_from(self, node: ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names:
            self.write(
                scope.variables, alias.asname or alias.name, External(f"{node.module or ''}.{alias.name}")
            )


def _either_end(first: End, second: End, condition: str) -> End:
    if first.how == "raise" or second.how != "return":
        return second if first.how == "raise" else first
    return End("return", either(first.value, second.value, condition))


_RUNNERS: dict[type[ast.stmt], Callable[..., End | None]] = {
    ast.Return: Statements._return,
    ast.Raise: Statements._raise,
    ast.Break: Statements._break,
    ast.Continue: Statements._continue,
    ast.Assign: Statements._assign,
    ast.AnnAssign: Statements._annotated,
    ast.AugAssign: Statements._augmented,
    ast.Expr: Statements._expression,
    ast.For: Statements._for,
    ast.AsyncFor: Statements._for,
    ast.While: Statements._while,
    ast.With: Statements._with,
    ast.AsyncWith: Statements._with,
    ast.Try: Statements._try,
    ast.TryStar: Statements._try,
    ast.Match: Statements._match,
    ast.FunctionDef: Statements._function,
    ast.AsyncFunctionDef: Statements._function,
    ast.ClassDef: Statements._class,
    ast.Import: Statements._import,
    ast.ImportFrom: Statements._import_from,
}

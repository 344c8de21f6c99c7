"""What comprehensions give."""

import ast
from collections.abc import Iterator

from trainstore.diff.architecture.reading.assignments import Assignments
from trainstore.diff.architecture.reading.operators import truth
from trainstore.diff.architecture.reading.values import Items, Scope, Table, Value, is_plain, text_of


class Comprehensions(Assignments):
    """Goes through comprehensions."""

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: Scope) -> Value:
        inner = Scope({}, scope)
        return Items([self.evaluate(node.elt, inner) for _ in self._rounds(node.generators, inner)])

    def dict_comprehension(self, node: ast.DictComp, scope: Scope) -> Value:
        inner = Scope({}, scope)
        table = {}
        for _ in self._rounds(node.generators, inner):
            key = self.evaluate(node.key, inner)
            table[key if is_plain(key) else text_of(key)] = self.evaluate(node.value, inner)
        return Table(table)

    def _rounds(self, generators: list[ast.comprehension], scope: Scope) -> Iterator[None]:
        """Yield once for each round of a comprehension, its names set; once in all where they cannot be counted."""
        if not generators:
            yield
            return
        first, *rest = generators
        for item in self.each(self.evaluate(first.iter, scope)):
            self.assign(first.target, item, scope)
            if all(truth(self.evaluate(test, scope)) is not False for test in first.ifs):
                yield from self._rounds(rest, scope)

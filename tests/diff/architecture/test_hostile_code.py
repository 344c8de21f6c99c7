"""Code that is made to crash, hang or deceive whoever reads it."""

import unicodedata

import pytest

from trainstore.cli.architecture_report import architecture_lines
from trainstore.diff.architecture.compare import compare_architectures
from trainstore.diff.architecture.from_code import read_architecture
from trainstore.diff.architecture.layer import Architecture
from trainstore.diff.architecture.summary import summarise
from trainstore.documents.architecture import of_architecture

HEAD = "import torch, copy\nfrom torch import nn\n"
SIGNATURE = "def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):\n"
TOO_LARGE = "The code is too large to read its architecture."


def function(body: str, before: str = "") -> str:
    return HEAD + before + SIGNATURE + "".join(f"    {line}\n" for line in body.splitlines())


def module(*lines: str) -> str:
    start = "class A(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    return start + "".join(f"        {line}\n" for line in lines)


UNREADABLE = {
    "nothing": "",
    "null bytes": "x = 1\0",
    "a syntax error": "def (",
    "ten megabytes": "x = 1\n" * 1_700_000,
    "parentheses": "(" * 5000 + ")" * 5000,
    "signs": "x = " + "-" * 90_000 + "1",
    "a sum": function("x = " + "1+" * 40_000 + "1\nreturn nn.Linear(1, x), {}"),
    "attributes": "x = a" + ".b" * 50_000,
    "calls": "f" + "()" * 40_000,
    "blocks": "".join(" " * depth + "if x:\n" for depth in range(95)) + " " * 95 + "pass\n",
    "a long number": function("return nn.Linear(" + "9" * 60_000 + ", 3), {}"),
    "a function that calls itself": function("return f(1)", "def f(x):\n    return f(x) + f(x) + f(x)\n"),
    "functions that call the next one three times": function(
        "return nn.Linear(f0(1), 1), {}",
        "".join(f"def f{i}(x):\n    return f{i + 1}(x) + f{i + 1}(x) + f{i + 1}(x)\n" for i in range(100)),
    ),
    "defaults that double": function(
        "return nn.Linear(f39(), 1), {}",
        "def f0(): return 1\n"
        + "".join(f"def f{i}(a=None): return (f{i - 1}(), f{i - 1}())\n" for i in range(1, 40)),
    ),
    "copies of copies": function(
        "m = nn.Linear(1, 1)\n"
        + "m = nn.Sequential(copy.deepcopy(m), copy.deepcopy(m))\n" * 60
        + "return m, {}"
    ),
    "containers in containers": function(
        "m = nn.Linear(1, 1)\nfor _ in range(900): m = nn.Sequential(m)\nreturn m, {}"
    ),
    "layers without end": function(
        "m, x = [], 10 ** 18\nwhile x > 0:\n    m.append(nn.Linear(x, x))\n    x -= 1\nreturn nn.Sequential(*m), {}"
    ),
    "classes that are their own bases": function(
        "return A(), {}", "class A(A): pass\nclass B(A, A): pass\nA = B\n"
    ),
}
READABLE = {
    "a long hexadecimal number": function("return nn.Linear(0x" + "f" * 60_000 + ", 3), {}"),
    "a range of 10**9": function("return nn.Sequential(*[nn.Linear(3, 3) for _ in range(10**9)]), {}"),
    "ranges of 10**9 in each other": function(
        "m = []\nfor a in range(10**9):\n    for b in range(10**9):\n        m.append(nn.ReLU())\n"
        "return nn.Sequential(*m), {}"
    ),
    "powers": function("return nn.Linear(2**10**9**9, 1 << 10**9), {}"),
    "long texts": function(
        "x, y, z = 'a' * 10**10, [0] * 10**10, (0,) * 10**10\nreturn nn.Linear(x, y, z), {}"
    ),
    "lists that double": function(
        "x = [1]\nfor _ in range(200):\n    x = x + x\n    x += x\n    x.extend(x)\nreturn nn.Linear(len(x), 1), {}"
    ),
    "tuples that double": function("a = (1, 1)\n" + "a = (a, a)\n" * 200 + "return nn.Linear(a, a == a), {}"),
    "names that double": function(
        "s = X_train\n" + "s = s + s\n" * 200 + "return nn.Linear(s, f'{s}{s}'), {}"
    ),
    "branches": function(
        "a = []\n"
        + "".join(
            f"if X_train.x{i}: a = a + [nn.Linear(1, {i})]\nelse: a = [nn.ReLU()]\n" for i in range(300)
        )
        + "return nn.Sequential(*a), {}"
    ),
    "a class within itself": function(
        "return A(), {}",
        module("self.me = self", "self.l = nn.ModuleList([self])", "self.l.append(self.l)")
        + "    def forward(self, x): return self.forward(self(x))\n",
    ),
    "classes within each other": function(
        "return A(), {}", module("self.b = B()") + module("self.a, self.c = A(), A()").replace("A(nn", "B(nn")
    ),
    "hostile names": function(
        "return A(), {}",
        module(
            r"self.add_module('\x1b[2J\n\u202e\ud800', nn.Linear(1, 2))",
            r"setattr(self, 'x' * 5000, nn.Linear('\x1b]0;t\x07', 2))",
        )
        + "    def forward(self, x): return x\n",
    ),
    "arguments that are none": function(
        "nn.Linear(*X_train, **y_train)\nnn.Sequential(1, {2: 3})\nnn.ModuleList(5)\nnn.ModuleDict([(1,)])\n"
        "nn.TransformerEncoder()\nnn.Parameter()\ntorch.zeros()\nsuper().x()\nint('1' * 50)\nrange(0, 1, 0)\n"
        "max()\n[][0]\n(1, 2)[5]\n{}['a']\n'a'.split('')\n'x' % 5\n1 / 0\n[1, 2][::0]\nint(float('nan'))\nlen()\n"
        "getattr(nn)\ndict([1])\nset([[1]])\n{[1]: 2}\n-'a'\n~1.5\nx = yield 5\nprint(*range(10**9))\n"
        "math.prod([10] * 1000)\n1 < 'a' < X_train\nx = {}\nx[x] = 1\nx[[1]] = 2\nx[(1, [2])] = 3\n"
        "l = [1]\nl[10**30] = 2\nl[:] = 3\ndel l\nreturn nn.Linear(1, 2), {}"
    ),
}


@pytest.mark.parametrize("code", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_said_in_a_sentence(code: str) -> None:
    read = read_architecture(code, {})
    assert read.model is None
    assert len(read.notes) == 1
    assert len(read.notes[0]) < 500
    check(read)


@pytest.mark.parametrize("code", READABLE.values(), ids=READABLE)
def test_what_is_odd_is_read_within_bounds(code: str) -> None:
    read = read_architecture(code, {})
    assert read.model is not None
    assert len(list(read.model.walk())) < 2000
    check(read)


def check(read: Architecture) -> None:
    """Whatever was read can be compared and shown, on a terminal too."""
    other = read_architecture(READABLE["hostile names"], {})
    for diff in (compare_architectures(read, read), compare_architectures(other, read)):
        summarise(diff)
        of_architecture(diff)
        shown = "".join(line for width in (40, 100) for line, _ in architecture_lines(diff, width))
        assert not [letter for letter in shown if unicodedata.category(letter) in ("Cc", "Cs", "Cf")]
    if read.model is not None:
        assert compare_architectures(read, read).unchanged


def test_layers_that_cannot_be_counted_are_not_counted() -> None:
    read = read_architecture(READABLE["a range of 10**9"], {})
    assert read.model is not None
    assert read.parameters is None
    assert [layer.condition for layer in read.model.children] == ["for each of range(0, 1000000000)"]

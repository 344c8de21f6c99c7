from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.errors import InvalidRecord, UsageError
from trainstore.records.search_space import Categorical, Dimension, Integer, Real
from trainstore.records.training_code import Signature, parse_code, plan_call, read_signature

FIVE = "X_train, y_train, X_val, y_val, device"
MANY = 100_000


def define(parameters: str) -> str:
    return f"def train_model({parameters}):\n    return None, {{}}\n"


@pytest.mark.parametrize(
    ("code", "signature"),
    [
        (define(FIVE), Signature((), (), False)),
        (define(f"{FIVE}, **hyperparams"), Signature((), (), True)),
        (define(f"{FIVE}, lr, epochs=5"), Signature(("lr", "epochs"), ("lr",), False)),
        (define(f"{FIVE}, lr=0.1, epochs=5, **kw"), Signature(("lr", "epochs"), (), True)),
        (define(f"{FIVE}, *, lr, epochs=5"), Signature(("lr", "epochs"), ("lr",), False)),
        (define(f"{FIVE}, a, *, b=1, c"), Signature(("a", "b", "c"), ("a", "c"), False)),
        (define("X_train, y_train, X_val, y_val, device='cpu', lr=1"), Signature(("lr",), (), False)),
        (define("X_train, y_train, X_val=None, y_val=None, device=None"), Signature((), (), False)),
        (define("X_train, y_train, X_val, y_val, /, device, lr"), Signature(("lr",), ("lr",), False)),
        (define(f"{FIVE}, *rest, lr=1"), Signature(("lr",), (), False)),
        (
            define("X_train: 'T', y_train: int, X_val, y_val, device: str, lr: float = 0.1"),
            Signature(("lr",), (), False),
        ),
        (define(FIVE) + define(f"{FIVE}, lr"), Signature(("lr",), ("lr",), False)),
        ("import torch\n@decorated\n" + define(FIVE), Signature((), (), False)),
    ],
    ids=range(13),
)
def test_the_hyperparameters_are_what_follows_the_device(code: str, signature: Signature) -> None:
    assert read_signature(code) == signature


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "defines no function train_model"),
        ("def train(X_train): pass", "defines no function train_model"),
        ("if True:\n    " + define(FIVE).replace("\n", "\n    "), "defines no function train_model"),
        (f"class Trainer:\n    def train_model(self, {FIVE}): pass", "defines no function train_model"),
        (f"async def train_model({FIVE}): pass", "defines no function train_model"),
        ("train_model = lambda *_: None", "defines no function train_model"),
        (define(""), r"takes \(\) first"),
        (define("X, y"), r"takes \(X, y\) first"),
        (define("X_train, y_train, X_val, y_val"), "first"),
        (define("y_train, X_train, X_val, y_val, device"), "first"),
        (define("*everything"), "first"),
        (define("X_train, y_train, X_val, y_val, *, device"), "first"),
        ("def train_model(", "syntax error at line 1"),
        ("x = 1\n  y = 2", "syntax error at line 2"),
        ("print 'python 2'", "syntax error at line 1"),
        ("x = '\0'", "null bytes"),
        ("x = '\ud800'", "cannot be parsed"),
        ("(" * MANY, "too many nested"),
        ("-" * MANY + "1", "nested too deeply|recursion|too complex"),
        ("1" + "+1" * MANY, "nested too deeply|recursion|too complex"),
        ("a" + ".b" * MANY, "nested too deeply|recursion|too complex"),
        ("x = " + "9" * 50_000, "syntax error"),
        ("#" * (10 * 1024 * 1024), "10485760 letters"),
    ],
    ids=range(23),
)
def test_code_that_cannot_be_called_is_refused(code: str, reason: str) -> None:
    with pytest.raises(InvalidRecord, match=reason) as raised:
        read_signature(code)
    assert len(raised.value.message) < 500


def test_what_python_would_warn_of_is_not_the_readers_concern() -> None:
    parse_code("pattern = '\\d'\nassert (1, 'always true')\nx = 1 is 1\n")


@given(
    st.text(st.characters(exclude_categories=()))
    | st.text("def train_model(X,*/=:)\n \t'\"\\#0", max_size=60)
)
def test_any_code_is_read_or_refused(code: str) -> None:
    with suppress(InvalidRecord):
        read_signature(code)


SPACE: dict[str, Dimension] = {
    "lr": Real(0.01, 0.001, 0.1),
    "layers": Integer(2, 1, 8),
    "bits": Categorical(32, [8, 16, 32]),
}
TAKES_ANY = Signature((), (), True)
TAKES_LR = Signature(("lr",), ("lr",), False)


@pytest.mark.parametrize(
    ("signature", "chosen", "call"),
    [
        (TAKES_ANY, {}, ({"lr": 0.01, "layers": 2, "bits": 32}, (), ())),
        (TAKES_ANY, {"lr": 0.05}, ({"lr": 0.05, "layers": 2, "bits": 32}, (), ())),
        (TAKES_ANY, {"lr": 5}, ({"lr": 5, "layers": 2, "bits": 32}, (), ("lr",))),
        (TAKES_ANY, {"bits": 4}, ({"lr": 0.01, "layers": 2, "bits": 4}, (), ("bits",))),
        (TAKES_ANY, {"own": "x"}, ({"lr": 0.01, "layers": 2, "bits": 32, "own": "x"}, (), ())),
        (TAKES_LR, {}, ({"lr": 0.01}, ("layers", "bits"), ())),
        (TAKES_LR, {"layers": 99}, ({"lr": 0.01}, ("layers", "bits"), ("layers",))),
        (
            Signature(("lr", "epochs"), ("epochs",), False),
            {"epochs": 3},
            ({"lr": 0.01, "epochs": 3}, ("layers", "bits"), ()),
        ),
        (Signature((), (), False), {}, ({}, ("lr", "layers", "bits"), ())),
    ],
    ids=range(9),
)
def test_defaults_are_overlaid_as_far_as_the_function_takes_them(
    signature: Signature, chosen: Mapping[str, Any], call: tuple[Any, ...]
) -> None:
    planned = plan_call(signature, SPACE, chosen)
    assert (planned.hyperparameters, planned.left_out, planned.out_of_range) == call


@pytest.mark.parametrize(
    ("signature", "space", "chosen", "reason", "hint"),
    [
        (TAKES_LR, SPACE, {"momentum": 0.9}, "no hyperparameter 'momentum'", "bits, layers, lr"),
        (Signature((), (), False), {}, {"lr": 1}, "no hyperparameter 'lr'", "none"),
        (TAKES_ANY, SPACE, {"device": "cpu"}, "'device' is an argument", ""),
        (TAKES_ANY, SPACE, {"X_train": 1}, "'X_train' is an argument", ""),
        (TAKES_ANY, SPACE, {"lr": float("inf")}, "'lr' is inf", ""),
        (TAKES_ANY, SPACE, {"layers": float("nan")}, "'layers' is nan", ""),
        (TAKES_LR, {}, {}, "needs a value for lr", "--set lr=VALUE"),
        (Signature(("a", "b"), ("a", "b"), False), SPACE, {}, "needs a value for a, b", "--set a=VALUE"),
    ],
    ids=range(8),
)
def test_what_cannot_be_called_is_a_usage_error(
    signature: Signature, space: dict[str, Dimension], chosen: Mapping[str, Any], reason: str, hint: str
) -> None:
    with pytest.raises(UsageError) as raised:
        plan_call(signature, space, chosen)
    assert reason in raised.value.message
    assert hint in raised.value.hint


def test_a_space_that_declares_the_device_does_not_pass_it_twice() -> None:
    planned = plan_call(TAKES_ANY, {"device": Categorical("cpu", ["cpu", "cuda"])}, {})
    assert (planned.hyperparameters, planned.left_out) == ({}, ("device",))

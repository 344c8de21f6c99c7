import sys
from pathlib import Path
from typing import Any

import pytest

from trainstore.generation.check_candidate import faults_of
from trainstore.generation.starters_catalogue import Starter, all_starters

HEAD = "def train_model(X_train, y_train, X_val, y_val, device, *, lr=0.1, epochs=1):\n"
SPACE: dict[str, Any] = {
    "lr": {"type": "Real", "default": 0.1, "low": 0.01, "high": 1.0},
    "epochs": {"type": "Integer", "default": 1, "low": 1, "high": 9},
}


def told(code: str, space: dict[str, Any] = SPACE) -> list[tuple[int | None, str]]:
    return [(fault.line, fault.what) for fault in faults_of(code, space)]


@pytest.mark.parametrize("starter", all_starters(), ids=lambda starter: starter.model_name)
def test_nothing_is_wrong_with_a_starter(starter: Starter) -> None:
    space = {name: dict(entry) for name, entry in starter.bo_config.items()}
    assert told(starter.training_code, space) == []


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("import subprocess", "the module subprocess starts programs"),
        ("from socket import create_connection", "the module socket uses the network"),
        ("import urllib.request", "the module urllib.request uses the network"),
        ("import os; os.system('ls')", "os.system starts or ends programs"),
        ("from os import execv", "os.execv starts or ends programs"),
        ("import os; os.environ['X']", "os.environ depends on the environment"),
        ("open('x', 'w')", "open() touches files"),
        ("eval('1')", "eval() runs text as code"),
        ("import torch; torch.save(1, 'x')", "torch.save() touches files"),
        ("import torch; torch.hub.load('a', 'b')", "torch.hub.load() downloads"),
        ("net = resnet(pretrained=True)", "pretrained=True downloads"),
        ("net = Model.from_pretrained('bert')", "Model.from_pretrained() downloads"),
        ("X_train.a().b.write_text('x')", "….b.write_text() touches files"),
        ("import sys; sys.exit(1)", "sys.exit() ends the process"),
        ("from . import other", "a relative import finds nothing"),
    ],
)
def test_what_does_not_belong_is_explained_with_its_line(body: str, what: str) -> None:
    (fault,) = told(f"{HEAD}    {body}\n")
    assert fault[0] == 2 and fault[1].startswith(what)


@pytest.mark.parametrize(
    "body",
    ["import os.path", "import torch; torch.compile(1)", "re = 1; re.open = 2", "model.eval()", "self.exit()",
     "import math, random, copy, collections, functools", "import numpy as np, torch.nn.functional as F"],
)  # fmt: skip
def test_what_training_needs_is_not_disliked(body: str) -> None:
    assert told(f"{HEAD}    {body}\n") == []


def test_imports_that_are_not_installed_are_named_and_nothing_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "beside_me.py").write_text("raise SystemExit")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    code = f"import beside_me, sklearn.cluster\nimport lightning_of_old as pl\nfrom nowhere.at import all\n{HEAD}    pass\n"
    assert told(code) == [
        (1, "the module beside_me is not installed"),
        (2, "the module lightning_of_old is not installed"),
        (3, "the module nowhere is not installed"),
    ]
    assert not {"beside_me", "sklearn.cluster"} & (set(sys.modules) - before)


@pytest.mark.parametrize(
    ("code", "space", "what"),
    [
        (f"{HEAD}    return (", SPACE, "syntax error"),
        ("x = 1", SPACE, "defines no function train_model"),
        ("def train_model(a, b): pass", SPACE, "takes (a, b) first"),
        (f"{HEAD}    pass", {}, "search_space is empty"),
        (f"{HEAD}    pass", {**SPACE, "depth": SPACE["epochs"]}, "does not take it"),
        (HEAD.replace("lr=0.1", "lr, size") + "    pass", SPACE, "needs a value for size"),
        (f"{HEAD}    pass", {"lr": {"type": "Float", "default": 1}}, "unknown type 'Float'"),
        (f"{HEAD}    pass", {"lr": {"type": "Real", "default": 9, "low": 0, "high": 1}}, "outside [0.0, 1.0]"),
    ],
)  # fmt: skip
def test_what_keeps_it_from_being_called_is_told(code: str, space: dict[str, Any], what: str) -> None:
    assert any(what in fault for _, fault in told(code, space))


def test_a_syntax_error_has_its_line_and_stands_alone() -> None:
    assert [line for line, _ in told(f"import subprocess\n{HEAD}    return (\n")] == [3]


def test_not_everything_is_told_at_once() -> None:
    assert len(told("import subprocess\n" * 100 + HEAD + "    pass\n")) == 12

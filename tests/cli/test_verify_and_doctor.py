"""How problems are told: on a terminal, as JSON, and by the exit code."""

import ast
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from trainstore.errors import IntegrityProblem
from trainstore.execution.survey import Survey
from trainstore.store.git.repository import Repository

Call = Callable[..., Any]
PATH = "generated_training_functions/numpy_array/Net/training_function_numpy_array_Net_1704067200.json"


class TestVerify:
    def test_a_sound_store(self, call: Call, in_store: Repository, save_versions: Any) -> None:
        save_versions(2)
        ended = call("verify")
        assert ended.code == 0
        assert ended.out.startswith("Checked ") and "2 versions" in ended.out and "all is well" in ended.out
        assert "checking records" in ended.err

    def test_one_of_a_kind_is_counted_as_one(
        self, call: Call, in_store: Repository, save_versions: Any
    ) -> None:
        save_versions(1)
        assert " 1 version, 0 runs, 0 checkpoints and 0 data sets: all is well." in call("verify").out

    def test_a_changed_record_exits_with_its_own_code_and_says_what_helps(
        self, call: Call, in_store: Repository, save_versions: Any, git: Callable[..., str]
    ) -> None:
        save_versions(1)
        (in_store.root / PATH).write_text("{")
        git(in_store, "commit", "--quiet", "--all", "--message", "by hand")
        ended = call("verify")
        assert ended.code == IntegrityProblem.exit_code == 23
        assert "error [record]" in ended.out and PATH in ended.out and "git checkout" in ended.out
        assert "1 problem" in ended.err and "Traceback" not in ended.err
        told = call("verify", "--json")
        assert told.code == 23
        assert told.document["ok"] is False
        assert [problem["kind"] for problem in told.document["problems"]] == ["record"]

    def test_a_warning_is_told_and_exits_with_nothing(
        self, call: Call, in_store: Repository, save_versions: Any
    ) -> None:
        save_versions(1)
        (in_store.root / PATH).unlink()
        ended = call("verify")
        assert ended.code == 0
        assert "warning [deleted]" in ended.out and "see above" in ended.out
        assert call("verify", "--json").document["ok"] is True

    def test_of_many_problems_of_one_kind_a_person_sees_the_first(
        self, call: Call, in_store: Repository, save_versions: Any
    ) -> None:
        for path in save_versions(14):
            (in_store.root / path).unlink()
        ended = call("verify")
        assert ended.out.count("was deleted by hand") == 10
        assert "warning [deleted]: 4 more" in ended.out
        assert len(call("verify", "--json").document["problems"]) == 14

    def test_content_says_how_much_was_read(self, call: Call, in_store: Repository) -> None:
        assert "0 B of them read" in call("verify", "--content").out

    def test_on_a_terminal_the_count_is_shown(
        self, call: Call, in_store: Repository, save_versions: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        save_versions(3)
        terminal = SimpleNamespace(stderr=SimpleNamespace(isatty=lambda: True))
        monkeypatch.setattr("trainstore.cli.verify_command.sys", terminal)
        monkeypatch.setattr("trainstore.cli.verify_command._SECONDS_BETWEEN_COUNTS", 0)
        assert "3 of 3" in call("verify").err


class TestDoctor:
    @pytest.fixture(autouse=True)
    def no_worker(self, monkeypatch: pytest.MonkeyPatch) -> None:
        devices = (
            {"name": "cuda:0", "hardware": "A GPU\x1b[31m", "memory_bytes": 80_000_000_000},
            {"name": "cpu", "hardware": "A processor", "memory_bytes": None},
        )
        missing = {"landlock": "this kernel has\x1b[31m none"}
        found = Survey({"level": "weak", "layers": ["wall_limit"], "missing": missing}, devices, "")
        monkeypatch.setattr("trainstore.execution.survey.survey_machine", lambda: found)

    def test_what_is_here(self, call: Call, in_store: Repository) -> None:
        ended = call("doctor")
        assert ended.code == 0
        assert "without landlock: this kernel has none" in ended.out
        assert "weak: wall_limit" in ended.out and "cuda:0: A GPU" in ended.out and "80.0 GB" in ended.out
        assert str(in_store.root) in ended.out
        assert "\x1b" not in ended.out
        assert "warning [sandbox]" in ended.out

    def test_outside_of_a_store(self, call: Call, tmp_path: Path) -> None:
        ended = call("doctor", "--store", tmp_path)
        assert ended.code == 0
        assert "none here" in ended.out
        assert call("doctor", "--store", tmp_path, "--json").document["store"] is None

    def test_what_will_not_work_exits_with_one(self, call: Call, in_store: Repository) -> None:
        (in_store.root / ".gitignore").unlink()
        ended = call("doctor")
        assert ended.code == 1
        assert "error [set-up]" in ended.out and "trainstore init" in ended.out
        assert "1 thing will not work" in ended.err
        document = call("doctor", "--json").document
        assert document["ok"] is False
        assert document["problems"][0]["severity"] == "error"

    def test_a_folder_that_is_not_there(self, call: Call, tmp_path: Path) -> None:
        ended = call("doctor", "--store", tmp_path / "none")
        assert ended.code == 10
        assert "none" in ended.err


def test_every_kind_of_problem_is_documented() -> None:
    root = Path(__file__).parents[2]
    page = (root / "docs/integrity.md").read_text()
    documented = {
        name
        for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
        for name in re.findall("`(.*?)`", row)
    }
    used = set()
    for file in (root / "trainstore/workflows").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            named = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem"
            )
            if named and isinstance(node.args[0], ast.Constant):
                used.add(node.args[0].value)
    assert len(used) > 25
    assert used | {"new", "edited", "deleted", "record", "run"} == documented

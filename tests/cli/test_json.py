import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import numpy as np
import pytest
from json_contract import DOCUMENTS, check, strictly

from trainstore.api import Store
from trainstore.cli.app import app
from trainstore.cli.output import print_json
from trainstore.documents.runs import of_rerun, of_run
from trainstore.store.git.repository import Repository
from trainstore.web.application import PAGES
from trainstore.workflows.run import RunResult

Call = Callable[..., Any]
CODE = "def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):\n    return {}\n"


def test_every_command_with_json_is_documented() -> None:
    plain = set(_with_json(click.Context(app)))
    variants = {
        "show RUN",
        "studies STUDY",
        "list --grep",
        "generate --dry-run",
        "history --tree",
        "history --graph",
        "rerun --all",
        "rerun --since",
        "doctor --attack",
    }
    pages = {f"{page}.json" for page in PAGES} | {"error"}
    assert plain | variants | pages == DOCUMENTS


def _with_json(context: click.Context, above: str = "") -> Iterator[str]:
    """Yield each command that has the option, by its words."""
    group = context.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _with_json(click.Context(command), f"{name} ")
        elif command and any(option.name == "as_json" for option in command.params):
            yield f"{above}{name}"


@pytest.fixture(scope="module")
def template(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three versions of a function, and files beside it; to be copied."""
    folder = tmp_path_factory.mktemp("filled")
    shutil.copytree(empty_store, folder / "store", symlinks=True)
    record = {
        "model_name": "Net",
        "bo_config": {"lr": {"default": 0.1, "type": "Real", "low": 0.01, "high": 1.0}},
        "data_profile": {"data_type": "numpy_array"},
    }
    for number in range(3):
        Store.open(folder / "store").save(
            {**record, "training_code": CODE + "#" * number, "timestamp": 1704067200 + number}
        )
    (folder / "store/x.json").write_text(json.dumps({**record, "model_name": "Other", "training_code": CODE}))
    (folder / "store/bad.json").write_text("{")
    np.savez(folder / "store/table.npz", X=np.arange(120.0).reshape(30, 4), y=np.arange(30) % 3)
    return folder / "store"


@pytest.fixture
def filled(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    shutil.copytree(template, tmp_path / "filled", symlinks=True)
    monkeypatch.chdir(tmp_path / "filled")
    return Store.open(tmp_path / "filled").repository


@pytest.mark.parametrize(
    ("arguments", "page", "code"),
    [
        (["init"], "init", 0),
        (["status"], "status", 0),
        (["save", "x.json"], "save", 0),
        (["save", "x.json", "bad.json"], "save", 3),
        (["save", "bad.json"], "save", 13),
        (["save", "--all"], "save", 0),
        (["import", "."], "import", 3),
        (["generate", "--data", "table.npz"], "generate", 0),
        (["generate", "--data", "table.npz", "--dry-run"], "generate --dry-run", 0),
        (["report", "Net@2", "--out", "net.html"], "report", 0),
        (["list"], "list", 0),
        (["list", "--limit", "1", "--offset", "7"], "list", 0),
        (["list", "--grep", "train_model"], "list --grep", 0),
        (["show", "Net"], "show", 0),
        (["history"], "history", 0),
        (["history", "Net", "--limit", "1"], "history", 0),
        (["history", "Net", "--tree"], "history --tree", 0),
        (["history", "Net", "--graph"], "history --graph", 0),
        (["diff", "Net@1", "Net@3"], "diff", 0),
        (["diff", "Net"], "diff", 0),
        (["runs"], "runs", 0),
        (["studies"], "studies", 0),
        (["profile", "table.npz"], "profile", 0),
        (["data", "add", "table", "table.npz"], "data add", 0),
        (["data", "list"], "data list", 0),
        (["verify"], "verify", 0),
        (["rollback", "Net", "@1"], "rollback", 0),
        (["rollback", "Net", "@3"], "rollback", 0),
        (["restore", "Net@1"], "restore", 0),
        (["undo"], "undo", 0),
        (["prune", "--keep-last", "1", "--dry-run"], "prune", 0),
        (["prune", "--keep-last", "1", "--yes"], "prune", 0),
        (["prune", "--adopt", "--yes"], "prune", 0),
        (["reclaim", "--now", "--dry-run"], "reclaim", 0),
        (["reclaim", "--yes"], "reclaim", 0),
        (["du"], "du", 0),
        (["du", "Net"], "du", 0),
        (["pin", "Net"], "pin", 0),
        (["unpin", "Net"], "unpin", 0),
        pytest.param(["doctor"], "doctor", 0, marks=pytest.mark.slow),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_command_prints_one_object_as_documented(
    filled: Repository, call: Call, arguments: list[str], page: str, code: int
) -> None:
    ended = call(*arguments, "--json")
    assert ended.code == code, ended.err
    check(strictly(ended.out), page)
    assert (ended.err != "") == (code != 0 or arguments[0] == "verify")


@pytest.mark.parametrize("arguments", [["push", "--dry-run"], ["push"], ["pull", "--dry-run"], ["pull"]])
def test_what_is_shared_is_told_as_documented(
    filled: Repository, call: Call, git: Callable[..., str], tmp_path: Path, arguments: list[str]
) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    git(filled, "remote", "add", "origin", tmp_path / "remote.git")
    if arguments[0] == "pull":
        call("push")
    ended = call(*arguments, "--json")
    assert ended.code == 0, ended.err
    check(strictly(ended.out), arguments[0])


def test_pinned_data_is_told_as_documented(filled: Repository, call: Call) -> None:
    call("data", "add", "table", "table.npz")
    check(strictly(call("data", "list", "--json").out), "data list")
    check(strictly(call("data", "remove", "table", "--json").out), "data remove")


@pytest.mark.parametrize("page", ["list", "history", "runs", "studies", "save"])
def test_nothing_to_tell_is_an_object_too(in_store: Repository, call: Call, page: str) -> None:
    ended = call(page, *(["--all"] if page == "save" else []), "--json")
    assert ended.code == 0
    check(strictly(ended.out), page)


def test_what_is_counted_and_named_is_right(filled: Repository, call: Call, git: Callable[..., str]) -> None:
    (function,) = call("list", "--json").document["functions"]
    assert (function["function"], function["version"], function["versions"]) == ("numpy_array/Net", 3, 3)
    assert (function["confidence"], function["bo_parameters"], function["runs"]) == (None, ["lr"], 0)
    assert function["commit"] == git(filled, "rev-parse", "HEAD")
    shown = call("show", "Net@2", "--json").document
    assert shown["record"]["training_code"] == CODE + "#"
    rolled = call("rollback", "Net", "@1", "--json").document
    assert (rolled["function"], rolled["current"], len(rolled["removed"])) == ("numpy_array/Net", 1, 2)
    assert rolled["commit"] == git(filled, "rev-parse", "HEAD")
    event = call("history", "--json", "--limit", "1").document["events"][0]
    assert (event["action"], event["version"], event["commit"]) == ("rollback", 1, rolled["commit"])
    assert call("rollback", "Net", "@1", "--json").document["commit"] is None


def test_text_of_any_kind_survives(in_store: Repository, call: Call, make_record: Callable[..., Any]) -> None:
    name = 'é 😀 "\\\n\t\x00\x1b[31m\u202e\u2028'
    Store(in_store).save(make_record(name, CODE, note="\ud800").record.content)
    (function,) = strictly(call("list", "--json").out)["functions"]
    assert function["model_name"] == name
    assert strictly(call("show", function["path"], "--json").out)["record"]["note"] == "\ud800"


@pytest.mark.slow
class TestRuns:
    def test_runs_and_logs_are_as_documented(
        self, trained_store: Repository, trained: Any, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(trained_store.root)
        ended = call("runs", "--json")
        document = strictly(ended.out)
        check(document, "runs")
        assert [run["run_id"] for run in document["runs"]] == [trained.run_id, trained.rerun_id]
        assert [run["version"] for run in document["runs"]] == [2, 2]
        assert set(document["runs"][0]["checkpoint"]) == {"path", "md5", "bytes"}
        assert ended.err == ""
        assert document["runs"][0]["model"]["modules"]
        check(strictly(call("show", trained.run_id, "--json").out), "show RUN")
        check(strictly(call("logs", trained.run_id, "--json").out), "logs")
        check(strictly(call("diff", "Tiny@1", "Tiny@2", "--json").out), "diff")
        runs = strictly(call("diff", trained.run_id, trained.rerun_id, "--json").out)
        check(runs, "diff")
        assert runs["runs"]["old"]["run_id"] == trained.run_id

    def test_a_rerun_is_as_documented(self, trained_store: Repository, trained: Any) -> None:
        opened = Store(trained_store)
        result = RunResult(opened.run_record(trained.rerun_id), opened.version("Tiny@2"), "c" * 40)
        document = of_rerun(result)
        check(document, "rerun")
        assert (document["verdict"], document["original"]) == ("identical", trained.run_id)

    def test_what_left_the_tree_is_as_documented(
        self, trained_store: Repository, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(trained_store.root)
        call("prune", "--keep-last", "1", "--yes")
        for arguments, page in [
            (["du"], "du"),
            (["reclaim", "--dry-run"], "reclaim"),
            (["reclaim", "--now", "--yes"], "reclaim"),
        ]:
            document = strictly(call(*arguments, "--json").out)
            check(document, page)
            assert document.get("left") or document.get("kept") or document["removed"]

    def test_numbers_that_json_has_no_form_for_are_null(
        self, trained_store: Repository, trained: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        opened = Store(trained_store)
        run = msgspec.structs.replace(
            opened.run_record(trained.run_id), curves={"loss": [1.0, float("nan"), float("inf")]}
        )
        print_json(of_run(run, opened.version("Tiny@2"), "c" * 40))
        assert strictly(capsys.readouterr().out)["curves"] == {"loss": [1.0, None, None]}

    def test_a_run_and_a_rerun_that_fail_print_their_object_and_one_sentence(
        self, in_store: Repository, call: Call, make_record: Callable[..., Any]
    ) -> None:
        code = CODE.replace("return {}", "print('working'); raise ValueError('no such layer')")
        Store(in_store).save(make_record("Net", code, bo_config={}).record.content)
        ended = call("run", "Net", "--data", "sklearn:iris", "--device", "cpu", "--json")
        assert ended.code == 20
        run = strictly(ended.out)
        check(run, "run")
        assert (run["outcome"], run["error"]["type"]) == ("failed", "ValueError")
        assert set(run["error"]) == {"type", "message", "traceback"}
        assert "Error: The run failed: ValueError: no such layer." in ended.err
        assert f"trainstore logs {run['run_id']}" in ended.err
        assert "  working\n" in ended.err
        assert "Traceback" not in ended.err
        again = call("rerun", run["run_id"], "--json")
        assert again.code == 20
        document = strictly(again.out)
        check(document, "rerun")
        assert document["verdict"] == "not comparable"
        assert "  reason      ValueError: no such layer\n" in call("show", run["run_id"]).out
        logs = call("logs", run["run_id"])
        assert logs.out == "working\n"
        assert logs.err.startswith("Traceback") and "no such layer" in logs.err

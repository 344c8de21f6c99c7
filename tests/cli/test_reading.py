"""What the commands tell a person."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from trainstore.api import Store
from trainstore.cli.run_report import print_run, print_verdict
from trainstore.cli.tree_report import report_tree_change
from trainstore.records.run_record import encode_run
from trainstore.store.git.changes import Commit, Write
from trainstore.store.git.repository import Repository
from trainstore.store.messages import run_message
from trainstore.store.writing.transaction import commit_changes
from trainstore.wording.values import ago, byte_size, counted, number, short_json
from trainstore.workflows.restore import RestoreResult
from trainstore.workflows.run import RunResult
from trainstore.workflows.run_files import CheckpointFolders

Call = Callable[..., Any]
Make = Callable[..., Any]
CODE = "def train_model(X_train, y_train, X_val, y_val, device, **hyperparams):\n    return {}\n"
SPACE = {
    "lr": {"default": 0.001, "type": "Real", "low": 1e-6, "high": 0.1, "prior": "log-uniform"},
    "bits": {"default": 32, "type": "Categorical", "categories": [8, 16, 32]},
}


@pytest.fixture
def told(in_store: Repository, make_record: Make, call: Call) -> Callable[..., str]:
    """What a command prints in a store with two versions, its commit ids and times left out."""
    opened = Store(in_store)
    for number_, model in enumerate(("gpt-5", "other")):
        opened.save(
            make_record(
                "Net", CODE + "# more\n" * number_, 1704067200 + number_, confidence=0.5 + number_ / 4,
                metadata={"generated_by": "AI Code Generator", "version": "1.0", "api_model": model},
                bo_config=SPACE, data_profile={"data_type": "numpy_array", "shape": [9, 4], "label_count": 3},
            ).record.content
        )  # fmt: skip

    def tell(*arguments: str) -> str:
        ended = call(*arguments)
        assert ended.code == 0, ended.err
        text = re.sub(r"\b[0-9a-f]{10}\b", "COMMIT", str(ended.out))
        return re.sub(r"\d+ (s|months?|years?) ago|\bnow\b", "AGO", text)

    return tell


def test_list(told: Callable[..., str]) -> None:
    header, row = told("list").strip().split("\n")
    assert header.split() == ["FUNCTION", "VERSIONS", "RUNS", "CONFIDENCE", "SAVED", "HYPERPARAMETERS"]
    assert row.split() == ["numpy_array/Net@2", "2", "0", "0.75", "AGO", "lr,", "bits"]


def test_list_grep(told: Callable[..., str]) -> None:
    assert told("list", "--grep", "more|return") == (
        "numpy_array/Net@1:2: return {}\nnumpy_array/Net@2:2: return {}\nnumpy_array/Net@2:3: # more\n"
    )


def test_an_end_that_was_passed_is_no_empty_store(
    in_store: Repository, call: Call, make_record: Make
) -> None:
    Store(in_store).save(make_record("Net", CODE).record.content)
    for command in ("list", "runs", "studies", "history", "list --grep nothing"):
        ended = call(*command.split(), "--offset", "9", "--limit", "2")
        assert (ended.code, ended.out) == (0, "")
        assert ended.err == "The list ends before this part; leave out fewer with: --offset N\n"


def test_show(told: Callable[..., str]) -> None:
    assert told("show", "Net@1") == (
        "numpy_array/Net@1\n"
        "  saved       2024-01-01T00:00:00Z (AGO), commit COMMIT\n"
        "  confidence  0.5\n"
        "  made by     AI Code Generator 1.0 gpt-5\n"
        "  data        numpy_array [9, 4], 3 classes\n"
        "\n"
        "HYPERPARAMETER  TYPE         DEFAULT  RANGE\n"
        "lr              Real         0.001    1e-06 to 0.1, log-uniform\n"
        "bits            Categorical  32       [8, 16, 32]\n"
        "\n" + CODE + "\n"
    )


def test_diff(told: Callable[..., str]) -> None:
    text = told("diff", "Net~1", "Net")
    assert text.startswith(
        "numpy_array/Net@1 → numpy_array/Net@2\n\nArchitecture (read from the code): not known\n"
    )
    assert "\n\nCode: +1 −0 lines\n" in text
    assert "\n+# more" in text
    assert text.endswith(
        "\n\nMetrics: there is no successful run of numpy_array/Net@1 nor of numpy_array/Net@2\n"
        "\nThe same: search space, data profile\n"
    )


def test_rollback_restore_and_undo(told: Callable[..., str]) -> None:
    path = "generated_training_functions/numpy_array/Net/training_function_numpy_array_Net_1704067201.json"
    assert (
        told("rollback", "Net", "@1") == f"numpy_array/Net@1 is current again (commit COMMIT).\n  - {path}\n"
    )
    assert told("rollback", "Net", "@1") == "numpy_array/Net@1 is current already; nothing to do.\n"
    assert "no longer in the tree" in told("show", "Net@2")
    assert told("undo") == (
        f"Undid: rollback numpy_array/Net to numpy_array/Net@1 (commit COMMIT).\n  + {path}\n"
    )
    assert told("restore", "Net@2") == "numpy_array/Net@2 is in the tree already; nothing to do.\n"
    told("undo")
    assert told("restore", "Net@2").startswith(
        "numpy_array/Net@2 is back; current is numpy_array/Net@2 (commit COMMIT).\n"
    )


def test_the_files_of_a_run_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    files = ("run.json", "checkpoint.dvc", "study.json")
    runs = [f"training_runs/a/Net/2024010{number}T000000Z-000000" for number in range(30)]
    paths = tuple(f"{run}/{file}" for run in runs for file in files)
    record = "generated_training_functions/a/Net/training_function_a_Net_1.json"
    change = RestoreResult("c" * 40, None, None, 1, (record, *paths), (), CheckpointFolders())  # type: ignore[arg-type]
    report_tree_change(change, "Back", None, as_json=False)
    first, *lines = capsys.readouterr().out.splitlines()
    assert first == "Back (commit cccccccccc)."
    assert lines[:3] == [f"  + {record}", f"  + {runs[0]}/", f"  + {runs[1]}/"]
    assert lines[20:] == ["  … 11 more; all files: git show --stat cccccccccc"]


def test_pins(told: Callable[..., str]) -> None:
    assert told("pin", "Net@1") == "numpy_array/Net@1 is pinned (commit COMMIT).\n"
    assert told("pin", "Net@1") == "numpy_array/Net@1 is pinned already; nothing to do.\n"
    assert "pinned" in told("show", "Net@1") and "pinned" not in told("show", "Net@2")
    assert told("unpin", "Net@1") == "numpy_array/Net@1 is not pinned any more (commit COMMIT).\n"
    assert told("unpin", "Net@1") == "numpy_array/Net@1 was not pinned; nothing to do.\n"


def test_status(told: Callable[..., str], in_store: Repository) -> None:
    assert told("status") == (
        f"Store {in_store.root} on main\n1 function, 2 versions, 0 runs\nNothing was changed by hand.\n"
    )
    (in_store.root / "generated_training_functions/x.json").write_text("{}")
    assert (
        "\n\nNew records, not saved yet (trainstore save --all):\n  generated_training_functions/x.json\n"
        in told("status")
    )


def test_saves(told: Callable[..., str], in_store: Repository) -> None:
    (in_store.root / "code.py").write_text(CODE)
    assert told("save", "code.py", "--name", "Net") == "Saved numpy_array/Net@3 (commit COMMIT).\n"
    assert told("save", "code.py", "--name", "Net") == "Unchanged: numpy_array/Net@3 is there already.\n"
    assert told("import", "generated_training_functions").count("Unchanged: ") == 3


def test_that_there_was_nothing_to_save_is_told(in_store: Repository, call: Call, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert call("save", "--all").err == "Nothing was saved: no new record is there.\n"
    assert call("import", tmp_path / "empty").err == "Nothing was imported: no new record is there.\n"
    assert call("save", "--all", "--json").err == ""


def test_history_can_be_narrowed(told: Callable[..., str]) -> None:
    def subjects(*arguments: str) -> list[str]:
        lines = told("history", *arguments).strip().split("\n")[1:]
        return [line[line.index("Tess Ter") + 10 :] for line in lines]

    second, first = "save numpy_array/Net (confidence 0.75)", "save numpy_array/Net (confidence 0.50)"
    assert subjects() == [second, first, "init trainstore"]
    assert subjects("Net") == subjects("--action", "save") == [second, first]
    assert subjects("--min-confidence", "0.6") == subjects("--model", "other") == [second]
    assert subjects("--limit", "1", "--offset", "1") == [first]
    assert subjects("--since", "1h", "--until", "0s") == subjects("--author", "tess") == subjects()
    assert subjects("--since", "2001-01-01", "--until", "2002-01-01T00:00:00Z") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_of_a_shell_is_printed(told: Callable[..., str], shell: str) -> None:
    assert "_TRAINSTORE_COMPLETE" in told("completion", shell)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("trainstore ro", ["rollback"]),
        ("trainstore show N", ["Net"]),
        ("trainstore show numpy_array/", ["numpy_array/Net"]),
        ("trainstore show Net@", ["Net@1", "Net@2"]),
        ("trainstore diff Net@1 Net@2", ["Net@2"]),
        ("trainstore rollback Net @", ["@1", "@2"]),
        ("trainstore --store . show Ne", ["Net"]),
        ("trainstore show nothing", []),
        ("trainstore rerun 2", []),
    ],
)
def test_words_are_completed(
    told: Callable[..., str], call: Call, monkeypatch: pytest.MonkeyPatch, typed: str, found: list[str]
) -> None:
    monkeypatch.setenv("_TRAINSTORE_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", "")  # bash ends words nowhere but at spaces
    ended = call()
    assert [line.partition(",")[2] for line in ended.out.split()] == found
    assert ended.err == ""


def test_times_are_ages_or_dates(told: Callable[..., str]) -> None:
    assert "2024-01-01T00:00:01Z" in told("list", "--dates") and "AGO" in told("list")
    assert re.search(r"COMMIT +20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", told("history", "--dates"))
    assert re.search("COMMIT +AGO", told("history"))


def test_numbers_are_told_to_people() -> None:
    assert [byte_size(size) for size in (0, 999, 1000, 1_500_000, 2 * 10**9, 10**13)] == [
        "0 B", "999 B", "1.0 KB", "1.5 MB", "2.0 GB", "10.0 TB",
    ]  # fmt: skip
    assert [number(value) for value in (None, 0.0, 0.12345678, 1e-9, 3, True)] == [
        "",
        "0",
        "0.1235",
        "1e-09",
        "3",
        "True",
    ]
    assert [counted(count, "run") for count in (0, 1, 2)] == ["0 runs", "1 run", "2 runs"]
    now = 1_700_000_000.0
    ages = [0.0, 5, 65, 3700, 90_000, 40 * 86400.0, 800 * 86400.0, -100]
    assert [ago(now - age, now) for age in ages] == [
        "now", "5 s ago", "1 min ago", "1 h ago", "1 d ago", "1 month ago", "2 years ago", "on 2023-11-14",
    ]  # fmt: skip
    assert short_json(list(range(20))) == "[0, 1, 2, 3, 4, 5, … 20 in all]"


@pytest.mark.slow
class TestRuns:
    def test_a_run_is_told_with_where_it_is_kept(
        self, trained_store: Repository, trained: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        opened = Store(trained_store)
        run = opened.run_record(trained.run_id)
        print_run(RunResult(run, opened.version("Tiny@2"), "c" * 40))
        text = capsys.readouterr().out
        assert text.startswith(
            f"numpy_array/Tiny@2  succeeded\n  run         {run.run_id} (commit cccccccccc)\n"
        )
        assert re.search(r"\n  on          cpu, 1 thread, [\d.]+ s, sandbox \w+\n  claimed     loss ", text)
        assert re.search(r"\n  scored      accuracy [\d.]+, macro_f1 ", text)
        assert f"\n  checkpoint  training_runs/numpy_array/Tiny/{run.run_id}/checkpoint (" in text

    def test_a_verdict_is_told_with_its_reasons(
        self, trained_store: Repository, trained: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        rerun = Store(trained_store).run_record(trained.rerun_id)
        print_verdict(rerun)
        assert capsys.readouterr().out == f"  verdict     identical to run {trained.run_id}\n"
        print_verdict(
            msgspec.structs.replace(
                rerun,
                verdict="equivalent",
                causes=["torch: 2.6 → 2.7"],
                clocks=["claimed_metrics.time"],
                differences=[{"what": "claimed_metrics.loss", "original": 1.0, "rerun": 1.0001}],
                tolerance={"relative": 1e-3, "absolute": 1e-4},
            )
        )
        text = capsys.readouterr().out
        assert "equivalent" in text and "cause: torch: 2.6 → 2.7" in text and "claimed_metrics.loss" in text
        assert "claimed_metrics.time" in text and "relative 0.001, absolute 0.0001" in text
        digests = {"what": "weights_digest", "original": f"sha256:{'a' * 64}", "rerun": f"sha256:{'b' * 64}"}
        click = {"what": "click", "original": "8.1", "rerun": None, "cause": False}
        different = msgspec.structs.replace(
            rerun, verdict="different", differences=[digests], environment_changes=[click]
        )
        print_verdict(different)
        text = capsys.readouterr().out
        assert f"verdict     different from run {rerun.rerun_of}\n    cause: nothing" in text
        beside = "not the same either: 1 package that the code does not import: click 8.1 → none"
        assert f"\n    {beside}\n" in text
        assert "different from run" in text and "cause: nothing that was recorded" in text
        assert f"weights_digest: sha256:{'a' * 12}… → sha256:{'b' * 12}…\n" in text
        failed = {"what": "outcome", "original": "failed", "rerun": "failed"}
        print_verdict(msgspec.structs.replace(rerun, verdict="not comparable", differences=[failed]))
        text = capsys.readouterr().out
        assert "not comparable with run" in text and "the original did not succeed: failed" in text

    def test_runs_and_logs(
        self, trained_store: Repository, trained: Any, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(trained_store.root)
        header, first, second = call("runs").out.strip().split("\n")
        assert header.split() == ["RUN", "VERSION", "OUTCOME", "DEVICE", "SCORE", "VERDICT", "CLAIM", "WHEN"]
        assert first.split()[:4] == [trained.run_id, "numpy_array/Tiny@2", "succeeded", "cpu"]
        assert second.split()[5] == "identical"
        assert call("runs", "Tiny").out == call("runs").out
        assert call("runs", "--limit", "1").out.strip().split("\n")[1:] == [second]
        for older in (["--limit", "1", "--offset", "1"], ["--offset", "1"]):
            assert [run["run_id"] for run in call("runs", *older, "--json").document["runs"]] == [
                trained.run_id
            ]
        ended = call("runs", "Tiny@3")
        assert (ended.out, ended.err.split(".")[0]) == ("", "Tiny@3 has no run yet")
        assert call("logs", trained.run_id).out.startswith("environment: ")
        assert call("logs", trained.run_id[:-3]).out == call("logs", trained.run_id).out

    def test_the_status_of_a_clone_counts_the_checkpoints_that_it_has_not(
        self, trained_store: Repository, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(trained_store.root)
        for run in Store(trained_store).runs():
            shutil.rmtree(trained_store.root / run.folder / "checkpoint")
        assert call("status").out.endswith(
            "\nNothing was changed by hand.\n\n2 checkpoints are not in the work tree; commands get what they need. "
            "To have them all there: trainstore pull --checkpoints, then dvc checkout\n"
        )

    def test_many_runs_cost_no_more_questions_to_git_than_few(
        self, trained_store: Repository, trained: Any, call: Call, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[object] = []
        real = subprocess.run
        monkeypatch.setattr(
            subprocess, "run", lambda *given, **named: asked.append(given) or real(*given, **named)
        )
        monkeypatch.chdir(trained_store.root)
        numbers = []
        for number_ in range(2):
            Store.open(trained_store.root).runs()  # the index is up to date
            asked.clear()
            assert len(call("runs", "--json").document["runs"]) == 2 + 30 * number_
            numbers.append(len(asked))
            repeat_run(Store(trained_store), trained.run_id, 30)
        assert 0 < numbers[1] == numbers[0]


def repeat_run(store: Store, run_id: str, times: int) -> None:
    """Commit a run again under other ids, as if it had been made so many times."""
    run, version = store.run_record(run_id), store.version("Tiny@2")
    commits = []
    for number_ in range(times):
        again = msgspec.structs.replace(run, run_id=f"20240101T000000Z-{number_:06x}", checkpoint=None)
        folder = f"training_runs/numpy_array/Tiny/{again.run_id}"
        message = run_message(again, version, folder, 0.5)
        commits.append(Commit(message, (Write(f"{folder}/run.json", encode_run(again)),)))
    commit_changes(store.repository, lambda _: commits)


def test_a_store_can_be_named_from_elsewhere(
    store: Repository, make_record: Make, call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store(store).save(make_record("Net", CODE).record.content)
    monkeypatch.chdir(tmp_path)
    relative = os.path.relpath(store.root, tmp_path)
    for folder in (relative, str(store.root), str(store.root / "generated_training_functions")):
        assert "numpy_array/Net@1" in call("list", "--store", folder).out

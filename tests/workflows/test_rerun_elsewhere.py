"""Reruns of what other machines made: what was not as it had been is named."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.cli.run_report import print_verdict
from trainstore.errors import NotFound, UsageError
from trainstore.execution import runtime
from trainstore.execution.runtime import PORTABLE_ARITHMETIC, why_not_portable
from trainstore.store.git.repository import Repository, find_store
from trainstore.workflows.run import Listener
from trainstore.workflows.run_options import RerunOptions, RunOptions

Git = Callable[..., str]

CODE = """
import os
import torch

def train_model(X_train, y_train, X_val, y_val, device):
    try:
        import shades
        shade = shades.VALUE
    except ImportError:
        shade = 0
    for name in ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_CBWR"):
        print(name, os.environ.get(name))
    print("capability", torch.backends.cpu.get_cpu_capability())
    many = torch.rand(3_000_001)
    total = torch.dot(many, many).item()  # in which order it adds depends on the threads
    return torch.nn.Linear(X_train.shape[1], 3), {"total": total, "shade": shade}
"""


@pytest.fixture(scope="module")
def ran(empty_store: Path, tmp_path_factory: pytest.TempPathFactory, make_record: Any) -> Path:
    """A store whose newest commit is a run; to be copied."""
    root = tmp_path_factory.mktemp("ran") / "store"
    shutil.copytree(empty_store, root, symlinks=True)
    store = Store.open(root)
    store.save(make_record("Net", CODE, bo_config={}).record.content)
    assert store.run("Net", RunOptions("sklearn:wine", device="cpu")).record.outcome == "succeeded"
    return root


@pytest.fixture
def made_elsewhere(ran: Path, tmp_path: Path, git: Git) -> Callable[..., Store]:
    """Make a store in which another machine recorded the run: ``edit`` changes its run.json."""

    def make(edit: Callable[[dict[str, Any]], None]) -> Store:
        shutil.copytree(ran, tmp_path / "store", symlinks=True)
        (file,) = (tmp_path / "store").glob("training_runs/*/*/*/run.json")
        run = json.loads(file.read_bytes())
        edit(run)
        file.write_text(json.dumps(run))
        git(tmp_path / "store", "commit", "--quiet", "--amend", "--no-edit", "--", file)
        return Store.open(tmp_path / "store")

    return make


def the_run(store: Store) -> str:
    (run,) = store.runs()
    return run.run_id


@pytest.mark.slow
def test_only_other_threads_are_named(made_elsewhere: Callable[..., Store]) -> None:
    store = made_elsewhere(lambda run: None)
    repeated = store.rerun(the_run(store), RerunOptions(threads=2)).record
    assert (repeated.verdict, repeated.causes, repeated.threads) == ("equivalent", ["threads: 1 → 2"], 2)
    assert [found["what"] for found in repeated.differences] == ["claimed_metrics.total"]


@pytest.mark.slow
def test_only_another_torch_is_named(made_elsewhere: Callable[..., Store]) -> None:
    def edit(run: dict[str, Any]) -> None:
        run["environment"]["torch"] = run["environment"]["packages"]["torch"] = "2.1.0"
        run["claimed_metrics"]["total"] *= 1 + 1e-6

    store = made_elsewhere(edit)
    repeated = store.rerun(the_run(store)).record
    torch = repeated.environment["torch"]
    assert (repeated.verdict, repeated.causes) == ("equivalent", [f"torch: 2.1.0 → {torch}"])
    assert repeated.environment_changes == [
        {"what": "torch", "original": "2.1.0", "rerun": torch, "cause": True}
    ]


@pytest.mark.slow
def test_equal_bits_elsewhere_are_identical_and_what_differs_is_told(
    made_elsewhere: Callable[..., Store], capsys: pytest.CaptureFixture[str]
) -> None:
    def edit(run: dict[str, Any]) -> None:
        run["device"]["used"] = "cuda:0"
        run["environment"]["packages"] |= {"click": "7.0", "gone": "1.0"}

    store = made_elsewhere(edit)
    repeated = store.rerun(the_run(store), RerunOptions(device="cpu")).record
    print_verdict(repeated)
    told = (
        f"identical to run {repeated.rerun_of}, though the environment differs: device and 2 other packages"
    )
    assert capsys.readouterr().out == f"  verdict     {told}\n"
    assert (repeated.verdict, repeated.causes) == ("identical", [])
    assert [change["what"] for change in repeated.environment_changes] == ["device", "click", "gone"]


class TestPortableArithmetic:
    @pytest.mark.slow
    @pytest.mark.skipif(bool(why_not_portable()), reason=why_not_portable())
    def test_it_is_in_force_before_torch_is_imported_and_a_rerun_keeps_it(
        self, store: Repository, make_record: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = Store(store)
        opened.save(make_record("Net", CODE, bo_config={}).record.content)
        run = opened.run("Net", RunOptions("sklearn:wine", device="cpu", portable=True)).record
        assert run.portable
        assert run.environment["cpu_capability"] == "AVX2"
        told = [f"{name} {value}" for name, value in PORTABLE_ARITHMETIC.items()]
        assert run.output.splitlines() == [*told, "capability AVX2"]
        # On a processor of another kind it is left out, and that is a cause.
        monkeypatch.setattr(runtime.platform, "machine", lambda: "aarch64")
        steps: list[str] = []
        repeated = opened.rerun(run.run_id, listener=Listener(on_step=steps.append)).record
        assert not repeated.portable
        assert steps[0].startswith("without the portable arithmetic of the original: it is for x86-64")
        assert "ATEN_CPU_CAPABILITY None" in repeated.output
        assert repeated.environment_changes[0]["what"] == "portable arithmetic"

    @pytest.mark.parametrize("machine", ["aarch64", "arm64", "riscv64"])
    def test_on_another_kind_of_processor_it_is_not_offered(
        self, monkeypatch: pytest.MonkeyPatch, machine: str
    ) -> None:
        monkeypatch.setattr(runtime.platform, "machine", lambda: machine)
        with pytest.raises(UsageError, match=f"for x86-64 processors, and this one is {machine}") as caught:
            RunOptions("sklearn:wine", portable=True)
        assert "--portable" in caught.value.hint

    def test_it_needs_avx2(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(runtime.platform, "machine", lambda: "x86_64")
        monkeypatch.setattr(runtime, "_INFORMATION", tmp_path / "cpuinfo")
        (tmp_path / "cpuinfo").write_text("flags\t\t: fpu sse4_2 avx avx512f\n")
        assert why_not_portable() == "this processor has no AVX2"
        (tmp_path / "cpuinfo").write_text("flags\t\t: fpu avx avx2 fma\n")
        assert why_not_portable() == ""


class TestRecordedEnvironment:
    @pytest.mark.slow
    def test_a_rerun_has_the_packages_of_its_original(
        self, made_elsewhere: Callable[..., Store], recorded_environment: Any
    ) -> None:
        def edit(run: dict[str, Any]) -> None:
            run["environment"] |= recorded_environment.recorded
            run["claimed_metrics"]["shade"] = 7

        store = made_elsewhere(edit)
        original = the_run(store)
        repeated = store.rerun(original, RerunOptions(env="recorded")).record
        assert (repeated.verdict, repeated.environment_of) == ("identical", original)
        assert repeated.claimed_metrics["shade"] == 7
        assert repeated.environment_changes == []
        assert repeated.scored_metrics is not None  # its scoring had the same packages

    def test_a_version_that_never_succeeded_has_none(self, store: Repository, make_record: Any) -> None:
        opened = Store(store)
        opened.save(make_record("Net", CODE, bo_config={}).record.content)
        with pytest.raises(NotFound, match="no run that succeeded"):
            opened.run("Net", RunOptions("sklearn:wine", env="recorded"))

    @pytest.mark.slow
    def test_a_run_takes_those_of_the_newest_that_succeeded(self, ran: Path, tmp_path: Path) -> None:
        shutil.copytree(ran, tmp_path / "store", symlinks=True)
        store = Store(find_store(tmp_path / "store"))
        earlier = the_run(store)
        run = store.run("Net", RunOptions("sklearn:iris", device="cpu", env="recorded")).record
        assert (run.outcome, run.environment_of) == ("succeeded", earlier)

"""Whether every run's record, pointer and checkpoint are what was recorded."""

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sample_run import sample_run

from trainstore.disk_format.layout import run_folder
from trainstore.records.run_record import RunRecord, decode_run, encode_run
from trainstore.store.checkpoints.tracked import add_checkpoint
from trainstore.store.git.changes import Commit, Write
from trainstore.store.git.repository import Repository, find_store
from trainstore.store.index.update import open_index
from trainstore.store.messages import run_message
from trainstore.store.writing.transaction import commit_changes
from trainstore.workflows.problem import Problem
from trainstore.workflows.verification.verify import VerifyResult, verify

Git = Callable[..., str]
WEIGHTS = b"w" * 100_000


@dataclass(frozen=True)
class Kept:
    """A run that is in the store."""

    record: RunRecord
    folder: str
    objects: dict[str, Path]

    @property
    def run_json(self) -> str:
        return f"{self.folder}/run.json"

    @property
    def pointer(self) -> str:
        return f"{self.folder}/checkpoint.dvc"


KeepRun = Callable[..., Kept]


@pytest.fixture
def keep_run(store: Repository, save_versions: Any) -> KeepRun:
    """Record a run as a training would, without the training."""

    def keep(run_id: str = "20240101T000000Z-0a1b2c", weights: bytes = WEIGHTS, **fields: Any) -> Kept:
        with open_index(store) as index:
            if not index.versions_in_tree():
                save_versions(1)
        with open_index(store) as index:
            version = index.versions_in_tree()[0]
        folder = run_folder(version.folder, run_id)
        files = {"weights.safetensors": BytesIO(weights), "structure.pkl": BytesIO(b"structure")}
        checkpoint = add_checkpoint(store.root, f"{folder}/checkpoint", files)
        told = {
            "run_id": run_id,
            "function": version.function,
            "version": {"path": version.path, "code_digest": version.code_digest},
            "scored_metrics": {"accuracy": 0.75},
            "checkpoint": {"path": f"{folder}/checkpoint", "md5": checkpoint.md5, "bytes": checkpoint.size},
            "weights_digest": f"sha256:{hashlib.sha256(weights).hexdigest()}",
        }
        record = sample_run(**{**told, **fields})
        changes = (
            Write(f"{folder}/run.json", encode_run(record)),
            Write(f"{folder}/checkpoint.dvc", checkpoint.pointer),
        )
        message = run_message(record, version, folder, 0.75)
        commit_changes(store, lambda _: [Commit(message, changes)])
        cache = store.root / ".dvc/cache/files/md5"
        names = {
            "weights.safetensors": hashlib.md5(weights).hexdigest(),
            "structure.pkl": hashlib.md5(b"structure").hexdigest(),
            "": checkpoint.md5,
        }
        return Kept(record, folder, {name: cache / md5[:2] / md5[2:] for name, md5 in names.items()})

    return keep


def only(result: VerifyResult) -> Problem:
    assert len(result.problems) == 1, result.problems
    return result.problems[0]


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.unlink()
    file.write_bytes(content)


def follow(store: Repository, hint: str) -> None:
    ended = subprocess.run(hint, shell=True, cwd=store.root, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr


def dvc(store: Repository, hint: str) -> None:
    """Do what a hint asks of dvc, with the program of this environment."""
    command = re.sub(r"(^|&& )dvc ", rf"\1{sys.executable} -m dvc ", hint.partition(", or where")[0])
    follow(store, command)


class TestHealthy:
    def test_a_run_and_its_checkpoint(self, store: Repository, keep_run: KeepRun) -> None:
        keep_run()
        result = verify(store)
        assert result.problems == ()
        assert (result.checked.runs, result.checked.checkpoints) == (1, 1)
        assert result.checked.bytes_hashed < 1000  # the list of files alone

    def test_content_is_read_once_however_many_runs_share_it(
        self, store: Repository, keep_run: KeepRun
    ) -> None:
        keep_run()
        keep_run("20240101T000001Z-0a1b2c")
        keep_run(
            "20240101T000002Z-0a1b2c", outcome="succeeded", verdict="identical", rerun_of="x", action="rerun"
        )
        result = verify(store, content=True)
        assert result.problems == ()
        assert len(WEIGHTS) < result.checked.bytes_hashed < 1.1 * len(WEIGHTS)

    def test_a_failed_run_has_no_checkpoint(self, store: Repository, keep_run: KeepRun, git: Git) -> None:
        kept = keep_run(checkpoint=None, weights_digest=None, outcome="failed")
        git(store, "rm", "--quiet", kept.pointer)
        git(store, "commit", "--quiet", "--amend", "--no-edit")
        assert verify(store, content=True).problems == ()

    def test_a_run_of_a_version_that_left_the_tree(
        self, store: Repository, keep_run: KeepRun, git: Git
    ) -> None:
        kept = keep_run()
        git(store, "rm", "--quiet", kept.record.version["path"])
        git(store, "commit", "--quiet", "--message", "Take out")
        assert verify(store).problems == ()

    def test_a_clone_without_the_folder_in_its_work_tree(self, store: Repository, keep_run: KeepRun) -> None:
        shutil.rmtree(store.root / keep_run().folder / "checkpoint")
        assert verify(store, content=True).problems == ()

    @pytest.mark.slow
    def test_what_real_training_leaves(self, trained_store: Repository) -> None:
        result = verify(trained_store, content=True)
        assert result.problems == ()
        assert (result.checked.versions, result.checked.runs, result.checked.checkpoints) == (3, 2, 2)


class TestRecords:
    def test_a_run_json_cut_short(self, store: Repository, keep_run: KeepRun, git: Git) -> None:
        kept = keep_run()
        file = store.root / kept.run_json
        file.write_bytes(file.read_bytes()[:100])
        git(store, "commit", "--quiet", "--all", "--message", "by hand")
        problem = only(verify(store))
        assert problem.kind == "run"
        assert kept.run_json in problem.what
        follow(store, problem.hint)
        assert verify(store).problems == ()

    @pytest.mark.parametrize(
        "fields", [{"outcome": "failed"}, {"scored_metrics": {"accuracy": 1.0}}, {"seed": 7}, {"output": "x"}]
    )
    def test_a_result_made_better_by_hand(
        self, store: Repository, keep_run: KeepRun, git: Git, fields: dict[str, Any]
    ) -> None:
        kept = keep_run()
        file = store.root / kept.run_json
        file.write_bytes(encode_run(msgspec.structs.replace(decode_run(file.read_bytes(), ""), **fields)))
        git(store, "commit", "--quiet", "--all", "--message", "by hand")
        problem = only(verify(store))
        assert problem.kind == "changed since saved"
        assert kept.record.run_id in problem.what
        follow(store, problem.hint)
        assert verify(store).problems == ()

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("Outcome", "failed"),
            ("Score", "0.99"),
            ("Device", "cuda:0"),
            ("Data-Digest", "sha256:0"),
            ("Verdict", "x"),
        ],
    )
    def test_a_forged_message(
        self, store: Repository, keep_run: KeepRun, git: Git, key: str, value: str
    ) -> None:
        kept = keep_run()
        message = re.sub(f"(?m)^{key}: .*\n?", "", git(store, "show", "--no-patch", "--format=%B", "HEAD"))
        git(store, "commit", "--quiet", "--amend", "--message", f"{message.rstrip()}\n{key}: {value}")
        problem = only(verify(store))
        assert problem.kind == "message"
        assert kept.record.run_id in problem.what and key in problem.what and value in problem.what

    def test_a_run_in_another_ones_folder(self, store: Repository, keep_run: KeepRun, git: Git) -> None:
        kept = keep_run()
        other = kept.folder.replace("0a1b2c", "ffffff")
        shutil.copytree(store.root / kept.folder, store.root / other)
        git(store, "add", "--all")
        git(store, "commit", "--quiet", "--message", "copy")
        problem = only(verify(store))
        assert problem.kind == "run"
        assert other in problem.what

    def test_a_run_of_a_version_that_never_was(self, store: Repository, keep_run: KeepRun) -> None:
        gone = "generated_training_functions/numpy_array/Net/training_function_numpy_array_Net_9.json"
        keep_run(version={"path": gone, "code_digest": "sha256:0"})
        problems = verify(store).problems
        assert {problem.kind for problem in problems} == {"run", "message"}
        assert all("20240101T000000Z-0a1b2c" in problem.what for problem in problems)

    def test_a_run_with_other_code_than_its_version(self, store: Repository, keep_run: KeepRun) -> None:
        kept = keep_run()
        version = kept.record.version | {"code_digest": "sha256:0"}
        keep_run("20240101T000001Z-0a1b2c", version=version)
        problem = only(verify(store))
        assert problem.kind == "run"
        assert "other code" in problem.what and "numpy_array/Net@1" in problem.what


class TestPointers:
    def test_one_that_is_gone(self, store: Repository, keep_run: KeepRun, git: Git) -> None:
        kept = keep_run()
        git(store, "rm", "--quiet", kept.pointer)
        git(store, "commit", "--quiet", "--message", "by hand")
        problem = only(verify(store))
        assert problem.kind == "pointer"
        assert kept.pointer in problem.what
        follow(store, problem.hint)
        assert verify(store).problems == ()

    def test_one_that_names_another_checkpoint(self, store: Repository, keep_run: KeepRun, git: Git) -> None:
        kept = keep_run()
        other = keep_run("20240101T000001Z-0a1b2c", b"other")
        shutil.copy(store.root / other.pointer, store.root / kept.pointer)
        git(store, "commit", "--quiet", "--all", "--message", "by hand")
        problem = only(verify(store))
        assert problem.kind == "pointer"
        assert kept.pointer in problem.what
        follow(store, problem.hint)
        assert verify(store).problems == ()

    def test_one_that_dvc_wrote_with_other_fields_is_as_good(
        self, store: Repository, keep_run: KeepRun, git: Git
    ) -> None:
        kept = keep_run()
        file = store.root / kept.pointer
        file.write_text(file.read_text().replace("  hash: md5\n", "") + "  desc: the best\nmeta: {a: 1}\n")
        git(store, "commit", "--quiet", "--all", "--message", "by hand")
        assert verify(store).problems == ()

    def test_one_without_its_run(self, store: Repository, keep_run: KeepRun, git: Git) -> None:
        kept = keep_run()
        git(store, "rm", "--quiet", kept.run_json)
        git(store, "commit", "--quiet", "--message", "by hand")
        problem = only(verify(store))
        assert problem.kind == "pointer"
        assert kept.pointer in problem.what
        follow(store, problem.hint)
        assert verify(store).problems == ()


class TestCheckpoints:
    @pytest.mark.parametrize("name", ["weights.safetensors", "structure.pkl"])
    def test_one_bit_in_the_cache_is_found_with_content(
        self, store: Repository, keep_run: KeepRun, name: str
    ) -> None:
        kept = keep_run()
        flip(kept.objects[name])
        assert not [one for one in verify(store).problems if one.kind == "checkpoint corrupt"]
        problem = only(verify(store, content=True))
        assert problem.kind == "checkpoint corrupt"
        assert name in problem.what and kept.record.run_id in problem.what
        assert str(kept.objects[name]) in problem.hint

    def test_a_file_cut_short_is_found_by_its_size(self, store: Repository, keep_run: KeepRun) -> None:
        kept = keep_run()
        kept.objects["weights.safetensors"].unlink()
        kept.objects["weights.safetensors"].write_bytes(WEIGHTS[:-1])
        problem = only(verify(store))
        assert problem.kind == "checkpoint corrupt"
        assert "weights.safetensors" in problem.what and "structure" not in problem.what

    @pytest.mark.parametrize("name", ["weights.safetensors", "structure.pkl", ""])
    def test_what_is_gone_from_the_cache(self, store: Repository, keep_run: KeepRun, name: str) -> None:
        kept = keep_run()
        shutil.rmtree(store.root / kept.folder / "checkpoint")
        kept.objects[name].unlink()
        problem = only(verify(store))
        assert problem.kind == "checkpoint missing"
        assert (name or "list of files") in problem.what and kept.record.run_id in problem.what

    def test_the_list_of_files_changed(self, store: Repository, keep_run: KeepRun) -> None:
        kept = keep_run()
        flip(kept.objects[""])
        problem = only(verify(store))
        assert problem.kind == "checkpoint corrupt"

    def test_weights_that_are_not_those_of_the_run(self, store: Repository, keep_run: KeepRun) -> None:
        keep_run(weights_digest=f"sha256:{'0' * 64}")
        assert verify(store).problems == ()
        problem = only(verify(store, content=True))
        assert problem.kind == "checkpoint corrupt"
        assert "run.json" in problem.what

    @pytest.mark.parametrize("md5", ["nonsense", "../../../../etc/passwd"])
    def test_a_run_json_that_names_no_checkpoint(
        self, store: Repository, keep_run: KeepRun, md5: str
    ) -> None:
        keep_run(checkpoint={"path": "anywhere", "md5": md5, "bytes": 3})
        assert {problem.kind for problem in verify(store).problems} == {"pointer", "checkpoint corrupt"}

    @pytest.mark.parametrize("checkpoint", [{}, {"path": "x", "md5": ["list"], "bytes": 3}, {"path": None}])
    def test_a_run_json_whose_checkpoint_is_none_is_damaged(
        self, store: Repository, keep_run: KeepRun, checkpoint: Any
    ) -> None:
        keep_run(checkpoint=checkpoint)
        assert {problem.kind for problem in verify(store).problems} == {"run"}

    @pytest.mark.parametrize("change", ["edited", "deleted", "added"])
    def test_the_work_tree_differs(self, store: Repository, keep_run: KeepRun, change: str) -> None:
        kept = keep_run()
        file = store.root / kept.folder / "checkpoint" / ("stray" if change == "added" else "structure.pkl")
        file.unlink(missing_ok=True)
        if change != "deleted":
            file.write_bytes(b"another size")
        problem = only(verify(store))
        assert problem.kind == "checkpoint changed"
        assert str(file.relative_to(store.root)) in problem.what

    def test_the_work_tree_differs_in_one_bit(self, store: Repository, keep_run: KeepRun) -> None:
        kept = keep_run()
        flip(store.root / kept.folder / "checkpoint/structure.pkl")
        assert verify(store).problems == ()
        assert only(verify(store, content=True)).kind == "checkpoint changed"

    @pytest.mark.slow
    def test_the_work_tree_gives_the_cache_back_what_it_lost(
        self, store: Repository, keep_run: KeepRun
    ) -> None:
        kept = keep_run()
        kept.objects["weights.safetensors"].unlink()
        problem = only(verify(store))
        assert problem.kind == "checkpoint missing" and "the work tree has it" in problem.what
        dvc(store, problem.hint)
        assert verify(store, content=True).problems == ()

    @pytest.mark.slow
    @pytest.mark.parametrize("damage", ["one bit", "deleted"])
    def test_a_remote_gives_the_cache_back_what_it_lost(
        self, store: Repository, keep_run: KeepRun, tmp_path: Path, damage: str
    ) -> None:
        kept = keep_run()
        follow(store, f"{sys.executable} -m dvc remote add --default --local here {tmp_path}/remote")
        follow(store, f"{sys.executable} -m dvc push")
        shutil.rmtree(store.root / kept.folder / "checkpoint")
        weights = kept.objects["weights.safetensors"]
        flip(weights) if damage == "one bit" else weights.unlink()
        dvc(store, only(verify(store, content=True)).hint)
        assert verify(store, content=True).problems == ()


@pytest.mark.slow
def test_a_run_of_real_training_is_taken_again_where_its_weights_are_gone(
    trained_store: Repository,
) -> None:
    """The hint for weights that no remote has: an identical rerun puts the very bytes back."""
    from trainstore.api import Store

    objects = trained_store.root / ".dvc/cache/files/md5"
    largest = max(
        (file for file in objects.rglob("*") if file.is_file()), key=lambda file: file.stat().st_size
    )
    for folder in trained_store.root.glob("training_runs/*/*/*/checkpoint"):
        shutil.rmtree(folder)
    largest.unlink()
    problem = verify(trained_store).problems[0]
    assert problem.kind == "checkpoint missing"
    run_id = problem.hint.rpartition(" ")[2]
    assert Store(trained_store).rerun(run_id).record.verdict == "identical"
    assert verify(find_store(trained_store.root), content=True).problems == ()

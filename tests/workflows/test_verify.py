"""Whether every record is what was saved, told by name, and whether what is told helps."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from trainstore.errors import GitFailed
from trainstore.store.git.changes import Commit, Write
from trainstore.store.git.repository import Repository, find_store, read_head
from trainstore.store.index.update import open_index
from trainstore.store.messages import save_message
from trainstore.store.writing.transaction import commit_changes
from trainstore.workflows.init import init_store
from trainstore.workflows.problem import Problem
from trainstore.workflows.save import import_records, save_records
from trainstore.workflows.undo import undo
from trainstore.workflows.verification.verify import Progress, VerifyResult, verify

Git = Callable[..., str]
Make = Callable[..., Any]
SECOND = 1704067200
FOLDER = "generated_training_functions/numpy_array/Net"
PATH = f"{FOLDER}/training_function_numpy_array_Net_{SECOND}.json"


def only(result: VerifyResult) -> Problem:
    assert len(result.problems) == 1, result.problems
    return result.problems[0]


def follow(store: Repository, hint: str) -> None:
    """Do what a hint says, as a person would with the commands in it."""
    command = hint.partition(": git")[1].removeprefix(": ") + hint.partition(": git")[2] or hint
    ended = subprocess.run(command, shell=True, cwd=store.root, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr


@pytest.fixture
def commit_by_hand(store: Repository, git: Git) -> Callable[..., str]:
    """Write files of the store and commit them with plain git; None takes one away."""

    def commit(files: Mapping[str, bytes | None]) -> str:
        for path, content in files.items():
            (store.root / path).parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                (store.root / path).unlink()
            else:
                (store.root / path).write_bytes(content)
        git(store, "add", "--all")
        git(store, "commit", "--quiet", "--message", "by hand")
        return git(store, "rev-parse", "HEAD")

    return commit


def edited(store: Repository, path: str = PATH, **fields: Any) -> bytes:
    return json.dumps(json.loads((store.root / path).read_bytes()) | fields).encode()


class TestHealthy:
    def test_an_empty_store(self, store: Repository) -> None:
        result = verify(store, content=True)
        assert result.ok and not result.problems
        assert vars(result.checked) | {"objects": 0} == {
            "objects": 0, "versions": 0, "runs": 0, "checkpoints": 0, "data_sets": 0, "bytes_hashed": 0,
        }  # fmt: skip

    def test_saves_imports_and_undos(self, store: Repository, make_record: Make, save_versions: Make) -> None:
        save_versions(3)
        wild = make_record("Net (2-lead, ≤256KB) [v2]/final", timestamp=5, confidence=None, metadata=None)
        odd = make_record("snowman ☃ \ud800 'quoted'", timestamp=7, data_type="my type")
        import_records(store, [wild, odd, make_record("Net", "x = 1", SECOND), make_record("a", timestamp=3)])
        undo(store)
        undo(store)
        result = verify(store)
        assert result.problems == ()
        assert result.checked.versions == 7
        assert result.checked.objects > 20

    def test_a_record_that_leaves_its_time_and_type_to_its_file_name(
        self, store: Repository, tmp_path: Path, make_record: Make
    ) -> None:
        from trainstore.workflows.import_folder import import_folder

        content = make_record().record.content
        bare = {key: content[key] for key in ("model_name", "training_code")}
        (tmp_path / "wild").mkdir()
        (tmp_path / "wild/training_function_odd type_Net_12.json").write_text(json.dumps(bare))
        (tmp_path / "wild/anything.json").write_text(json.dumps(bare | {"model_name": "Other"}))
        assert len(import_folder(store, tmp_path / "wild").result.saved) == 2
        assert verify(store).problems == ()

    def test_records_committed_with_plain_git(
        self, store: Repository, make_record: Make, commit_by_hand: Make
    ) -> None:
        commit_by_hand({PATH: make_record().file})
        result = verify(store)
        assert result.problems == ()
        assert result.checked.versions == 1

    def test_two_clones_that_saved_other_functions_and_merged(
        self, store: Repository, git: Git, make_record: Make, save_versions: Make
    ) -> None:
        save_versions(1)
        git(store, "switch", "--quiet", "--create", "side")
        save_versions(2, "Side")
        git(store, "switch", "--quiet", "main")
        save_versions(2, "Main")
        git(store, "merge", "--quiet", "side")
        assert verify(store).problems == ()

    def test_a_shallow_clone(self, store: Repository, tmp_path: Path, git: Git, save_versions: Make) -> None:
        save_versions(4)
        git(tmp_path, "clone", "--quiet", "--depth=2", f"file://{store.root}", "clone")
        result = verify(find_store(tmp_path / "clone"))
        assert result.problems == ()
        assert result.checked.versions == 4

    def test_an_unborn_branch(self, store: Repository, git: Git, save_versions: Make) -> None:
        save_versions(1)
        git(store, "switch", "--quiet", "--orphan", "other")
        (store.root / FOLDER).mkdir(parents=True)
        (store.root / ".dvc").mkdir(exist_ok=True)
        assert verify(find_store(store.root)).checked.versions == 0

    def test_nothing_is_written(self, store: Repository, save_versions: Make) -> None:
        save_versions(2)
        shutil.rmtree(store.state)
        before = {path: path.stat().st_mtime_ns for path in store.root.rglob("*")}
        verify(store, content=True)
        assert {path: path.stat().st_mtime_ns for path in store.root.rglob("*")} == before

    def test_progress_is_told(self, store: Repository, save_versions: Make) -> None:
        save_versions(3)
        steps: list[str] = []
        counts: list[tuple[int, int]] = []
        verify(store, progress=Progress(steps.append, lambda done, total: counts.append((done, total))))
        assert steps == ["git's objects", "the index", "records", "runs", "the work tree"]
        assert counts == [(1, 3), (2, 3), (3, 3)]


def test_the_number_of_git_processes_does_not_grow_with_the_store(
    store: Repository, save_versions: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[list[str]] = []
    run = subprocess.run

    def count(command: list[str], **options: Any) -> Any:
        started.append(command)
        return run(command, **options)

    save_versions(2)
    with open_index(store):
        pass
    monkeypatch.setattr(subprocess, "run", count)
    verify(store)
    few = len(started)
    monkeypatch.undo()
    save_versions(60, "Other")
    with open_index(store):
        pass
    started.clear()
    monkeypatch.setattr(subprocess, "run", count)
    verify(store)
    assert len(started) == few < 25


class TestChangedAndCommittedByHand:
    def test_a_record_cut_short(self, store: Repository, save_versions: Make, commit_by_hand: Make) -> None:
        save_versions(2)
        content = (store.root / PATH).read_bytes()
        commit_by_hand({PATH: content[: len(content) // 2]})
        problem = only(result := verify(store))
        assert not result.ok
        assert problem.kind == "record"
        assert PATH in problem.what and "not JSON" in problem.what
        follow(store, problem.hint)
        assert (store.root / PATH).read_bytes() == content
        assert verify(store).problems == ()

    @pytest.mark.parametrize(
        "fields",
        [{"training_code": "x = 2"}, {"confidence": 0.1}, {"metadata": {}}, {"bo_config": {}}, {"new": None}],
        ids=["code", "confidence", "metadata", "search space", "a new key"],
    )
    def test_a_field_changed(
        self, store: Repository, save_versions: Make, commit_by_hand: Make, fields: dict[str, Any]
    ) -> None:
        save_versions(2)
        content = (store.root / PATH).read_bytes()
        commit_by_hand({PATH: edited(store, **fields)})
        problem = only(verify(store))
        assert problem.kind == "changed since saved"
        assert "numpy_array/Net@" in problem.what and PATH in problem.what
        follow(store, problem.hint)
        assert (store.root / PATH).read_bytes() == content
        assert verify(store).problems == ()

    def test_a_record_renamed_inside_keeps_its_path_in_the_report(
        self, store: Repository, save_versions: Make, commit_by_hand: Make
    ) -> None:
        save_versions(1)
        commit_by_hand({PATH: edited(store, model_name="Evil\x1b[31m\nname")})
        assert PATH in only(verify(store)).what

    def test_removing_a_record_is_no_problem(
        self, store: Repository, save_versions: Make, commit_by_hand: Make
    ) -> None:
        save_versions(2)
        commit_by_hand({PATH: None})
        result = verify(store)
        assert (result.problems, result.checked.versions) == ((), 1)

    def test_a_symbolic_link_in_place_of_a_record(
        self, store: Repository, git: Git, save_versions: Make
    ) -> None:
        save_versions(1)
        (store.root / PATH).unlink()
        (store.root / PATH).symlink_to("/etc/hostname")
        git(store, "add", "--all")
        git(store, "commit", "--quiet", "--message", "link")
        assert only(verify(store)).kind == "record"


class TestMessages:
    """A message that tells lies about its file."""

    def forge(self, store: Repository, git: Git, key: str, value: str) -> None:
        message = git(store, "show", "--no-patch", "--format=%B", "HEAD")
        forged = re.sub(f"(?m)^{key}: .*$", f"{key}: {value}", message)
        assert forged != message
        git(store, "commit", "--quiet", "--amend", "--message", forged)

    @pytest.mark.parametrize(
        ("key", "value"),
        [
            ("Model-Name", "Evil"),
            ("Data-Type", "sequence_list"),
            ("Version-Timestamp", "1804067200"),
            ("Code-Digest", f"sha256:{'0' * 64}"),
            ("Space-Digest", f"sha256:{'0' * 64}"),
            ("Data-Kind", "numpy_array (9) values"),
            ("Request-Digest", f"sha256:{'0' * 64}"),
            ("Parent", "generated_training_functions/numpy_array/Other/x.json"),
        ],
    )
    def test_a_forged_trailer_is_named_and_the_hint_has_the_file_believed(
        self, store: Repository, git: Git, save_versions: Make, key: str, value: str
    ) -> None:
        origin = {"request_digest": f"sha256:{'1' * 64}", "parent": {"path": f"{FOLDER}/parent.json"}}
        save_versions(1, generation=origin)
        content = (store.root / PATH).read_bytes()
        self.forge(store, git, key, value)
        problem = only(result := verify(store))
        assert not result.ok
        assert problem.kind == "message"
        assert PATH in problem.what and key in problem.what and value in problem.what
        follow(store, problem.hint)
        assert (store.root / PATH).read_bytes() == content
        assert verify(store).problems == ()
        with open_index(store) as index:
            (version,) = index.versions_in_tree()
        assert (version.function, version.timestamp) == ("numpy_array/Net", SECOND)

    def test_an_origin_that_the_record_does_not_tell_of_is_forged(
        self, store: Repository, git: Git, save_versions: Make
    ) -> None:
        save_versions(1)
        self.forge(store, git, "Path", f"{PATH}\\nRequest-Digest: sha256:{'0' * 64}")
        problem = only(verify(store))
        assert problem.kind == "message" and "its Request-Digest is" in problem.what

    def test_a_path_that_the_commit_does_not_have(
        self, store: Repository, make_record: Make, commit_by_hand: Make
    ) -> None:
        record = make_record().record
        commit_by_hand({PATH: make_record().file})
        message = save_message(record, PATH, "save")
        commit_changes(store, lambda _: [Commit(message, (Write("other.txt", b"x"),))])
        problem = only(verify(store))
        assert problem.kind == "message"
        assert "has no such file" in problem.what and PATH in problem.what

    def test_what_a_message_says_of_a_file_outside_of_the_tree_is_not_believed(
        self, store: Repository, make_record: Make
    ) -> None:
        message = save_message(make_record().record, "../../etc/passwd", "save")
        commit_changes(store, lambda _: [Commit(message, (Write("other.txt", b"x"),))])
        assert verify(store).problems == ()


class TestTwice:
    def test_one_record_in_two_files(
        self, store: Repository, save_versions: Make, commit_by_hand: Make
    ) -> None:
        save_versions(1)
        copy = f"{FOLDER}/training_function_numpy_array_Net_{SECOND}-0a1b2c3d.json"
        commit_by_hand({copy: (store.root / PATH).read_bytes()})
        problem = only(result := verify(store))
        assert not result.ok
        assert problem.kind == "duplicate"
        assert PATH in problem.what and copy in problem.what
        follow(store, problem.hint)
        assert verify(store).problems == ()

    def test_the_same_second_with_other_code_or_another_space_is_no_copy(
        self, store: Repository, make_record: Make
    ) -> None:
        records = [make_record(), make_record(code="x = 2"), make_record(bo_config={})]
        assert len(import_records(store, records).saved) == 3
        assert verify(store).problems == ()


class TestMergedClones:
    """Two people saved the same function in the same second, and one pulls the other's work."""

    @pytest.fixture
    def merging(self, store: Repository, git: Git, make_record: Make, save_versions: Make) -> Repository:
        save_versions(1, "Base")
        git(store, "switch", "--quiet", "--create", "side")
        save_records(store, [make_record(code="x = 'side'")])
        git(store, "switch", "--quiet", "main")
        save_records(store, [make_record(code="x = 'main'")])
        subprocess.run(["git", "merge", "side"], cwd=store.root, capture_output=True, check=False)
        return store

    def test_while_the_merge_is_open(self, merging: Repository, git: Git) -> None:
        problem = only(result := verify(merging))
        assert not result.ok
        assert (problem.kind, problem.severity) == ("conflict", "error")
        assert PATH in problem.what and "git checkout --ours" in problem.hint
        git(merging, "checkout", "--ours", "--", PATH)
        git(merging, "add", PATH)
        git(merging, "commit", "--quiet", "--no-edit")
        assert {problem.kind for problem in verify(merging).problems} == {"hidden"}

    def test_marks_that_were_committed(self, merging: Repository, git: Git) -> None:
        assert b"<<<<<<<" in (merging.root / PATH).read_bytes()
        git(merging, "add", "--all")
        git(merging, "commit", "--quiet", "--no-edit")
        problem = next(one for one in verify(merging).problems if one.kind == "conflict")
        assert "merge" in problem.what and PATH in problem.what
        follow(merging, problem.hint)
        assert {problem.kind for problem in verify(merging).problems} == {"hidden"}

    @pytest.mark.parametrize("side", ["ours", "theirs"])
    def test_the_side_that_lost_is_told_and_saved_again(
        self, merging: Repository, git: Git, side: str
    ) -> None:
        git(merging, "checkout", f"--{side}", "--", PATH)
        git(merging, "add", PATH)
        git(merging, "commit", "--quiet", "--no-edit")
        problem = next(one for one in verify(merging).problems if one.kind == "hidden")
        lost = "main" if side == "theirs" else "side"
        commit = git(merging, "rev-parse", "HEAD^2" if side == "ours" else "HEAD^1")
        assert problem.kind == "hidden"
        assert PATH in problem.what and commit[:12] in problem.what
        blob = subprocess.run(
            problem.hint.partition(": ")[2].partition(" | ")[0],
            shell=True, cwd=merging.root, capture_output=True, check=True,
        ).stdout  # fmt: skip
        assert json.loads(blob)["training_code"] == f"x = '{lost}'"
        assert problem.hint.endswith(" | trainstore save -")


def test_a_message_that_claims_what_no_file_holds_is_told(
    store: Repository, git: Git, make_record: Make
) -> None:
    save_records(store, [make_record(code="x = 1")])
    message = save_message(make_record(code="x = 2").record, PATH, "save")
    git(store, "commit", "--quiet", "--allow-empty", "-m", message)
    problem = only(result := verify(store))
    assert not result.ok
    assert problem.kind == "misread"
    assert git(store, "rev-parse", "HEAD")[:12] in problem.what
    follow(store, problem.hint)
    assert verify(store).problems == ()


class TestContent:
    def test_code_that_does_not_parse_is_a_warning_and_only_with_content(
        self, store: Repository, make_record: Make
    ) -> None:
        import_records(store, [make_record(code="def train_model(:")])
        assert verify(store).problems == ()
        problem = only(result := verify(store, content=True))
        assert result.ok
        assert (problem.kind, problem.severity) == ("code", "warning")
        assert PATH in problem.what and "syntax error" in problem.what


def test_git_itself_missing_is_an_error(
    store: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitFailed, match="not found"):
        verify(store)


def test_a_store_that_was_just_made_again_is_healthy(tmp_path: Path) -> None:
    init_store(tmp_path / "new")
    repository = find_store(tmp_path / "new")
    assert read_head(repository).commit
    assert verify(repository).problems == ()

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from trainstore.store.git.repository import Repository
from trainstore.store.index.update import open_index
from trainstore.workflows.save import save_records

SECOND = 1704067200


FOLDER = "generated_training_functions/numpy_array/Net"


Git = Callable[..., str]


Make = Callable[..., Any]


def record_bytes(name: str = "Net", code: str = "x = 1", timestamp: int = SECOND, **fields: Any) -> bytes:
    profile = {"data_type": "numpy_array"}
    content = {
        "model_name": name,
        "training_code": code,
        "timestamp": timestamp,
        "data_profile": profile,
        **fields,
    }
    return json.dumps(content).encode()


def put(store: Repository, path: str, content: bytes) -> str:
    (store.root / path).parent.mkdir(parents=True, exist_ok=True)
    (store.root / path).write_bytes(content)
    return path


def test_a_record_committed_with_plain_git_is_a_version_of_that_commit(
    store: Repository, git: Git, save_versions: Callable[..., list[str]], by_hand: Callable[..., str]
) -> None:
    commit = by_hand(
        store, f"{FOLDER}/mine.json", record_bytes(confidence=0.5, metadata={"api_model": "gpt-5"})
    )
    by_hand(store, "unrelated", b"x")
    save_versions(1, first=SECOND + 5)
    git(store, "rm", "--quiet", f"{FOLDER}/mine.json")
    git(store, "commit", "--quiet", "-m", "out")
    for _ in range(2):
        with open_index(store) as index:
            mine, _ = index.versions("numpy_array", "Net")
            assert (mine.commit, mine.present, mine.ordinal) == (commit, False, 1)
            assert (mine.confidence, mine.api_model, mine.path) == (0.5, "gpt-5", f"{FOLDER}/mine.json")
            assert index.versions_of_commits(commit[:10]) == [mine]
        (store.state / "index.db").unlink()


def test_a_record_edited_with_plain_git_is_what_it_is_now(
    store: Repository,
    git: Git,
    make_record: Make,
    save_versions: Callable[..., list[str]],
    by_hand: Callable[..., str],
) -> None:
    (path,) = save_versions(1)
    by_hand(store, path, record_bytes(code="edited = 1"))
    result = save_records(store, [make_record(code="edited = 1", timestamp=SECOND + 1, bo_config={})])
    assert [version.path for version in result.unchanged] == [path]


def test_files_that_are_no_records_are_passed_over(store: Repository, git: Git) -> None:
    for place, content in enumerate([b"", b"{", b"[" * 100_000, b"\xff", b'{"model_name": 5}', b"[]"]):
        put(store, f"{FOLDER}/junk_{place}.json", content)
    put(store, "generated_training_functions/flat.json", record_bytes())
    put(store, f"{FOLDER}/too/deep.json", record_bytes())
    put(store, "training_runs/a/b/c/run.json", b"{}")
    (store.root / FOLDER / "link.json").symlink_to("elsewhere")
    git(store, "add", "--all", "--force")
    git(store, "commit", "--quiet", "-m", "junk")
    with open_index(store) as index:
        assert index.versions_in_tree() == []
        assert index.runs() == []


def test_a_submodule_in_the_place_of_a_record_is_passed_over(
    store: Repository,
    git: Git,
    rows: Callable[..., Any],
    rebuilt: Callable[..., Any],
    versions: Callable[..., Any],
) -> None:
    head = git(store, "rev-parse", "HEAD")
    for commit in (head, "1" * 40):
        git(store, "update-index", "--add", "--cacheinfo", f"160000,{commit},{FOLDER}/{commit[:4]}.json")
        git(store, "commit", "--quiet", "-m", "a submodule")
        assert versions(store) == []
        assert rows(store) == rebuilt(store)


def test_a_path_that_is_not_text_is_passed_over(
    store: Repository, git: Git, versions: Callable[..., Any]
) -> None:
    folder = store.root / FOLDER
    folder.mkdir(parents=True)
    (Path(f"{folder}/\udcff.json")).write_bytes(record_bytes())
    git(store, "add", "--all")
    git(store, "commit", "--quiet", "-m", "bytes")
    assert versions(store) == []

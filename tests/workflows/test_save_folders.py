from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from trainstore.store.git.repository import Repository, find_store
from trainstore.store.index.update import open_index
from trainstore.workflows.save import save_records

SECOND = 1704067200


FOLDER = "generated_training_functions/numpy_array/Net"


Git = Callable[..., str]


Make = Callable[..., Any]


NAMES = [
    "Net (2-lead, ≤256KB) [v2]/final", "CNN‑Lite", "ResNet18+SE", "a,b=c@d~e", "x" * 300, "é" * 300, ".git",
    ".GIT", ".gitmodules", "git~1", ".g\u200cit", ".git ", ".", "..", "../../x", "~", "-rf", "--output=x",
    ":(exclude)x", "*", "[a]", "CON", "aux.txt", "a.", "a._.", "_", "?", "\u202eleft", "\ud800", "\udfff", "n\0l",
    "two\nlines", "tab\t", 'quo"te', "back\\slash", "'", "e\u0301", "é", "모델", "نموذج", "😀", "README.md", "net",
    "Net", "$HOME", "`id`", "%s", "#", ";", "!", "&",
]  # fmt: skip


@pytest.mark.parametrize(
    ("names", "folders"),
    [
        (["a b", "a/b", "a_b"], 3),
        (["Net", "net", "NET"], 3),
        (["ế", "e\u0302\u0301", "ê\u0301"], 3),
        (["a<>?*>|:<b", "a<:<|<*:|b"], 2),
        (["Net", "Net"], 1),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("at_once", [True, False])
def test_functions_never_share_a_folder(
    store: Repository, make_record: Make, names: list[str], folders: int, at_once: bool
) -> None:
    records = [make_record(name, f"x = {place}", SECOND + place) for place, name in enumerate(names)]
    for batch in [records] if at_once else [[record] for record in records]:
        save_records(store, batch)
    with open_index(store) as index:
        found = {PurePosixPath(version.path).parent.name.casefold() for version in index.versions_in_tree()}
    assert len(found) == folders


def test_data_types_that_differ_by_case_do_not_share_a_folder(store: Repository, make_record: Make) -> None:
    records = [make_record(data_type=kind, timestamp=SECOND) for kind in ("image", "Image", "IMAGE")]
    paths = [version.path for version in save_records(store, records[:2]).saved]
    paths += [version.path for version in save_records(store, records[2:]).saved]
    assert len({path.split("/")[1].casefold() for path in paths}) == 3


def test_a_function_keeps_its_folder_though_its_name_is_free_now(
    store: Repository, make_record: Make
) -> None:
    save_records(store, [make_record("net"), make_record("Net")])
    (version,) = save_records(store, [make_record("Net", "x = 2", SECOND + 1)]).saved
    assert version.folder.startswith(f"{FOLDER}-")


def test_a_store_of_all_names_from_the_wild_can_be_cloned_and_checked(
    store: Repository, tmp_path: Path, git: Git, make_record: Make
) -> None:
    names = [*NAMES, *(f"{name}/x" for name in NAMES)]
    records = [
        make_record(name, data_type=kind) for name in names for kind in ("numpy_array", name or "empty")
    ]
    result = save_records(store, records)
    assert len(result.saved) == len(records)
    git(store, "fsck", "--strict", "--no-dangling")
    assert git(store, "status", "--porcelain") == ""
    git(tmp_path, "-c", "core.protectHFS=true", "-c", "core.protectNTFS=true", "-c", "transfer.fsckObjects=true",
        "clone", "--quiet", "store", "clone")  # fmt: skip
    assert git(tmp_path / "clone", "status", "--porcelain") == ""
    with open_index(store) as index, open_index(find_store(tmp_path / "clone")) as cloned:
        assert index.versions_in_tree() == cloned.versions_in_tree()
        assert len(cloned.functions()) == len(records)
    for item, version in zip(records, result.saved, strict=True):
        assert (tmp_path / "clone" / version.path).read_bytes() == item.file

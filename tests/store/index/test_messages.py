import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.disk_format.trailers import to_message
from trainstore.store.git.repository import Repository
from trainstore.store.index import messages
from trainstore.store.index.update import open_index

FOLDER = "generated_training_functions/numpy_array/Net"


RUN = "training_runs/numpy_array/Net/20240101T000000Z-3fa9c1"


Git = Callable[..., str]


LONG = "x" * 100_000


HOSTILE: list[list[tuple[str, str]]] = [
    [("Trainstore-Action", "save")],
    [("Trainstore-Action", "save"), ("Path", f"{FOLDER}/a.json")],
    [("Trainstore-Action", "save"), ("Path", f"{FOLDER}/a.json"), ("Version-Timestamp", "5")],
    [("Trainstore-Action", "save"), ("Path", "generated_training_functions/../../x.json"), ("Version-Timestamp", "5"),
     ("Model-Name", "Net"), ("Data-Type", "numpy_array")],
    [("Trainstore-Action", "run"), ("Run-Path", "training_runs/../../../etc"), ("Run-Id", "../x")],
    [("Trainstore-Action", "run"), ("Run-Path", RUN), ("Run-Id", ""), ("Score", "nan"), ("Path", LONG)],
    [("Trainstore-Action", "\ud800"), ("Model-Name", "\udfff"), ("Api-Model", "\0")],
    [("Trainstore-Action", LONG), ("Model-Name", LONG), ("Data-Type", LONG)],
    [("Trainstore-Action", "prune"), ("Removed", "../../x"), ("Removed", "")],
    [("Trainstore-Action", "undo"), ("Undoes", "HEAD")],
]  # fmt: skip


def save_trailers(**fields: str) -> list[tuple[str, str]]:
    """The trailers of a save, with some values forged."""
    plain = {"Trainstore-Action": "save", "Model-Name": "Net", "Data-Type": "numpy_array",
             "Version-Timestamp": "5", "Path": f"{FOLDER}/a.json"}  # fmt: skip
    return list({**plain, **{key.replace("_", "-"): value for key, value in fields.items()}}.items())


@pytest.mark.parametrize(
    "trailers",
    [
        *HOSTILE,
        save_trailers(Version_Timestamp="9" * 15),
        save_trailers(Version_Timestamp="9" * 5000),
        save_trailers(Version_Timestamp="-1"),
        save_trailers(Version_Timestamp="٣"),
        save_trailers(Confidence="inf"),
        save_trailers(Confidence="nan"),
        save_trailers(Confidence="1e999"),
        save_trailers(Confidence="high"),
        save_trailers(Parameters="[" * 100_000),
        save_trailers(Parameters='["\\ud800", null, 1]'),
        save_trailers(Parameters=LONG),
        save_trailers(Api_Model="\ud800", Model_Name="\ud800\udfff"),
        save_trailers(Code_Digest=LONG, Space_Digest="'; DROP TABLE versions; --"),
        save_trailers(Path=f"{FOLDER}/\ud800.json"),
    ],
)
def test_forged_messages_do_no_harm(
    store: Repository,
    git: Git,
    save_versions: Callable[..., list[str]],
    trailers: list[tuple[str, str]],
    rows: Callable[..., Any],
    rebuilt: Callable[..., Any],
    versions: Callable[..., Any],
) -> None:
    save_versions(2)
    (store.root / "message").write_text(to_message("forged", trailers))
    git(store, "commit", "--quiet", "--allow-empty", "-F", "message")
    assert rows(store) == rebuilt(store)
    assert [present for _, present in versions(store)].count(True) == 2
    with open_index(store) as index:
        for event in index.events():
            assert event.timestamp is None or 0 <= event.timestamp <= 253_402_300_799
        for entry in index.functions():
            assert entry.current.present
        index.runs()
        index.all_names()


def test_commits_made_to_break_readers_do_no_harm(
    store: Repository, git: Git, rows: Callable[..., Any]
) -> None:
    tree = git(store, "rev-parse", "HEAD^{tree}")
    for author, date in [("A <a>", "99999999999999999999 +0000"), ("\udcff <\udcfe>", "-5 +9999"), ("", "")]:
        parent = git(store, "rev-parse", "HEAD")
        raw = f"tree {tree}\nparent {parent}\nauthor {author} {date}\ncommitter {author} {date}\n\n\udcff\n\nTrainstore-Action: save"
        made = subprocess.run(
            ["git", "hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
            cwd=store.root, input=raw.encode(errors="surrogateescape"), capture_output=True, check=True,
        ).stdout.decode().strip()  # fmt: skip
        git(store, "update-ref", "HEAD", made)
        rows(store)
    with open_index(store) as index:
        assert len(index.events()) == 4
        assert all(0 <= event.committed <= 253_402_300_799 for event in index.events())


def test_no_statement_numbers_what_a_sequence_gives() -> None:
    folder = Path(messages.__file__).parent
    found = [
        file.name for file in folder.glob("*.py") if re.search(r"\?[0-9]", file.read_text(encoding="utf-8"))
    ]
    assert found == []  # Python 3.12 warns of it, and 3.14 refuses it

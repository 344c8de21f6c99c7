import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainstore.disk_format.trailers import from_message
from trainstore.errors import StoreConflict
from trainstore.records.training_record import decode_record
from trainstore.store.git.repository import Repository, find_store
from trainstore.store.index.update import open_index
from trainstore.workflows.init import init_store
from trainstore.workflows.save import save_records
from trainstore.workflows.save_plan import Incoming

SECOND = 1704067200


FOLDER = "generated_training_functions/numpy_array/Net"


PATH = f"{FOLDER}/training_function_numpy_array_Net_{SECOND}.json"


Git = Callable[..., str]


Make = Callable[..., Any]


def test_each_record_becomes_one_commit_that_tells_of_it(
    store: Repository, git: Git, make_record: Make
) -> None:
    before = git(store, "rev-list", "--count", "HEAD")
    result = save_records(store, [make_record(), make_record(code="x = 2", timestamp=SECOND + 1)])
    assert int(git(store, "rev-list", "--count", "HEAD")) == int(before) + 2
    assert [str(version) for version in result.saved] == ["numpy_array/Net@1", "numpy_array/Net@2"]
    first, second = result.saved
    assert [second.commit, first.commit] == git(store, "rev-list", "-2", "HEAD").split()
    assert git(store, "show", "--name-only", "--format=", first.commit) == first.path == PATH
    message = git(store, "show", "--no-patch", "--format=%B", first.commit)
    assert message.split("\n")[0] == "save numpy_array/Net (confidence 0.92)"
    assert from_message(message) == [
        ("Trainstore-Action", "save"),
        ("Model-Name", "Net"),
        ("Data-Type", "numpy_array"),
        ("Version-Timestamp", str(SECOND)),
        ("Path", PATH),
        ("Confidence", "0.92"),
        ("Api-Model", "gpt-5"),
        ("Generated-By", "AI Code Generator 1.0"),
        ("Parameters", "lr"),
        ("Data-Kind", "numpy_array (4) values"),
        ("Code-Digest", first.code_digest),
        ("Space-Digest", first.space_digest),
    ]


def test_what_is_not_known_has_no_trailer(store: Repository, git: Git, make_record: Make) -> None:
    save_records(store, [make_record(confidence=None, metadata={}, bo_config={})])
    keys = git(store, "log", "-1", "--format=%(trailers:keyonly)").split()
    assert not {"Confidence", "Api-Model", "Generated-By", "Parameters"} & set(keys)
    assert git(store, "log", "-1", "--format=%s") == "save numpy_array/Net"


def test_git_reads_the_trailers_of_a_record_made_of_hostile_text(
    store: Repository, git: Git, make_record: Make
) -> None:
    forged = "x\n\nTrainstore-Action: prune\nConfidence: 1.0\nRemoved: everything"
    save_records(
        store,
        [make_record(forged, metadata={"api_model": forged, "generated_by": forged}, bo_config={})],
    )

    def read(key: str) -> str:
        return str(git(store, "log", "-1", f"--format=%(trailers:key={key},valueonly)"))

    assert read("Confidence").strip() == "0.92"
    assert read("Trainstore-Action").strip() == "save"
    assert read("Removed").strip() == ""
    assert json.loads(read("Model-Name")) == forged
    with open_index(store) as index:
        assert [entry.current.model_name for entry in index.functions()] == [forged]


def test_the_file_is_committed_byte_for_byte(store: Repository, git: Git, make_record: Make) -> None:
    plain = make_record().file
    file = b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n\t") + b"\r\n\n"
    save_records(store, [Incoming(decode_record(file, "x.json", 0), file)])
    assert (store.root / PATH).read_bytes() == file
    blob = git(store, "rev-parse", f"HEAD:{PATH}")
    assert blob == git(store, "hash-object", "--no-filters", PATH)
    assert git(store, "status", "--porcelain") == ""


def test_a_record_without_a_file_is_written_for_people_to_read(store: Repository, make_record: Make) -> None:
    record = make_record("모델").record
    (version,) = save_records(store, [Incoming(record)]).saved
    text = (store.root / version.path).read_text()
    assert text == json.dumps(dict(record.content), indent=2, ensure_ascii=False)


def test_what_is_current_already_makes_no_commit(store: Repository, git: Git, make_record: Make) -> None:
    save_records(store, [make_record()])
    head = git(store, "rev-parse", "HEAD")
    again = [make_record(timestamp=SECOND + 5, confidence=0.1), make_record(timestamp=SECOND)]
    result = save_records(store, again)
    assert git(store, "rev-parse", "HEAD") == head
    assert result.saved == []
    assert [version.path for version in result.unchanged] == [PATH, PATH]


def test_a_record_given_twice_is_saved_once(store: Repository, make_record: Make) -> None:
    result = save_records(store, [make_record(), make_record(), make_record("Other")])
    assert [str(version) for version in result.saved] == ["numpy_array/Net@1", "numpy_array/Other@1"]
    assert [version.path for version in result.unchanged] == [PATH]


def test_what_was_current_once_is_saved_again(store: Repository, make_record: Make) -> None:
    codes = ["a = 1", "b = 2", "a = 1"]
    records = [make_record(code=code, timestamp=SECOND + place) for place, code in enumerate(codes)]
    saved = [save_records(store, [record]).saved for record in records]
    assert [str(version) for (version,) in saved] == [f"numpy_array/Net@{ordinal}" for ordinal in (1, 2, 3)]


def test_a_changed_search_space_is_a_new_version(store: Repository, make_record: Make) -> None:
    save_records(store, [make_record()])
    (version,) = save_records(store, [make_record(timestamp=SECOND + 1, bo_config={})]).saved
    assert version.ordinal == 2


def test_a_time_that_is_taken_or_past_becomes_the_next_free_second(
    store: Repository, make_record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: SECOND + 100.7)
    times = [SECOND, SECOND, SECOND - 50, SECOND + 101, SECOND + 102]
    records = [
        make_record(code=f"x = {place}", timestamp=when, mine=place) for place, when in enumerate(times)
    ]
    result = save_records(store, records)
    got = [version.timestamp - SECOND for version in result.saved]
    assert got == [0, 100, 101, 102, 103]
    for place, version in enumerate(result.saved):
        content = json.loads((store.root / version.path).read_bytes())
        assert (content["timestamp"], content["mine"]) == (version.timestamp, place)
        assert version.path.endswith(f"_{version.timestamp}.json")


def test_one_save_and_six_give_the_same_files(
    store: Repository, empty_store: Path, tmp_path: Path, git: Git, make_record: Make
) -> None:
    git(tmp_path, "clone", "--quiet", empty_store, "other")
    other = find_store(tmp_path / "other")
    records = [make_record(f"Net{place % 3}", f"x = {place}", SECOND + place) for place in range(6)]
    save_records(store, records)
    for record in records:
        save_records(other, [record])
    assert git(store, "rev-parse", "HEAD^{tree}") == git(other, "rev-parse", "HEAD^{tree}")
    assert git(store, "log", "--format=%B") == git(other, "log", "--format=%B")


def test_the_commit_is_that_of_the_user_now(store: Repository, git: Git, make_record: Make) -> None:
    started = int(time.time())
    save_records(store, [make_record()])
    assert git(store, "log", "-1", "--format=%an <%ae> %cn <%ce>") == " ".join(
        ["Tess Ter <tess@example.org>"] * 2
    )
    for when in git(store, "log", "-1", "--format=%at %ct").split():
        assert started <= int(when) <= time.time()


def test_a_generated_version_says_so(store: Repository, git: Git, make_record: Make) -> None:
    save_records(store, [make_record()], "generate")
    assert git(store, "log", "-1", "--format=%s").startswith("generate numpy_array/Net")
    with open_index(store) as index:
        assert [event.action for event in index.events()] == ["generate", "init"]


def test_a_file_of_the_users_own_in_the_way_is_kept(store: Repository, git: Git, make_record: Make) -> None:
    (store.root / FOLDER).mkdir(parents=True)
    (store.root / PATH).write_text("mine")
    head = git(store, "rev-parse", "HEAD")
    with pytest.raises(StoreConflict, match=PATH):
        save_records(store, [make_record("Other"), make_record()])
    assert (store.root / PATH).read_text() == "mine"
    assert git(store, "rev-parse", "HEAD") == head
    assert git(store, "status", "--porcelain", "--untracked-files=all") == f"?? {PATH}"


def test_the_very_file_dropped_where_it_belongs_is_taken_up(
    store: Repository, git: Git, make_record: Make
) -> None:
    item = make_record()
    (store.root / FOLDER).mkdir(parents=True)
    (store.root / PATH).write_bytes(item.file)
    save_records(store, [item])
    assert git(store, "status", "--porcelain") == ""


def test_saving_works_right_after_init_in_a_repository_with_history(
    tmp_path: Path, git: Git, make_record: Make
) -> None:
    git(tmp_path, "init", "--quiet", "code")
    (tmp_path / "code/main.py").write_text("print()\n")
    git(tmp_path / "code", "add", ".")
    git(tmp_path / "code", "commit", "--quiet", "-m", "code")
    init_store(tmp_path / "code")
    store = find_store(tmp_path / "code")
    save_records(store, [make_record()])
    assert git(store, "ls-tree", "--name-only", "HEAD", "main.py", PATH) == f"{PATH}\nmain.py"
    assert git(store, "status", "--porcelain") == ""

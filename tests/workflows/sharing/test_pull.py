"""Pulling: what came is merged with what is new here, file by file; what the user has at hand stays."""

import os
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from trainstore.api import Store
from trainstore.errors import StoreConflict, TrainstoreError
from trainstore.store.git.repository import Repository, find_store
from trainstore.workflows.init import init_store
from trainstore.workflows.save import save_records
from trainstore.workflows.sharing.pull import PullOptions, pull_store
from trainstore.workflows.sharing.push import PushOptions, push_store
from trainstore.workflows.verification.verify import verify

Git = Callable[..., str]
Make = Callable[..., Any]
SECOND = 1704067200
PULL, PUSH = PullOptions(), PushOptions()


def versions(store: Repository) -> set[str]:
    return {
        f"{version.model_name}@{version.timestamp - SECOND}" for version in Store(store).versions_in_tree()
    }


def clean(store: Repository, git: Git) -> bool:
    return git(store, "status", "--porcelain") == ""


def test_what_is_new_there_comes_with_its_history(people: Any, git: Git, save: Make) -> None:
    save(people.ann, 0, 1)
    push_store(people.ann, PUSH)
    result = pull_store(people.ben, PULL)
    assert (result.commits, result.merged, len(result.came), result.went) == (2, False, 2, ())
    assert git(people.ben, "rev-parse", "HEAD") == result.commit == git(people.ann, "rev-parse", "HEAD")
    assert versions(people.ben) == {"Net@0", "Net@1"}
    assert clean(people.ben, git)
    assert pull_store(people.ben, PULL).commit is None


def test_two_people_who_saved_at_once_are_merged(
    people: Any, git: Git, save: Make, record_run: Callable[..., str]
) -> None:
    save(people.ann, 0, 1, 2)
    save(people.ben, 5, 6, 7)
    for person, name in ((people.ann, "Anns"), (people.ben, "Bens")):
        save(person, 0, name=name)
        record_run(person, name)
        Store(person).pin(name)
    push_store(people.ann, PUSH)
    result = pull_store(people.ben, PULL)
    assert (result.commits, result.merged) == (6, True)
    assert git(people.ben, "log", "-1", "--format=%s|%P", "HEAD").startswith("merge origin/main|")
    push_store(people.ben, PUSH)
    assert not pull_store(people.ann, PULL).merged
    for person in (people.ann, people.ben):
        assert versions(person) == {*(f"Net@{n}" for n in (0, 1, 2, 5, 6, 7)), "Anns@0", "Bens@0"}
        assert clean(person, git)
        assert len(Store(person).runs()) == 2
        assert all(Store(person).pinned(version) for version in Store(person).versions("Anns"))
        assert {problem.kind for problem in verify(person).problems} <= {"checkpoint elsewhere"}


@pytest.fixture
def plant(people: Any, git: Git) -> Callable[[str, str], None]:
    """Push a commit of Ann's that holds a file where git itself would never put one."""

    def make(folder: str, name: str) -> None:
        def add(kind: str, content: bytes) -> bytes:
            command = ["git", "hash-object", "-t", kind, "-w", "--stdin", "--literally"]
            made = subprocess.run(
                command, input=content, cwd=people.ann.root, capture_output=True, check=True
            )
            return bytes.fromhex(made.stdout.decode())

        inner = add("tree", b"100644 %s\0%s" % (name.encode(), add("blob", b"../aside\n")))
        listed = git(people.ann, "cat-file", "-p", "HEAD^{tree}").splitlines()
        entries = [(b"40000", os.fsencode(folder), inner)]
        for line in listed:
            (mode, _, identity), path = line.partition("\t")[0].split(" "), line.partition("\t")[2]
            entries.append((mode.lstrip("0").encode(), path.encode(), bytes.fromhex(identity)))
        ordered = sorted(entries, key=lambda entry: entry[1] + (b"/" if entry[0] == b"40000" else b""))
        tree = add("tree", b"".join(b"%s %s\0%s" % entry for entry in ordered)).hex()
        commit = git(people.ann, "commit-tree", tree, "-p", "HEAD", "-m", "Planted")
        git(people.ann, "push", "--quiet", "origin", f"{commit}:main")

    return make


@pytest.mark.parametrize(
    ("folder", "name"), [(".git", "commondir"), (".GIT", "new"), ("git~1", "new"), ("..", "planted")]
)
@pytest.mark.parametrize("merged", [False, True], ids=["forward", "merged"])
def test_nobody_writes_into_gits_folder_by_a_commit(
    people: Any, git: Git, save: Make, plant: Callable[[str, str], None], folder: str, name: str, merged: bool
) -> None:
    if merged:
        save(people.ben, 0)
    plant(folder, name)
    before, head = {*people.ben.git_dir.iterdir()}, git(people.ben, "rev-parse", "HEAD")
    with pytest.raises(TrainstoreError) as told:
        pull_store(people.ben, PULL)
    assert folder in told.value.message
    assert not (people.ben.root / folder / name).exists()
    assert {*people.ben.git_dir.iterdir()} - before <= {people.ben.git_dir / "FETCH_HEAD", people.ben.state}
    assert (git(people.ben, "rev-parse", "HEAD"), clean(people.ben, git)) == (head, True)


def test_what_one_took_out_and_what_the_other_added_both_happen(
    people: Any, git: Git, save: Make, record_run: Callable[..., str]
) -> None:
    save(people.ann, 0, 1, 2)
    folder = record_run(people.ann, "Net@1")
    push_store(people.ann, PUSH)
    pull_store(people.ben, PullOptions(checkpoints=True))
    Store(people.ben).rollback("Net", "@2")
    save(people.ann, 9)
    Store(people.ann).undo(git(people.ann, "log", "-1", "--format=%H", "--", f"{folder}/run.json"))
    push_store(people.ann, PUSH)
    result = pull_store(people.ben, PULL)
    assert (result.merged, versions(people.ben)) == (True, {"Net@0", "Net@1", "Net@9"})
    assert result.went == (f"{folder}/run.json",)
    assert clean(people.ben, git)


def test_the_folder_of_a_checkpoint_goes_with_its_pointer(
    people: Any, save: Make, record_run: Callable[..., str]
) -> None:
    save(people.ann, 0)
    folder = record_run(people.ann, "Net")
    push_store(people.ann, PUSH)
    pull_store(people.ben, PULL)
    Store(people.ben).undo()
    push_store(people.ben, PUSH)
    assert (people.ann.root / folder / "checkpoint").is_dir()
    result = pull_store(people.ann, PULL)
    assert (result.went, result.kept) == ((f"{folder}/run.json",), ())
    assert not (people.ann.root / folder).exists()


class TestTheUsersOwn:
    def test_what_is_staged_edited_or_new_stays(self, people: Any, git: Git, save: Make) -> None:
        save(people.ann, 0)
        push_store(people.ann, PUSH)
        save(people.ben, 0, name="Bens")
        root = people.ben.root
        (root / "notes.txt").write_text("untracked")
        (root / "staged.txt").write_text("staged")
        git(people.ben, "add", "staged.txt")
        with (root / ".dvcignore").open("a") as file:
            file.write("/edited/\n")
        before = git(people.ben, "status", "--porcelain"), git(people.ben, "diff", "HEAD")
        assert pull_store(people.ben, PULL).merged
        assert (git(people.ben, "status", "--porcelain"), git(people.ben, "diff", "HEAD")) == before
        assert versions(people.ben) == {"Net@0", "Bens@0"}

    @pytest.mark.parametrize("staged", [False, True])
    def test_an_edit_of_what_would_change_is_refused(self, people: Any, git: Git, staged: bool) -> None:
        (people.ann.root / "trainstore.toml").write_text("[retention]\nkeep-last = 2\n")
        git(people.ann, "add", "trainstore.toml")
        git(people.ann, "commit", "--quiet", "--message", "A policy")
        push_store(people.ann, PUSH)
        (people.ben.root / "trainstore.toml").write_text("mine")
        if staged:
            git(people.ben, "add", "trainstore.toml")
        before = git(people.ben, "rev-parse", "HEAD"), git(people.ben, "status", "--porcelain")
        with pytest.raises(StoreConflict, match=r"trainstore\.toml' has (staged )?changes"):
            pull_store(people.ben, PULL)
        assert (git(people.ben, "rev-parse", "HEAD"), git(people.ben, "status", "--porcelain")) == before
        assert (people.ben.root / "trainstore.toml").read_text() == "mine"

    def test_a_merge_of_theirs_is_not_disturbed(self, people: Any, git: Git, save: Make) -> None:
        save(people.ann, 0)
        push_store(people.ann, PUSH)
        (people.ben.git_dir / "MERGE_HEAD").write_text(git(people.ben, "rev-parse", "HEAD"))
        with pytest.raises(StoreConflict, match="A merge is not finished"):
            pull_store(people.ben, PULL)


class TestOneFileOnBothSides:
    def commit(self, store: Repository, git: Git, path: str, content: str) -> None:
        (store.root / path).write_text(content)
        git(store, "add", "--force", path)
        git(store, "commit", "--quiet", "--message", f"Write {path}")

    def test_lines_apart_are_merged(self, people: Any, git: Git) -> None:
        lines = [f"line {number}\n" for number in range(9)]
        self.commit(people.ann, git, "notes.txt", "".join(lines))
        push_store(people.ann, PUSH)
        pull_store(people.ben, PULL)
        self.commit(people.ann, git, "notes.txt", "".join(["first\n", *lines[1:]]))
        self.commit(people.ben, git, "notes.txt", "".join([*lines[:-1], "last\n"]))
        push_store(people.ann, PUSH)
        assert pull_store(people.ben, PULL).merged
        assert (people.ben.root / "notes.txt").read_text() == "".join(["first\n", *lines[1:-1], "last\n"])
        assert clean(people.ben, git)

    def test_data_that_both_pinned_is_ignored_by_git_on_both(self, people: Any, git: Git) -> None:
        for person, name in ((people.ann, "anns"), (people.ben, "bens")):
            (person.root.parent / f"{name}.csv").write_text("a,kind\n" + "1,x\n2,y\n" * 20)
            Store(person).add_data(name, person.root.parent / f"{name}.csv", target="kind")
        push_store(people.ann, PUSH)
        assert pull_store(people.ben, PULL).merged
        ignored = (people.ben.root / "datasets/.gitignore").read_text().splitlines()
        assert sorted(ignored) == ["/anns.csv", "/bens.csv"]
        assert [one.name for one in Store(people.ben).data_sets()] == ["anns", "bens"]

    def test_a_version_that_both_pinned_has_both_reasons(self, people: Any, save: Make) -> None:
        save(people.ann, 0)
        push_store(people.ann, PUSH)
        pull_store(people.ben, PULL)
        Store(people.ann).pin("Net", "in production")
        Store(people.ben).pin("Net", "for the paper")
        push_store(people.ann, PUSH)
        assert pull_store(people.ben, PULL).merged
        (pin,) = people.ben.root.glob("generated_training_functions/*/*/*.pin")
        assert pin.read_text() == "for the paper\nin production\n"

    def test_one_second_of_one_function_is_told_and_nothing_is_changed(
        self, people: Any, git: Git, make_record: Make, make_code: Callable[[int], str]
    ) -> None:
        save_records(people.ann, [make_record(code=make_code(1))])
        save_records(people.ben, [make_record(code=make_code(2))])
        push_store(people.ann, PUSH)
        before = git(people.ben, "rev-parse", "HEAD")
        for options in (PullOptions(dry_run=True), PULL):
            with pytest.raises(StoreConflict, match="Nothing was changed") as caught:
                pull_store(people.ben, options)
        assert "git merge origin/main" in caught.value.hint
        assert git(people.ben, "rev-parse", "HEAD") == before
        assert clean(people.ben, git)

    def test_what_is_no_plain_file_is_left_to_git(self, people: Any, git: Git) -> None:
        self.commit(people.ann, git, "run.sh", "#!/bin/sh\n")
        (people.ann.root / "run.sh").chmod(0o755)
        git(people.ann, "commit", "--quiet", "--all", "--message", "Make it a program")
        push_store(people.ann, PUSH)
        with pytest.raises(StoreConflict, match="no plain file") as caught:
            pull_store(people.ben, PULL)
        git(people.ben, *caught.value.hint.removeprefix("Let git do it: git ").split(" "))
        assert os.access(people.ben.root / "run.sh", os.X_OK)


def test_another_store_altogether_is_refused(people: Any, git: Git, tmp_path: Any) -> None:
    init_store(tmp_path / "other")
    git(tmp_path / "other", "commit", "--quiet", "--amend", "--message", "another beginning")
    git(tmp_path / "other", "remote", "add", "origin", people.git_remote)
    with pytest.raises(StoreConflict, match="nothing in common"):
        pull_store(find_store(tmp_path / "other"), PULL)


def test_a_kill_at_any_step_leaves_the_old_state_or_the_new_one(
    people: Any, git: Git, save: Make, in_child: Callable[..., int]
) -> None:
    save(people.ann, 0, 1, 2)
    push_store(people.ann, PUSH)
    save(people.ben, 0, name="Bens")
    old = git(people.ben, "rev-parse", "HEAD")
    for step in range(1, 200):
        if in_child(lambda: pull_store(people.ben, PULL), kill_at=step) >= 0:
            break
        if git(people.ben, "rev-parse", "HEAD") == old:
            save(people.ben, 0, name="Bens")  # nothing new, but it takes back what was begun
            assert clean(people.ben, git)
    assert step > 10
    assert versions(people.ben) == {"Bens@0", "Net@0", "Net@1", "Net@2"}
    assert clean(people.ben, git)
    Store(people.ben).pin("Bens")  # clears away what a kill behind the last step left
    assert verify(people.ben).problems == ()

"""A real OpenSSH server: git over ssh, DVC's objects over SFTP, and what goes wrong with it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ssh_server import SshServer

from trainstore.api import Store
from trainstore.errors import IntegrityProblem, RemoteFailed
from trainstore.workflows.save import save_records
from trainstore.workflows.sharing.pull import PullOptions, pull_store
from trainstore.workflows.sharing.push import PushOptions, push_store
from trainstore.workflows.transfers.progress import Transfer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),  # connections that a test cuts
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
Git = Callable[..., str]
PUSH = PushOptions()


@pytest.fixture
def people(
    people: Any, ssh_server: SshServer, git: Git, monkeypatch: pytest.MonkeyPatch,
    make_record: Any, record_run: Callable[..., str],
) -> Any:  # fmt: skip
    """Both share by the server alone; Ann has a run that nobody knows yet."""
    monkeypatch.setenv("GIT_SSH_COMMAND", ssh_server.git_command())
    config = people.ann.root / ".dvc/config"
    config.write_text(config.read_text().replace(str(people.storage), ssh_server.url(people.storage)))
    git(people.ann, "commit", "--quiet", "--all", "--message", "Share by the server")
    for person in (people.ann, people.ben):
        git(person, "remote", "set-url", "origin", ssh_server.url(people.git_remote))
        let_in(person, ssh_server.key)
    save_records(people.ann, [make_record()])
    record_run(people.ann, "Net", weights=b"weights" * 1000)
    return people


def let_in(person: Any, key: Path) -> None:
    (person.root / ".dvc/config.local").write_text(f"['remote \"storage\"']\n    keyfile = {key}\n")


def the_run(person: Any) -> str:
    (run,) = Store(person).runs()
    return run.run_id


def test_what_one_pushes_the_other_pulls_and_gets_when_it_is_needed(people: Any, cached: Any) -> None:
    result = push_store(people.ann, PUSH)
    assert (result.objects, people.objects().keys()) == (3, cached(people.ann))
    assert push_store(people.ann, PUSH).objects == 0
    assert len(pull_store(people.ben, PullOptions()).came) == 2
    files = Store(people.ben).checkpoint_files(the_run(people.ben))
    assert files["weights.safetensors"].read_bytes() == b"weights" * 1000
    assert list((people.storage / "files/md5").glob("*.tmp")) == []


def test_what_left_the_tree_goes_from_the_server(people: Any, git: Git) -> None:
    push_store(people.ann, PUSH)
    Store(people.ann).undo()
    push_store(people.ann, PUSH)
    plan = Store(people.ann).remote_reclaim_plan(grace_s=0)
    assert len(plan.plan.objects) == len(people.objects()) == 3
    steps: list[str] = []
    done = Store(people.ann).remote_reclaim(plan, Transfer(steps.append)).result
    assert done.reclaimed_bytes == plan.plan.reclaimable_bytes > 7000
    assert people.objects() == {} and steps[-1] == "freeing 3 objects on the DVC remote 'storage'"
    assert "reclaim" not in git(people.git_remote, "for-each-ref")
    assert len([*people.storage.glob(".trainstore/*/*")]) == 1


def test_a_server_that_is_lost_while_it_is_freed(people: Any, ssh_server: SshServer, git: Git) -> None:
    push_store(people.ann, PUSH)
    Store(people.ann).undo()
    push_store(people.ann, PUSH)
    plan = Store(people.ann).remote_reclaim_plan(grace_s=0)

    def cut(step: str) -> None:
        if step.startswith("freeing"):
            ssh_server.kill()

    with pytest.raises(RemoteFailed):
        Store(people.ann).remote_reclaim(plan, Transfer(cut))
    assert "refs/trainstore/reclaim" in git(people.git_remote, "for-each-ref")
    ssh_server.start()
    Store(people.ann).remote_reclaim(Store(people.ann).remote_reclaim_plan(grace_s=0))
    assert people.objects() == {}
    assert "refs/trainstore/reclaim" not in git(people.git_remote, "for-each-ref")


def test_a_key_that_the_server_does_not_know(
    people: Any, ssh_server: SshServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_in(people.ann, ssh_server.stranger)
    with pytest.raises(RemoteFailed, match="the DVC remote 'storage': it does not let you") as caught:
        push_store(people.ann, PUSH)
    assert "dvc remote modify --local" in caught.value.hint
    monkeypatch.setenv("GIT_SSH_COMMAND", ssh_server.git_command(ssh_server.stranger))
    with pytest.raises(RemoteFailed, match=r"git fetch with the remote 'origin' failed: .*Permission denied"):
        push_store(people.ann, PUSH)


def test_a_server_that_is_not_there(people: Any, ssh_server: SshServer) -> None:
    push_store(people.ann, PUSH)
    pull_store(people.ben, PullOptions())
    ssh_server.kill()
    with pytest.raises(RemoteFailed, match=r"git fetch with the remote 'origin' failed: .*refused"):
        push_store(people.ann, PUSH)
    with pytest.raises(RemoteFailed, match=r"Could not .* the DVC remote 'storage'"):
        Store(people.ben).checkpoint_files(the_run(people.ben))


def test_a_connection_lost_mid_way_loses_nothing_and_the_next_push_completes(
    people: Any, ssh_server: SshServer, git: Git, cached: Any, record_run: Callable[..., str]
) -> None:
    record_run(people.ann, "Net", weights=os.urandom(20_000_000))
    before = git(people.git_remote, "rev-parse", "main")

    def cut(done: int, total: int) -> None:
        if done > total // 2:
            ssh_server.kill()

    with pytest.raises(RemoteFailed, match="Could not send to the DVC remote 'storage'") as caught:
        push_store(people.ann, PUSH, Transfer(on_bytes=cut))
    assert "goes on from there" in caught.value.hint
    assert git(people.git_remote, "rev-parse", "main") == before
    assert all(not identity.endswith(".dir") for identity in people.objects())
    ssh_server.start()
    push_store(people.ann, PUSH)
    assert people.objects().keys() == cached(people.ann)
    assert git(people.git_remote, "rev-parse", "main") == git(people.ann, "rev-parse", "HEAD")


def test_a_server_that_gives_other_bytes_is_found_out(people: Any, cached: Any) -> None:
    push_store(people.ann, PUSH)
    pull_store(people.ben, PullOptions())
    largest = max(people.objects().items(), key=lambda item: item[1])[0]
    people.place(largest).write_bytes(b"another" * 1000)
    with pytest.raises(IntegrityProblem, match=largest):
        Store(people.ben).checkpoint_files(the_run(people.ben))
    assert largest not in cached(people.ben)


@pytest.fixture
def small_disk(people: Any, ssh_server: SshServer) -> Path:
    """The storage is a file system of 64 KB that the server alone sees; it goes with the server."""
    ssh_server.kill()
    mount = f"mount --make-rprivate / && mount -t tmpfs -o size=64k none {people.storage}"
    ssh_server.before = ("unshare", "--mount", "sh", "-c", f'{mount} && exec "$@"', "sh")
    try:
        ssh_server.start()
    except AssertionError as error:
        pytest.skip(f"no process here may have mounts of its own: {error}")
    return Path(f"/proc/{ssh_server.processes[-1].pid}/root{people.storage}")


def test_a_full_disk_there_is_told_and_room_is_all_it_takes(
    people: Any, small_disk: Path, git: Git, cached: Any, record_run: Callable[..., str]
) -> None:
    before = git(people.git_remote, "rev-parse", "main")
    (small_disk / "filler").write_bytes(bytes(40_000))
    record_run(people.ann, "Net", weights=os.urandom(30_000))
    with pytest.raises(RemoteFailed, match="the server could not do it") as caught:
        push_store(people.ann, PUSH)
    assert "disk is full" in caught.value.hint
    assert git(people.git_remote, "rev-parse", "main") == before
    (small_disk / "filler").unlink()
    push_store(people.ann, PUSH)
    assert people._replace(storage=small_disk).objects().keys() == cached(people.ann)


def test_git_refuses_what_would_run_a_program(people: Any, git: Git, tmp_path: Path) -> None:
    git(people.ann, "remote", "set-url", "origin", f"ext::sh -c touch% {tmp_path}/ran")
    with pytest.raises(RemoteFailed, match="transport 'ext' not allowed"):
        push_store(people.ann, PUSH)
    assert not (tmp_path / "ran").exists()

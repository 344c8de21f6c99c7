import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from trainstore.execution.job_folder import JobFolder
from trainstore.execution.sandbox.bubblewrap import bubblewrap_command
from trainstore.execution.sandbox.tree import Step, private_tree
from trainstore.execution.sandbox.view import View

VIEW = View(readable=("/usr", "/opt/python"), links=(("/bin", "usr/bin"),), devices=("/dev/null",))


@pytest.fixture
def job() -> Iterator[JobFolder]:
    with JobFolder.create() as job:
        yield job


def by_place(steps: list[Step]) -> dict[str, Step]:
    return {step.place: step for step in steps}


def test_parents_come_before_what_they_hold(job: JobFolder) -> None:
    seen: set[str] = {"/"}
    for step in private_tree(VIEW, job, 1 << 20):
        assert str(Path(step.place).parent) in seen or step.place.startswith("/usr/"), step.place
        seen.add(step.place)


def test_a_job_is_read_only_but_for_its_scratch_and_its_results_are_not_there(job: JobFolder) -> None:
    steps = by_place(private_tree(VIEW, job, 1 << 20))
    for path in (job.inputs, job.code, job.library, job.request):
        assert steps[str(path)].kind == "bind"
    for path in (job.home, job.tmp):
        assert steps[str(path)].kind == "folder"
    assert str(job.weights.parent) not in steps
    assert [place for place, step in steps.items() if step.kind == "scratch"] == [
        *([] if "/tmp" in map(str, job.root.parents) else [str(job.root)]), "/dev/shm", "/tmp",
    ]  # fmt: skip
    assert {step.size for step in steps.values() if step.kind == "scratch"} == {1 << 20}


def test_a_job_elsewhere_has_scratch_of_its_own(tmp_path: Path) -> None:
    steps = by_place(private_tree(VIEW, JobFolder(Path("/var/jobs/one")), 1 << 20))
    assert steps["/var/jobs/one"].kind == "scratch"
    assert steps["/var/jobs"].kind == "folder"


def test_bubblewrap_is_told_every_step_and_that_nothing_else_can_be_written(job: JobFolder) -> None:
    steps = private_tree(VIEW, job, 4096)
    command = bubblewrap_command("/usr/bin/bwrap", steps, True, "/home")
    text = " ".join(command)
    assert command[0] == "/usr/bin/bwrap" and command[-1] == "--"
    assert "--unshare-net" in command and "--unshare-pid" in command and "--unshare-user" in command
    assert "--size 4096 --perms 1777 --tmpfs /tmp" in text
    assert f"--ro-bind {os.path.realpath('/usr')} /usr" in text
    assert "--symlink usr/bin /bin" in text
    assert "--dev-bind /dev/null /dev/null" in text
    assert text.endswith("--remount-ro / --chdir /home --")
    assert "--bind " not in text


def test_bubblewrap_keeps_no_capability_but_those_to_change_the_user(job: JobFolder) -> None:
    kept = [command[place + 1] for command in [bubblewrap_command("bwrap", [], False, "/")]
            for place, word in enumerate(command) if word == "--cap-add"]  # fmt: skip
    assert kept == ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"]
    assert "--cap-add" not in bubblewrap_command("bwrap", [], True, "/")

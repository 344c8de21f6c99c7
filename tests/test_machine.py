from pathlib import Path

import psutil
import pytest

from trainstore import machine


def test_what_this_machine_has() -> None:
    assert 0 < machine.memory_bytes() <= psutil.virtual_memory().total
    assert 0 < machine.processors() <= (psutil.cpu_count() or 1)
    assert machine.free_scratch_bytes() > 0


@pytest.mark.parametrize(
    ("membership", "files", "limit"),
    [
        ("0::/a/b", {"a/b/memory.max": "max", "a/memory.max": "1000000", "memory.max": "2000000"}, 1_000_000),
        ("0::/gone", {"memory.max": "3000000"}, 3_000_000),
        ("4:cpu,memory:/x", {"memory/x/memory.limit_in_bytes": "4000000"}, 4_000_000),
        ("4:memory:/x", {"memory/x/memory.limit_in_bytes": str(1 << 62)}, None),
        ("0::/", {}, None),
    ],
)
def test_the_smallest_limit_of_a_control_group_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, membership: str, files: dict[str, str], limit: int | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{text}\n")
    (tmp_path / "memberships").write_text(f"{membership}\n")
    monkeypatch.setattr(machine, "_CGROUPS", tmp_path)
    monkeypatch.setattr(machine, "_MEMBERSHIPS", tmp_path / "memberships")
    assert machine.memory_bytes() == (limit or psutil.virtual_memory().total)

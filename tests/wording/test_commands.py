"""Commands that a person can copy."""

import msgspec
import pytest

from trainstore.records.run_record import RunRecord
from trainstore.wording.commands import seed_commands

ONCE = "trainstore run numpy_array/Net@1 --data sklearn:wine --seed 1"


@pytest.fixture
def run() -> RunRecord:
    return RunRecord(
        run_id="20240101T000000Z-000001", action="run", function="numpy_array/Net", version={}, outcome="succeeded",
        reason=None, error=None, data={"source": "sklearn:wine"}, hyperparameters={}, chosen={}, left_out=[],
        out_of_range=[], seed=0, threads=1, timeout_s=None, device={"requested": "auto", "used": "cpu"},
        environment={}, claimed_metrics={}, curves={}, unrecorded=[], scored_metrics=None, scoring={}, checkpoint=None,
        weights_digest=None, sandbox={}, output="", started_at="2024-01-01T00:00:00Z", duration_s=1.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("used", "told"), [("cpu", [ONCE]), ("cuda", [ONCE, ONCE.replace(" --seed", " --device cuda --seed")])]
)
def test_a_run_and_its_rerun_need_one_more_seed_on_each_device(
    run: RunRecord, used: str, told: list[str]
) -> None:
    again = msgspec.structs.replace(run, action="rerun", device={"requested": used, "used": used})
    name = "numpy_array/Net@1"
    assert seed_commands([(name, run, [run]), (name, again, [again])]) == told
    assert seed_commands([(name, run, [run, again]), (name, None, [])]) == []

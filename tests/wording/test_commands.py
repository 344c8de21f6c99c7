"""Commands that a person can copy."""

import msgspec
import pytest
from sample_run import sample_run

from trainstore.records.run_record import RunRecord
from trainstore.wording.commands import seed_commands

ONCE = "trainstore run numpy_array/Net@1 --data sklearn:wine --seed 1"


@pytest.fixture
def run() -> RunRecord:
    return sample_run(data={"source": "sklearn:wine"})


@pytest.mark.parametrize(
    ("used", "told"), [("cpu", [ONCE]), ("cuda", [ONCE, ONCE.replace(" --seed", " --device cuda --seed")])]
)
def test_a_run_and_its_rerun_need_one_more_seed_on_each_device(
    run: RunRecord, used: str, told: list[str]
) -> None:
    again = msgspec.structs.replace(
        run, action="rerun", device={**run.device, "requested": used, "used": used}
    )
    name = "numpy_array/Net@1"
    assert seed_commands([(name, run, [run]), (name, again, [again])]) == told
    assert seed_commands([(name, run, [run, again]), (name, None, [])]) == []

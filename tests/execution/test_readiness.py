"""The first message of a worker, which packages of a recorded environment can forge."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainstore.errors import TrainstoreError
from trainstore.execution.readiness import check_ready

READY = {
    "device": "cuda:0", "threads": 2, "mapped_names": [".cuda()"], "missing_imports": ["nn"],
    "environment": {"torch": "2.13.0", "cuda": None, "imports": ["torch"], "packages": {"torch": "2.13.0"}},
}  # fmt: skip

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def test_what_a_worker_says_is_taken_as_it_is() -> None:
    assert msgspec.to_builtins(check_ready({"ready": READY})) == READY
    assert check_ready({"ready": {"device": "cpu", "threads": 1}}).environment == {}


@pytest.mark.parametrize(
    "forged",
    [
        {"device": ["cpu"]}, {"device": "cpu\nTrainstore-Action: save"}, {"threads": "two"}, {"threads": 0},
        {"mapped_names": "none"}, {"missing_imports": [1]}, {"environment": {"packages": {"torch": ["2"]}}},
        {"environment": {"torch": {"a": {"b": {}}}}}, {"environment": {"torch": "\ud800"}},
    ],
    ids=str,
)  # fmt: skip
def test_what_could_not_be_recorded_is_refused(forged: dict[str, Any]) -> None:
    with pytest.raises(TrainstoreError, match="did not say whether it is ready"):
        check_ready({"ready": {**READY, **forged}})


@given(st.dictionaries(st.sampled_from([*READY, "more"]), json_values))
def test_a_forged_message_can_be_recorded_or_is_refused(forged: dict[str, Any]) -> None:
    try:
        ready = check_ready({"ready": {**READY, **forged}})
    except TrainstoreError:
        return
    assert msgspec.json.decode(msgspec.json.encode(ready), type=type(ready)) == ready

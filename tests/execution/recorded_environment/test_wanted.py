from typing import Any

import pytest

from trainstore.errors import EnvironmentUnavailable
from trainstore.execution.recorded_environment.wanted import differing, installed, read_wanted, this_python

RECORDED = {
    "python": "3.11.7",
    "packages": {
        "torch": "2.13.0+cpu", "numpy": "2.4.6", "cloudpickle": "3.1.2", "safetensors": "0.8.0", "Sci_Kit.Learn": "1.9",
    },
    "imports": ["Sci_Kit.Learn"],
}  # fmt: skip


def test_names_are_compared_as_indexes_do() -> None:
    wanted = read_wanted("r", RECORDED)
    assert wanted.python == "3.11"
    assert wanted.roots == ("cloudpickle", "numpy", "safetensors", "sci-kit-learn", "torch")
    assert wanted.versions["sci-kit-learn"] == "1.9"


@pytest.mark.parametrize(
    "change",
    [
        {"packages": None},
        {"imports": None},
        {"imports": ["never-recorded"]},
        {"python": None},
        {"python": "2.7.18"},
        {"python": "3.10.2"},
        {"python": "3.11"},
        {"python": "3.11.7 --version"},
    ],
    ids=str,
)
def test_a_record_that_does_not_say_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(EnvironmentUnavailable):
        read_wanted("r", {**RECORDED, **change})


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("numpy", "2.0 --index-url http://127.0.0.1"),
        ("numpy", "2.0\n-r /etc/passwd"),
        ("numpy", "2.0 @ file:///tmp/x.whl"),
        ("numpy", ""),
        ("numpy", None),
        ("numpy", ["2.0"]),
        ("-r requirements", "1.0"),
        ("numpy @ http://127.0.0.1/x", "1.0"),
        ("numpy[extra]", "1.0"),
        ("../numpy", "1.0"),
    ],
    ids=repr,
)
def test_nothing_but_names_and_versions_reaches_pip(name: str, version: Any) -> None:
    packages = {**RECORDED["packages"], name: version}  # type: ignore[dict-item]
    if name == "numpy":
        with pytest.raises(EnvironmentUnavailable, match="numpy"):
            read_wanted("r", {**RECORDED, "packages": packages})
    else:
        versions = read_wanted("r", {**RECORDED, "packages": packages}).versions
        assert versions == read_wanted("r", RECORDED).versions


def test_what_the_roots_need_counts_and_what_they_do_not_need_does_not() -> None:
    here = installed()
    recorded = {"python": f"{this_python()}.0", "packages": dict(here), "imports": []}
    assert differing(read_wanted("r", recorded), here) == []
    recorded["packages"] = {**here, "sympy": "0.1", "click": "0.1", "torch": "0.1"}
    assert differing(read_wanted("r", recorded), here) == ["sympy", "torch"]

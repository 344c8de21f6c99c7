import copy
from typing import Any

from trainstore.execution.environment_changes import (
    as_causes,
    environment_changes,
    in_few_words,
    other_packages,
)

RUN: dict[str, Any] = {
    "device": {"used": "cpu", "mapped": False},
    "threads": 1,
    "portable": False,
    "environment": {
        "python": "3.11.7", "torch": "2.6.0", "numpy": "2.0.0", "cpu_capability": "AVX2", "driver": None,
        "packages": {"torch": "2.6.0", "numpy": "2.0.0", "click": "8.1", "rich": "13.7", "PyYAML": "6.0", "scipy": "1.1"},
        "imports": ["torch"],
    },
}  # fmt: skip


def changed(packages: dict[str, str | None] | None = None, **environment: Any) -> dict[str, Any]:
    """``RUN`` with another environment; a package that is None is not installed."""
    run = copy.deepcopy(RUN)
    run["environment"] |= environment
    for name, version in (packages or {}).items():
        run["environment"]["packages"][name] = version
        if version is None:
            del run["environment"]["packages"][name]
    return run


def test_nothing_differs_between_equal_environments() -> None:
    assert environment_changes(RUN, copy.deepcopy(RUN)) == []
    assert (as_causes([]), other_packages([]), in_few_words([])) == ([], "", "")


def test_what_may_change_bits_comes_first_and_the_rest_is_short() -> None:
    other = changed(
        {"click": "8.2", "rich": None, "aiohttp": "3.9", "zipp": "1", "yarl": "1", "torch": "2.7.0"},
        torch="2.7.0", python="3.12.1", driver="550.54.14",
    ) | {"threads": 2, "portable": True}  # fmt: skip
    changes = environment_changes(RUN, other)
    assert as_causes(changes) == [
        "threads: 1 → 2",
        "portable arithmetic: False → True",
        "torch: 2.6.0 → 2.7.0",
        "GPU driver: none → 550.54.14",
        "Python: 3.11.7 → 3.12.1",
    ]
    assert other_packages(changes) == (
        "5 packages that the code does not import: aiohttp none → 3.9, click 8.1 → 8.2, rich 13.7 → none, and 2 more"
    )
    assert in_few_words(changes) == (
        "threads, portable arithmetic, torch, GPU driver, Python and 5 other packages"
    )


def test_every_package_that_differs_is_there_added_removed_or_changed() -> None:
    changes = environment_changes(RUN, changed({"click": "8.2", "rich": None, "zipp": "1"}))
    assert changes == [
        {"what": "click", "original": "8.1", "rerun": "8.2", "cause": False},
        {"what": "rich", "original": "13.7", "rerun": None, "cause": False},
        {"what": "zipp", "original": None, "rerun": "1", "cause": False},
    ]
    assert in_few_words(changes) == "3 packages"


def test_what_the_code_imports_comes_before_libraries_of_arithmetic_and_all_else_is_no_cause() -> None:
    libraries = {f"nvidia-{name}-cu13": "9" for name in ("cublas", "cudnn", "cufft", "nccl", "nvtx")}
    other = changed({"scipy": "1.2", "click": "8.2", **libraries}, imports=["scipy", "torch"])
    changes = environment_changes(RUN, other)
    assert [change["what"] for change in changes] == ["scipy", *libraries, "click"]
    assert as_causes(changes) == [
        "scipy: 1.1 → 1.2",
        "libraries of arithmetic: nvidia-cublas-cu13 none → 9, nvidia-cudnn-cu13 none → 9, "
        "nvidia-cufft-cu13 none → 9, and 2 more",
    ]
    assert other_packages(changes) == "1 package that the code does not import: click 8.1 → 8.2"
    assert in_few_words(changes) == "scipy, libraries of arithmetic and 1 other package"


def test_another_spelling_of_a_name_is_no_change() -> None:
    assert environment_changes(RUN, changed({"PyYAML": None, "pyyaml": "6.0"})) == []


def test_a_run_that_did_not_list_its_packages_is_not_said_to_have_had_none() -> None:
    other = copy.deepcopy(RUN)
    del other["environment"]["packages"]
    assert environment_changes(RUN, other) == environment_changes(other, RUN) == []

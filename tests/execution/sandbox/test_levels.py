import pytest

from trainstore.execution.sandbox.levels import Layer, level_of, reaches, report, sandbox_demand

FOUNDATION = ("no_new_privileges", "no_capabilities")


def layers(*active: str) -> list[Layer]:
    names = ("namespaces", "landlock", "seccomp", *FOUNDATION)
    return [Layer(name, name in active, "" if name in active else f"no {name} here") for name in names]


@pytest.mark.parametrize(
    ("active", "level"),
    [
        (("namespaces", "landlock", "seccomp", *FOUNDATION), "strong"),
        (("landlock", "seccomp", *FOUNDATION), "partial"),
        (("namespaces", "seccomp", *FOUNDATION), "partial"),
        (("namespaces", "landlock", *FOUNDATION), "partial"),
        (("seccomp", *FOUNDATION), "weak"),
        (("namespaces", "landlock", "seccomp", "no_new_privileges"), "weak"),
        (("namespaces", "landlock", "seccomp", "no_capabilities"), "weak"),
        ((), "weak"),
    ],
)
def test_the_level_is_what_the_active_layers_add_up_to(active: tuple[str, ...], level: str) -> None:
    assert level_of(layers(*active)) == level


def test_levels_are_in_order() -> None:
    assert reaches("strong", "partial")
    assert reaches("partial", "partial")
    assert not reaches("weak", "partial")


def test_a_report_names_what_is_active_and_says_why_not_for_the_rest() -> None:
    assert report(layers("landlock", "seccomp", *FOUNDATION)) == {
        "level": "partial",
        "layers": ["landlock", "seccomp", *FOUNDATION],
        "missing": {"namespaces": "no namespaces here"},
    }


def test_weak_is_refused_unless_it_is_allowed() -> None:
    assert sandbox_demand(allow_weak=False).least == "partial"
    assert sandbox_demand(allow_weak=True).least == "weak"
    assert sandbox_demand(allow_weak=True).most == "strong"

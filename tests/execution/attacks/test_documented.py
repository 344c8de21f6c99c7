"""The page that people decide by says what the catalogue says, and the catalogue is whole."""

import ast
from pathlib import Path

from trainstore.execution.attacks.attack import Attack
from trainstore.execution.attacks.catalogue.all_attacks import ATTACKS
from trainstore.execution.attacks.programs import launch
from trainstore.execution.sandbox.levels import LEVELS, Level

PAGE = Path(__file__).parents[3] / "docs" / "security.md"


def cell(attack: Attack, level: Level) -> str:
    by_root, by_user = (attack.stopped_at(level, root) for root in (True, False))
    if not by_root:
        return "**open**"
    if level == "partial" and attack.only_with:
        return f"{' or '.join(by_root)}; **open** without `{attack.only_with}`"
    return " or ".join(by_root) if by_user else f"**open**; for root {' or '.join(by_root)}"


def table() -> str:
    """The whole table as it has to stand on the page."""
    rows = [
        f"| {attack.tries.removesuffix('.')} (`{attack.name}`) | "
        + " | ".join(cell(attack, level) for level in LEVELS)
        + " |"
        for attack in ATTACKS
    ]
    return "\n".join(["| attack | weak | partial | strong |", "|---|---|---|---|", *rows])


def reasons() -> str:
    """Why what stays open does, as it has to stand on the page."""
    rows: dict[str, list[str]] = {}
    for attack in ATTACKS:
        if attack.why_open:
            rows.setdefault(attack.why_open, []).append(f"`{attack.name}`")
    return "\n".join(f"- {', '.join(names)}: {why}." for why, names in rows.items())


def test_the_page_has_the_table() -> None:
    assert table() in PAGE.read_text(), f"put this into {PAGE}:\n{table()}"
    assert reasons() in PAGE.read_text(), f"put this into {PAGE}:\n{reasons()}"


def test_strong_leaves_open_what_is_said_above_the_table() -> None:
    still_open = [attack.name for attack in ATTACKS if not attack.strong]
    section = PAGE.read_text().partition("## What stays open at strong")[2].partition("\n## ")[0]
    assert still_open
    for name in still_open:
        assert f"`{name}`" in section, name


def test_every_program_is_tried_and_every_attack_has_a_program() -> None:
    programs = Path(launch.__file__).parent
    written = {
        (file.stem, node.name.replace("_", "-"))
        for file in programs.glob("*.py")
        if file.stem not in ("__init__", "launch", "attempt")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }
    assert written == {(attack.theme, attack.name) for attack in ATTACKS}
    assert len(ATTACKS) == len(written) >= 35


def test_what_stays_open_says_why_and_what_does_not_has_nothing_to_say() -> None:
    for attack in ATTACKS:
        stays_open = bool(attack.only_with) or any(
            not attack.stopped_at(level, root) for level in LEVELS for root in (True, False)
        )
        assert bool(attack.why_open) is stays_open, attack.name

"""What ``trainstore doctor --attack`` prints."""

from collections import Counter
from typing import TYPE_CHECKING

import click

from trainstore.api import attack_sandbox
from trainstore.cli.output import print_json
from trainstore.cli.table import print_table
from trainstore.documents.diagnosis import of_siege, result_of, why_of
from trainstore.errors import TrainstoreError

if TYPE_CHECKING:
    from trainstore.execution.attacks.attack import Finding
    from trainstore.execution.sandbox.levels import Level
    from trainstore.workflows.diagnosis.attack import Siege


def run_attacks(level: "Level | None", as_json: bool) -> None:
    """Attack, tell each finding on stderr, and print all of them."""
    siege = attack_sandbox(level, _tell)
    if as_json:
        print_json(of_siege(siege))
    else:
        _print(siege)
    breaches = len(siege.breaches)
    if breaches:
        what = "1 attack" if breaches == 1 else f"{breaches} attacks"
        raise TrainstoreError(
            f"{what} succeeded that the {siege.level} sandbox should stop.",
            "Run only code that you trust, and report it with this table.",
        )


def _tell(finding: "Finding") -> None:
    how = {True: "succeeded", False: f"stopped by {finding.stopped_by}", None: finding.sign}[
        finding.succeeded
    ]
    click.secho(f"· {finding.attack.name}: {how}", dim=True, err=True)


def _print(siege: "Siege") -> None:
    rows = []
    for finding in siege.findings:
        result = result_of(siege, finding)
        told = f"{result} by {finding.stopped_by}" if result == "stopped" else result
        rows.append(
            (finding.attack.name, told.upper() if result == "succeeded" else told, why_of(siege, finding))
        )
    print_table(("ATTACK", "RESULT", "WHY"), rows)
    counts = Counter(result_of(siege, finding) for finding in siege.findings)
    told = ", ".join(f"{count} {result}" for result, count in sorted(counts.items()))
    click.echo(f"\nThe {siege.level} sandbox: {told}.")

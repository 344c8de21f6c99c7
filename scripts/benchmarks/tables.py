"""The tables of a benchmark, for people and for programs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple
from pathlib import Path
from typing import Any


def print_table(title: str, headers: tuple[str, ...], rows: Sequence[Any]) -> None:
    """Print rows, dataclasses of texts, as Markdown below their title."""
    lines = [headers, ("---",) * len(headers), *map(astuple, rows)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    print(f"\n### {title}\n\n{table}", flush=True)


def write_tables(file: Path | None, tables: Mapping[str, Sequence[Any]], **about: str) -> None:
    """Write all tables as JSON, where a file is named."""
    if file is not None:
        content = {title: [asdict(row) for row in rows] for title, rows in tables.items()}
        file.write_text(json.dumps({**about, "tables": content}, indent=2) + "\n")

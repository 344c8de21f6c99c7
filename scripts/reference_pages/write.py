"""Write docs/reference/ from the code: commands from click, exit codes from the errors,
the JSON from the types of its documents, the interface from its signatures."""

import argparse
from pathlib import Path

from commands import commands_page
from exit_codes import exit_codes_page
from json_page import json_page
from json_schema import json_schema
from python_api import python_page

PAGES = {
    "commands.md": commands_page,
    "exit-codes.md": exit_codes_page,
    "json.md": json_page,
    "json.schema.json": json_schema,
    "python.md": python_page,
}


def main() -> None:
    """Write the pages into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parents[2] / "docs/reference")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()

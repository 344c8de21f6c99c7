"""How each page with commands is treated: where its commands run, and which do not, with the reason.

A command is named by the beginning of its first line.
"""

from dataclasses import dataclass, field

INDEX = "installs from a package index, which tests do not ask"
PAST = "the page shows a store with another past"
BENCH = "measures for minutes; tests/scripts runs each suite at a small size"
STARTS = "starts a program that is not there; a stand-in of the tests answers in its place"
CLUSTER = "needs several machines; tests/workflows/tuning has a cluster of three nodes"


@dataclass(frozen=True)
class Page:
    """Where the commands of a page run, in order, each in the folder in which the one before it ended.

    ``place`` names a fixture of conftest.py, ``stand_ins`` has what is at hand in the place of what is not,
    ``not_run`` commands are only looked up in the command line, and of ``not_compared`` ones the output is not
    compared with the one that the page shows.
    """

    place: str
    stand_ins: dict[str, str] = field(default_factory=dict)
    not_run: dict[str, str] = field(default_factory=dict)
    not_compared: dict[str, str] = field(default_factory=dict)


CLONING = {"git clone": INDEX, "cd trainstore": "belongs to the line before", "scripts/install": INDEX,
           "export PATH": "belongs to the lines before"}  # fmt: skip
ON_TINY = {"numpy_array/MLP": "numpy_array/Tiny", "MLP": "Tiny", "sklearn:digits": "sklearn:wine"}

PAGES = {
    "README.md": Page("clone", not_run=CLONING),
    "docs/tutorial.md": Page("clone", not_run=CLONING),
    "docs/how-to/import-a-folder.md": Page("old_folder"),
    "docs/how-to/gpu-code-on-a-laptop.md": Page("store_in_home"),
    "docs/how-to/ollama.md": Page("served", not_run={"OLLAMA_CONTEXT_LENGTH": STARTS, "ollama": STARTS}),
    "docs/how-to/prune-nightly.md": Page("shared", not_run={"python -m pip": INDEX}),
    "docs/how-to/verify-in-ci.md": Page("shared", {"ssh://git.example.org": "{home}"}),
    "docs/how-to/tune-on-ray.md": Page(
        "newcomer",
        not_run={"pip install": INDEX, "ray start": CLUSTER,
                 "trainstore tune MLP --data sklearn:wine --trials 200": CLUSTER},
    ),
    "docs/compare.md": Page(
        "trained_here",
        {**ON_TINY, "SimpleCNN@4": "Tiny@3", "20261123T102854Z": "{run}", "20261123T102913Z": "{rerun}"},
    ),
    "docs/data.md": Page("store_in_home"),
    "docs/devices.md": Page("store_in_home", {"MLP@3": "Kernel@1"}),
    "docs/generation.md": Page(
        "newcomer", not_run={"trainstore generate --from": "asks a model in three rounds; tests/workflows does it"}
    ),
    "docs/installing.md": Page("clone", not_run={name: "tests/packaging does it" for name in ("pip", "pipx", "uv")}),
    "docs/integrity.md": Page("shared"),
    "docs/performance.md": Page("newcomer", not_run={"scripts/bench": BENCH}),
    "docs/reproducibility.md": Page(
        "trained_here",
        {**ON_TINY, "20261123T071955Z-4bbc38": "{run}"},
        not_run={
            "trainstore run MLP": "the tutorial does it",
            "trainstore rerun 20261123T072135Z-0c6376": "tests/workflows has functions with this verdict",
            "trainstore rerun 20261123T072206Z-d72df2": "tests/workflows has functions with this verdict",
            "trainstore rerun 20261123T072522Z-c79279": INDEX,
            "trainstore rerun --all": "docs/how-to/verify-in-ci.md does it",
        },
        not_compared={"trainstore rerun 20261123T071955Z-4bbc38": PAST},
    ),
    "docs/retention.md": Page(
        "shared", {"BiLSTM@3": "Tiny@1"},
        not_compared={"trainstore": PAST, "git log": PAST},
    ),
    "docs/scale.md": Page("newcomer", not_run={"scripts/bench": BENCH}),
    "docs/security.md": Page(
        "newcomer", not_run={"trainstore doctor --attack": "81 attacks take minutes; tests/execution makes each"}
    ),
    "docs/sharing.md": Page(
        "trained_here",
        {"ssh://git.example.org": "{home}", "ssh://files.example.org/srv": "{home}",
         "20261123T102617Z-14a3c7": "{run}",
         "verify --remote": "verify --remote; rm -r {home}/storage/files; trainstore verify --remote"},
        not_compared={"trainstore": PAST, "git clone": PAST},
    ),
    "docs/starters.md": Page(
        "newcomer", {"scripts/make_ragged_digits": "{root}/scripts/make_ragged_digits"},
        not_run={"trainstore run": "trains to the end, for minutes; tests/generation trains each starter briefly"},
    ),
    "docs/tuning.md": Page(
        "store_in_home", {"--trials 20 --range epochs=5..20": "--trials 2 --set epochs=5"},
        not_run={"trainstore rerun": "docs/tutorial.md does it"},
        not_compared={"trainstore": PAST},
    ),
    "docs/reference/commands.md": Page(
        "newcomer", not_run={"trainstore": "written from the help of each command; tests/cli/test_help.py holds it"}
    ),
    "docs/ui.md": Page("trained_here", {"BiLSTM@3": "Tiny@3"}),
}  # fmt: skip

"""How each page with commands is treated: where its commands run, and which do not, with the reason."""

from dataclasses import dataclass, field

INDEX = "installs from a package index, which tests do not ask"
PAST = "the page shows a store with another past"
BENCH = "measures for minutes; tests/scripts runs each suite at a small size"
OLLAMA = "the program is not there; a server of the tests answers in its place"
CLUSTER = "needs several machines; tests/workflows/tuning has a cluster of three nodes"
TUTORIAL = "takes long, and docs/tutorial.md does the same"
VERDICTS = "trains long, and tests/workflows has functions with this verdict"


@dataclass(frozen=True)
class Page:
    """Where the commands of a page run, in order, each in the folder in which the one before it ended.

    ``place`` names a fixture of conftest.py, and ``stand_ins`` has what is at hand in the place of what is not.
    ``not_run`` commands are only looked up in the command line, and of ``not_compared`` ones the output is not
    compared with the one that the page shows: commands as they stand there, or how they begin, before ``…``.
    """

    place: str
    stand_ins: dict[str, str] = field(default_factory=dict)
    not_run: dict[str, str] = field(default_factory=dict)
    not_compared: dict[str, str] = field(default_factory=dict)


CLONING = {"git clone …": INDEX, "cd trainstore": INDEX, "scripts/install …": INDEX, "export PATH=…": INDEX}
ON_TINY = {"numpy_array/MLP": "numpy_array/Tiny", "MLP": "Tiny", "sklearn:digits": "sklearn:wine"}

PAGES = {
    "README.md": Page("clone", not_run=CLONING),
    "docs/tutorial.md": Page("clone", not_run=CLONING),
    "docs/how-to/import-a-folder.md": Page("old_folder"),
    "docs/how-to/gpu-code-on-a-laptop.md": Page("store_in_home"),
    "docs/how-to/ollama.md": Page("served", not_run={"OLLAMA_CONTEXT_LENGTH=…": OLLAMA, "ollama …": OLLAMA}),
    "docs/how-to/prune-nightly.md": Page("shared", not_run={"python -m pip …": INDEX}),
    "docs/how-to/verify-in-ci.md": Page("shared", {"ssh://git.example.org": "{home}"}),
    "docs/how-to/tune-on-ray.md": Page(
        "newcomer",
        not_run={
            "pip install …": INDEX,
            "ray start …": CLUSTER,
            "trainstore tune MLP --data sklearn:wine --trials 200 …": CLUSTER,
        },
    ),
    "docs/compare.md": Page(
        "trained_here",
        {**ON_TINY, "SimpleCNN@4": "Tiny@3", "20261123T102854Z": "{run}", "20261123T102913Z": "{rerun}"},
        not_run={"trainstore run …": TUTORIAL},
    ),
    "docs/data.md": Page("store_in_home"),
    "docs/devices.md": Page("store_in_home", {"MLP@3": "Kernel@1"}),
    "docs/generation.md": Page(
        "newcomer",
        not_run={"trainstore generate --from …": "asks a model in rounds; tests/workflows does it"},
    ),
    "docs/installing.md": Page(
        "clone", not_run={f"{name} …": "tests/packaging does it" for name in ("pip", "pipx", "uv")}
    ),
    "docs/integrity.md": Page("shared"),
    "docs/performance.md": Page("newcomer", not_run={"scripts/bench …": BENCH}),
    "docs/reproducibility.md": Page(
        "trained_here",
        {"20261123T071955Z-4bbc38": "{run}"},
        not_run={
            "trainstore run MLP …": TUTORIAL,
            "trainstore rerun 20261123T071955Z-4bbc38": TUTORIAL,
            "trainstore rerun 20261123T072135Z-0c6376": VERDICTS,
            "trainstore rerun 20261123T072206Z-d72df2": VERDICTS,
            "trainstore rerun 20261123T072522Z-c79279 …": INDEX,
            "trainstore rerun --all …": "docs/how-to/verify-in-ci.md does it",
        },
        not_compared={"trainstore rerun 20261123T071955Z-4bbc38 --threads 2": PAST},
    ),
    "docs/retention.md": Page(
        "shared", {"BiLSTM@3": "Tiny@1"}, not_compared={"trainstore …": PAST, "git log …": PAST}
    ),
    "docs/scale.md": Page("newcomer", not_run={"scripts/bench …": BENCH}),
    "docs/security.md": Page(
        "newcomer",
        not_run={"trainstore doctor --attack …": "takes minutes; tests/execution makes each attack"},
    ),
    "docs/sharing.md": Page(
        "trained_here",
        {
            "ssh://git.example.org": "{home}",
            "ssh://files.example.org/srv": "{home}",
            "verify --remote": "verify --remote; rm -r {home}/storage/files; trainstore verify --remote",
        },
        not_run={
            "trainstore rerun …": "docs/how-to/verify-in-ci.md does it",
            "trainstore reclaim --remote …": "needs other clones, and a terminal; tests/workflows/sharing has them",
        },
        not_compared={"trainstore …": PAST, "git clone …": PAST},
    ),
    "docs/starters.md": Page(
        "newcomer",
        {"CLONE=$PWD": "CLONE={root}"},
        not_run={"trainstore run …": "trains to the end, for minutes; tests/generation trains each starter"},
    ),
    "docs/tuning.md": Page(
        "store_in_home",
        not_run={"trainstore tune …": TUTORIAL, "trainstore rerun …": TUTORIAL},
        not_compared={"trainstore …": PAST},
    ),
    "docs/ui.md": Page("trained_here", {"BiLSTM@3": "Tiny@3"}),
    "docs/reference/commands.md": Page(
        "newcomer",
        not_run={
            "trainstore …": "written from the help of each command, which tests/cli/test_help.py holds",
            "my-generator …": "likewise",
        },
    ),
}

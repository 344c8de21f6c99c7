"""A version and its runs as one HTML file that needs nothing else."""

import time
from pathlib import Path

from markupsafe import Markup

from trainstore.api import Store
from trainstore.store.index.entries import Version
from trainstore.web.assets import style
from trainstore.web.links import NoLinks
from trainstore.web.pages.run import run_facts
from trainstore.web.pages.version import version_facts
from trainstore.web.rendering import render

MOST_RUNS = 20  # that are told in full, the newest


def make_report(store: Store, version: Version) -> bytes:
    """Return the page of a version, followed by the pages of its newest runs, without scripts, links or requests.

    Raises:
        InvalidRecord: the version, or a run of it, cannot be read.
    """
    facts = version_facts(store, version, store.record(version))
    told = facts["runs"][:MOST_RUNS]
    records = store.run_records(told)
    runs = [run_facts(store, entry, record, version) for entry, record in zip(told, records, strict=True)]
    site = {
        "root": Path(store.root.name),
        "now": time.time(),
        "style": Markup(style()),
        "document": "",
        "here": "",
    }
    return render("version.html", {**facts, "told_runs": runs}, NoLinks(), **site)

"""What happened to a function, as moments of its timeline."""

from collections.abc import Mapping, Sequence

from trainstore.charts.timeline import Moment
from trainstore.store.index.entries import Event, RunEntry, Version
from trainstore.store.index.messages import RUNNING_ACTIONS, SAVING_ACTIONS
from trainstore.web.links import Links
from trainstore.wording.values import iso_time, number


def moments_of(
    events: Sequence[Event], versions: Sequence[Version], runs: Sequence[RunEntry], links: Links
) -> list[Moment]:
    """Return what events tell of, oldest first: a version when it was written, all else when it was committed.

    Runs that left the tree are not among them, as their scores no longer count.
    """
    of_commit = {version.commit: version for version in versions}
    of_path = {version.path: version for version in versions}
    known = {run.run_id: run for run in runs}
    newest = next((run.data_digest for run in reversed(runs) if run.score is not None), None)
    moments = []
    for event in events:
        if event.action in SAVING_ACTIONS:
            version = of_commit.get(event.commit)
            moments += [_saved(version, links)] if version else []
        elif event.action not in RUNNING_ACTIONS:
            told = f"{event.subject}, {iso_time(event.committed)}"
            moments.append(Moment("change", event.committed, event.action, told))
        elif event.run_id in known:
            moments.append(_ran(known[event.run_id], of_path, newest, links))
    return sorted(moments, key=lambda one: one.at)


def _saved(version: Version, links: Links) -> Moment:
    gone = "" if version.present else ", left the tree"
    told = f"@{version.ordinal} saved {iso_time(version.timestamp)}{gone}"
    return Moment("version", version.timestamp, f"@{version.ordinal}", told, address=links.version(version))


def _ran(run: RunEntry, of_path: Mapping[str, Version], newest: str | None, links: Links) -> Moment:
    version = of_path.get(run.version_path)
    score = "" if run.score is None else f", score {number(run.score)}"
    told = (
        f"{run.action} of @{version.ordinal if version else '?'}: {run.verdict or run.outcome}{score}, "
        f"{iso_time(run.committed)}"
    )
    aside = run.data_digest != newest
    return Moment("run", run.committed, run.action, told, run.score, aside, links.run(run.run_id))

"""Deciding on versions by what git says of them, without reading what cannot matter."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec

from trainstore.retention.plan import Decision, VersionFacts, plan
from trainstore.retention.scores import RunFacts
from trainstore.store.index.entries import Version
from trainstore.workflows.pruning.prune_plan import PruneRequest
from trainstore.workflows.pruning.tree_facts import TreeFacts, know_versions, read_versions

_NO_POLICY = "no policy is for it"


def decide(
    facts: TreeFacts, request: PruneRequest, versions: Sequence[Version], edited: Iterable[str]
) -> list[Decision]:
    """Decide on versions, those of a function together; whatever goes was read from git.

    The index says first of which functions anything could go, and the records of those are read. Of the others nothing
    goes whatever their records hold: one that is damaged, or tells another time than its commit, stays and takes nobody's
    place; and as for a confidence, the lowest is supposed. So what goes is what would go if every record were read.
    """
    edited = frozenset(edited)
    known = know_versions(facts, versions, edited)
    lowest = [msgspec.structs.replace(version, confidence=0.0) for version in known]
    outlook = _decide(facts, request, versions, lowest)
    losing = {_function(facts.versions[one.version.path]) for one in outlook if not one.keep}
    doubted = [version for version in versions if _function(version) in losing]
    decided = _decide(facts, request, doubted, read_versions(facts, doubted, edited))
    by_path = {one.version.path: one for one in decided}
    return [by_path.get(one.version.path, one) for one in outlook]


def decide_at_a_glance(
    facts: TreeFacts, request: PruneRequest, versions: Sequence[Version], edited: Iterable[str]
) -> list[Decision]:
    """Decide on versions by what the index knows of them, which takes no reading, and takes out nothing."""
    return _decide(facts, request, versions, know_versions(facts, versions, edited))


def _decide(
    facts: TreeFacts, request: PruneRequest, versions: Sequence[Version], judged: Iterable[VersionFacts]
) -> list[Decision]:
    """Apply to each function its policy; names of functions do not tell apart all of them, as one may hold a slash."""
    runs_of: dict[str, list[RunFacts]] = defaultdict(list)
    for run in facts.runs:
        runs_of[run.version_path].append(run)
    decisions: list[Decision] = []
    pairs = zip(versions, judged, strict=True)
    for function, some in groupby(pairs, key=lambda pair: _function(pair[0])):
        own = [one for _, one in some]
        policy = request.policies.of(*function) if request.policies else None
        if policy is None:
            decisions += [Decision(one, True, _NO_POLICY) for one in own]
        else:
            runs = [run for one in own for run in runs_of.get(one.path, ())]
            decisions += plan(own, runs, policy, request.now)
    return decisions


def _function(version: Version) -> tuple[str, str]:
    return version.data_type, version.model_name

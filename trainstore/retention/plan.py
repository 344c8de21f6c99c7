"""The plan: each version stays or goes, with the reason."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

import msgspec

from trainstore.disk_format.moments import moment_before
from trainstore.retention.policy import Policy
from trainstore.retention.scores import RunFacts, merit, more_is_better


class VersionFacts(msgspec.Struct, frozen=True, gc=False):
    """What a plan needs to know of a version that stands in the tree.

    Attributes:
        function: the name of its function; versions are compared within it alone.
        ordinal: its place by time among the versions of its function, also where two have the same second.
        timestamp: Unix seconds, as the record claims; it may lie in the future.
        edited: whether the work tree's file has changes that are not committed.
        unreadable: why nothing can be said of it; empty where all of it can be read.
    """

    path: str
    function: str
    ordinal: int
    timestamp: int
    confidence: float | None = None
    pinned: bool = False
    edited: bool = False
    unreadable: str = ""


class Decision(msgspec.Struct, frozen=True, gc=False):
    """Whether a version stays, and why; the reason is words joined by semicolons."""

    version: VersionFacts
    keep: bool
    reason: str


def plan(
    versions: Iterable[VersionFacts], runs: Iterable[RunFacts], policy: Policy, now: int
) -> list[Decision]:
    """Decide on every version, by function, oldest first, whatever the order given.

    A version stays if it is pinned, edited, unreadable or from the future, if it is the current one, if a rule of
    the policy keeps it, or if not all of the rules that choose candidates choose it. One that failed, cannot be read
    or is from the future takes no place among those that are kept: a wrong clock would push the good ones out. Where
    the current version is such, the newest that is not stays beside it.

    Args:
        versions: those that stand in the tree, all of each function.
        runs: those that stand in the tree.
        policy: of all these versions.
        now: Unix seconds.

    Raises:
        UsageError: the policy is empty.
    """
    policy.require_rules()
    runs_of: dict[str, list[RunFacts]] = defaultdict(list)
    for run in runs:
        runs_of[run.version_path].append(run)
    functions: dict[str, list[_Judged]] = defaultdict(list)
    for version in versions:
        functions[version.function].append(_judged(version, runs_of.get(version.path, ()), now))
    return [
        decision
        for _, judged in sorted(functions.items())
        for decision in _Function(judged, policy, now).decide()
    ]


class _Judged(msgspec.Struct, frozen=True, gc=False):
    """A version with what came of it, at one moment.

    Attributes:
        failed: whether it ran and never succeeded.
        flaw: why it may take no place among those that are kept; empty where it may.
    """

    version: VersionFacts
    runs: Sequence[RunFacts]
    future: bool
    failed: bool
    flaw: str

    def best(self, metric: str | None, data: str | None) -> float | None:
        """Return its best score on one data set, turned so that more is better."""
        merits = [merit(run, metric) for run in self.runs if run.data == data]
        return max((one for one in merits if one is not None), default=None)


def _judged(version: VersionFacts, runs: Sequence[RunFacts], now: int) -> _Judged:
    future = version.timestamp > now
    failed = bool(runs) and not any(run.succeeded for run in runs)
    flaw = "is from the future" if future else "failed" if failed else ""
    return _Judged(version, runs, future, failed, "cannot be read" if version.unreadable else flaw)


def _unconditional(one: _Judged) -> Iterator[str]:
    """Yield why a version stays whatever the policy says."""
    if one.version.pinned:
        yield "pinned"
    if one.version.unreadable:
        yield f"unreadable: {one.version.unreadable}"
    if one.future:
        yield "from the future, by a wrong clock"
    if one.version.edited:
        yield "edited by hand and not committed"


class _Function:
    """The versions of one function under a policy, oldest first."""

    def __init__(self, judged: Iterable[_Judged], policy: Policy, now: int) -> None:
        self._policy = policy
        self._now = now
        self._judged = sorted(judged, key=lambda one: (one.version.timestamp, one.version.ordinal))
        self._keepers: dict[str, list[str]] = defaultdict(list)
        self._keep_current()
        self._keep_by_policy()

    def decide(self) -> list[Decision]:
        return [self._decide(one) for one in self._judged]

    def _decide(self, one: _Judged) -> Decision:
        version = one.version
        keepers = [*_unconditional(one), *self._keepers.get(version.path, ())]
        spared, chosen = self._candidacy(one)
        keep = bool(keepers or spared)
        reasons = keepers or spared[:1] or chosen or ["kept by no rule"]
        return Decision(version, keep, "; ".join(reasons))

    def _keep_current(self) -> None:
        if self._policy.include_current:
            return
        current = self._judged[-1]
        self._keepers[current.version.path].append("current")
        if current.flaw:
            self._keep(self._working[:1], f"next to the current one, which {current.flaw}")

    def _keep_by_policy(self) -> None:
        policy = self._policy
        if policy.keep_last is not None:
            self._keep(self._working[: policy.keep_last], f"among the last {policy.keep_last}")
        if policy.keep_best is not None:
            reason = f"among the best {policy.keep_best} by {policy.metric or 'score'}"
            self._keep(self._best(policy.keep_best), reason)
        if policy.keep_within is not None:
            since = moment_before(policy.keep_within, self._now)
            recent = [one for one in self._judged if one.version.timestamp >= since]
            self._keep(recent, f"saved within {policy.keep_within.text}")

    def _keep(self, judged: Iterable[_Judged], reason: str) -> None:
        for one in judged:
            self._keepers[one.version.path].append(reason)

    @cached_property
    def _working(self) -> list[_Judged]:
        """Those that may take a place, newest first."""
        return [one for one in reversed(self._judged) if not one.flaw]

    def _best(self, count: int) -> list[_Judged]:
        """Return the best on each data set; of equal ones the newer is better."""
        best: dict[str, _Judged] = {}
        for data in {run.data for one in self._working for run in one.runs}:
            scored = [(self._score(one, data), one) for one in self._working]
            ranked = sorted(
                ((score, one) for score, one in scored if score is not None), key=lambda pair: -pair[0]
            )
            best |= {one.version.path: one for _, one in ranked[:count]}
        return list(best.values())

    def _score(self, one: _Judged, data: str | None) -> float | None:
        return one.best(self._policy.metric, data)

    def _candidacy(self, one: _Judged) -> tuple[list[str], list[str]]:
        """Return why a version is no candidate, and why it is one."""
        policy, version = self._policy, one.version
        spared: list[str] = []
        chosen: list[str] = []

        def judge(chooses: bool, reason: str, otherwise: str) -> None:
            (chosen if chooses else spared).append(reason if chooses else otherwise)

        if policy.older_than is not None:
            older = version.timestamp < moment_before(policy.older_than, self._now)
            text = policy.older_than.text
            judge(older, f"older than {text}", f"not older than {text}")
        if policy.unsuccessful:
            judge(*self._success(one))
        if policy.never_ran:
            judge(not one.runs, "never ran", "ran")
        if policy.min_confidence is not None:
            less = version.confidence is not None and version.confidence < policy.min_confidence
            least = f"{policy.min_confidence:g}"
            known = version.confidence is not None
            judge(
                less,
                f"confidence below {least}",
                f"confidence of {least} or more" if known else "confidence unknown",
            )
        return spared, chosen

    def _success(self, one: _Judged) -> tuple[bool, str, str]:
        """Tell whether a version is unsuccessful, what that means, and what it is otherwise."""
        policy = self._policy
        if not one.runs:
            return False, "", "never ran"
        if one.failed:
            return True, "never succeeded", ""
        if policy.below is None:
            return False, "", "succeeded"
        merits = [score for run in one.runs if (score := merit(run, policy.metric)) is not None]
        if not merits:
            return False, "", "succeeded, and has no score to go by"
        goal = policy.below if more_is_better(policy.metric) else -policy.below
        return max(merits) < goal, f"never reached {policy.goal}", f"reached {policy.goal}"

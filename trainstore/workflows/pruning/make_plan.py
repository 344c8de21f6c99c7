"""Making a plan: the store's facts, the policy of each function, and what follows."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from trainstore.errors import NotFound, UsageError
from trainstore.retention.plan import Decision
from trainstore.retention.policies import Policies, parse_policies
from trainstore.retention.policy import Policy
from trainstore.settings import read_settings
from trainstore.store.git.repository import Repository, read_head
from trainstore.store.index.entries import Version
from trainstore.store.index.queries import Index
from trainstore.store.index.update import open_index
from trainstore.store.resolve import resolve_function
from trainstore.workflows.pending import read_pending
from trainstore.workflows.pruning.decide import decide, decide_at_a_glance
from trainstore.workflows.pruning.deleted_by_hand import judge_deleted
from trainstore.workflows.pruning.prune_plan import PruneItem, PrunePlan, PruneRequest
from trainstore.workflows.pruning.tree_facts import TreeFacts, read_metrics, read_tree

_MOST_NAMES = 3

Judge = Callable[[TreeFacts, PruneRequest, Sequence[Version], Iterable[str]], list[Decision]]


def plan_prune(
    repository: Repository,
    policy: Policy | None,
    now: int,
    *,
    function: str | None = None,
    data_type: str | None = None,
    adopt: bool = False,
) -> PrunePlan:
    """Plan what a policy takes out of the tree; nothing is written.

    Args:
        repository: the store.
        policy: for every function; where it is None, trainstore.toml says.
        now: Unix seconds.
        function: names the only function to prune.
        data_type: the only one to prune.
        adopt: plan to commit what was deleted by hand, instead of a policy.

    Raises:
        UsageError: there is no policy, or an empty one, or one that makes no sense; the clone is shallow.
        NotFound: no such function or data type.
    """
    return plan_now(repository, _request(repository, policy, now, function, data_type, adopt))


def preview_prune(repository: Repository, now: int) -> PrunePlan:
    """Plan what trainstore.toml takes out, as `plan_prune` does, at a glance.

    Times and confidences are those of the index, where a prune reads the records of what goes and of all that it was
    compared with, and keeps what is damaged; and the bytes that could be freed are not known, as DVC knows them.
    """
    request = _request(repository, None, now, None, None, adopt=False)
    head = read_head(repository).commit
    return replace(plan_at(repository, request, head, judge=decide_at_a_glance), reclaimable_bytes=None)


def _request(
    repository: Repository,
    policy: Policy | None,
    now: int,
    function: str | None,
    data_type: str | None,
    adopt: bool,
) -> PruneRequest:
    if (repository.common_dir / "shallow").exists():
        raise UsageError(
            "This is a shallow clone: what is pruned here could not be restored.", "git fetch --unshallow"
        )
    if adopt and policy is not None:
        raise UsageError("What was deleted by hand is adopted by no policy.", "Leave the other rules out.")
    with open_index(repository) as index:
        only = None if function is None else resolve_function(index, function)
        if data_type is not None:
            _require_data_type(index, data_type)
    policies = None if adopt else _policies(repository, policy)
    return PruneRequest(policies, now, only, data_type)


def plan_now(repository: Repository, request: PruneRequest) -> PrunePlan:
    """Make the plan of a request, with the bytes that a reclaim can free afterwards."""
    plan = plan_at(repository, request, read_head(repository).commit)
    if not plan.checkpoints:
        return plan
    from trainstore.workflows.reclaiming.make_plan import bytes_freed_without

    freed = bytes_freed_without(repository, plan.files, plan.checkpoints, request.now)
    return replace(plan, reclaimable_bytes=freed)


def plan_at(
    repository: Repository, request: PruneRequest, head: str | None, judge: Judge = decide
) -> PrunePlan:
    """Make the plan of a request for what HEAD is now, but for the bytes that follow; None is an unborn branch."""
    if head is None:
        return PrunePlan(request, None)
    with ThreadPoolExecutor(1) as beside:  # git looks at every file meanwhile
        asked = beside.submit(read_pending, repository)
        facts = read_tree(repository, head)
        pending = asked.result()
    empty = PrunePlan(request, head)
    if request.policies is None:
        return _complete(empty, facts, *judge_deleted(facts, request, pending.deleted))
    versions = [version for version in facts.versions.values() if request.covers(version)]
    if any(policy.metric for policy in request.policies.all()):
        read_metrics(facts, versions)
    removed: list[PruneItem] = []
    kept: list[PruneItem] = []
    for decision in judge(facts, request, versions, pending.changed):
        version = facts.versions[decision.version.path]
        (kept if decision.keep else removed).append(facts.item(version.path, decision.reason))
    kept += [facts.item(path, "unreadable: it is no record") for path in _strays(facts, request)]
    functions = {(version.data_type, version.model_name) for version in facts.versions.values()}
    told = replace(
        empty,
        policies=tuple(tell_policies(request.policies, request.now, versions)),
        unmatched=tuple(request.policies.unmatched(functions)),
    )
    return _complete(told, facts, removed, kept)


def _policies(repository: Repository, policy: Policy | None) -> Policies:
    if policy is not None:
        policy.require_rules()
        return Policies(policy)
    policies = parse_policies(read_settings(repository.root).retention)
    if not policies.all():
        raise UsageError(
            "There is no policy: nothing says what may go, or what must stay.",
            "Write [retention] in trainstore.toml, or prune with --older-than 30d or --keep-last 3.",
        )
    return policies


def _require_data_type(index: Index, data_type: str) -> None:
    known = index.data_types()
    if data_type not in known:
        raise NotFound(
            f"There is no function of data type {data_type[:200]!r} in the tree.",
            f"There is {', '.join(known[:10])}." if known else "",
        )


def tell_policies(policies: Policies, now: int, versions: Iterable[Version]) -> Iterator[str]:
    """Yield the policies of versions as sentences; where there are several, each with the functions it is for."""
    users: dict[Policy | None, list[str]] = defaultdict(list)
    for data_type, model_name in dict.fromkeys((one.data_type, one.model_name) for one in versions):
        users[policies.of(data_type, model_name)].append(f"{data_type}/{model_name}")
    for policy, names in users.items():
        more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
        whose = f"{', '.join(names[:_MOST_NAMES])}{more}: " if len(users) > 1 else ""
        yield whose + ("keep everything" if policy is None else policy.describe(now))


def _strays(facts: TreeFacts, request: PruneRequest) -> list[str]:
    """Return the records that cannot be read and may be of the functions asked for."""
    if request.covers_all:
        return facts.strays
    folders = {version.folder for version in facts.versions.values() if request.covers(version)}
    return [path for path in facts.strays if path.rpartition("/")[0] in folders]


def _complete(
    plan: PrunePlan, facts: TreeFacts, removed: Sequence[PruneItem], kept: Sequence[PruneItem]
) -> PrunePlan:
    """Add the files and checkpoints that go with what is removed."""
    going = dict.fromkeys(folder for item in removed for folder in item.runs)
    files = [path for item in removed for path in (item.path, *facts.files_of(item.runs))]
    pointers = [facts.pointers[folder] for folder in going if folder in facts.pointers]
    return replace(
        plan,
        removed=tuple(removed),
        kept=tuple(kept),
        files=tuple(dict.fromkeys(files)),
        checkpoints={pointer.folder: pointer.md5 for pointer in pointers},
    )

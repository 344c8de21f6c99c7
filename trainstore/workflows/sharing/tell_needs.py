"""Telling on the git remote what this clone needs, where that changed since it was told last."""

import time

from trainstore.errors import RemoteFailed
from trainstore.store.git.clone_identity import has_told, read_clone, remember_told
from trainstore.store.git.remotes import BranchThere
from trainstore.store.git.repository import Repository
from trainstore.workflows.sharing.agreement import Agreement
from trainstore.workflows.sharing.needs import unpublished_needs


def tell_needs(repository: Repository, branch: BranchThere, published: str | None) -> str:
    """Tell what this clone needs that no branch of the git remote shows. Where it never needed such, nothing is asked.

    Args:
        repository: the store.
        branch: one of the git remote.
        published: the commit at which it is there; None where there is none.

    Returns:
        Why that could not be told, the first time that it could not; else nothing.
    """
    now = int(time.time())
    remote, known = branch.remote, {branch.reference: published} if published else {}
    if not has_told(repository) and not unpublished_needs(repository, remote, known, now):
        return ""
    try:
        agreement = Agreement(repository, remote)
        agreement.tell(unpublished_needs(repository, remote, agreement.there, now))
    except RemoteFailed as error:
        clone, word = read_clone(repository), f"refused by {remote}"
        remember_told(repository, clone, word)
        return "" if word in clone.told else error.message
    return ""

"""Parts of documents that need a model, a remote or an attack to come about, of the types that the workflows return."""

import pytest
from json_contract import DOCUMENTS, check

from trainstore.documents import catalogue
from trainstore.documents.generation import of_generated
from trainstore.documents.pages import of_error
from trainstore.documents.verification import of_verify
from trainstore.errors import NotFound
from trainstore.store.index.entries import Version
from trainstore.workflows.generate import GenerateResult
from trainstore.workflows.generating.earlier import Saved
from trainstore.workflows.generating.improve import Round
from trainstore.workflows.problem import Problem
from trainstore.workflows.save import SaveResult
from trainstore.workflows.verification.remote import RemoteCheck
from trainstore.workflows.verification.verify import Checked, VerifyResult


def version(ordinal: int) -> Version:
    path = f"generated_training_functions/numpy_array/Net/training_function_numpy_array_Net_{ordinal}.json"
    return Version(
        path, "numpy_array/Net", "Net", "numpy_array", ordinal, "sha256:c", "sha256:s", None, "gpt-5", (), "a" * 40, True, ordinal
    )  # fmt: skip


@pytest.mark.parametrize(("after", "better"), [(0.9, True), (0.7, False), (None, False)])
def test_a_round_tells_whether_it_made_the_version_better(after: float | None, better: bool) -> None:
    one, other = version(1), version(2)
    rounds = [Round(one, other, 0.8, after, "20240101T000000Z-3fa9c1")]
    result = GenerateResult(SaveResult([other]), {}, "gpt-5", near=[Saved(one, None)], rounds=rounds)
    document = of_generated(result)
    check(document, "generate")
    assert document["rounds"][0]["better"] is better
    assert document["near"][0]["scored_metrics"] is None


def test_a_remote_that_was_asked_is_told() -> None:
    problem = Problem("remote", "An object is not there.", "trainstore verify --remote --repair")
    remote = RemoteCheck("shelf", 3, 1, (problem,), frozenset())
    document = of_verify(VerifyResult(Checked(objects=4), (problem,), remote))
    check(document, "verify")
    assert (document["ok"], document["remote"]) == (False, {"name": "shelf", "objects": 3, "repaired": 1})


def test_what_a_page_gives_where_there_is_none() -> None:
    check(of_error(NotFound("There is no such page.", "Begin at /functions.")), "error")


def test_what_is_not_as_told_is_found() -> None:
    told = of_verify(VerifyResult(Checked(), ()))
    for changed in (
        {**told, "more": 1},
        {name: value for name, value in told.items() if name != "remote"},
        {**told, "ok": None},
        {**told, "checked": {**told["checked"], "more": 1}},
    ):
        with pytest.raises(AssertionError):
            check(changed, "verify")


def test_each_document_of_the_catalogue_is_in_the_schema() -> None:
    assert {*catalogue.COMMANDS, *catalogue.PAGES, "error"} == DOCUMENTS

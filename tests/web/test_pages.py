import json
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from json_contract import check
from web.conftest import HOSTILE, ODD_NAMES
from web.site import Site

from trainstore.api import Store
from trainstore.web.application import PAGES
from trainstore.web.links import Links, lasting_name
from trainstore.web.pages.function import function_page
from trainstore.web.query import Query
from trainstore.web.rendering import render


def printed(store: Path, *arguments: str) -> Any:
    """Return what a command prints with ``--json``."""
    ended = subprocess.run(
        [sys.executable, "-m", "trainstore", *arguments, "--json"],
        cwd=store, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def addresses(trained: Any, study_id: str) -> dict[str, str]:
    """An address of each page."""
    return {
        "functions": "/functions",
        "function": "/function?name=Tiny",
        "version": "/version?name=Tiny@2",
        "run": f"/run?id={trained.run_id}",
        "rerun": f"/run?id={trained.rerun_id}",
        "compare": "/compare?old=Tiny@1&new=Tiny@3",
        "runs compared": f"/compare?old={trained.run_id}&new={trained.rerun_id}",
        "studies": "/studies",
        "study": f"/study?id={study_id}",
        "retention": "/retention?show=kept",
    }


def test_each_page_is_asked_for_here(addresses: dict[str, str]) -> None:
    assert {address.partition("?")[0] for address in addresses.values()} == set(PAGES)


def as_json(address: str) -> str:
    path, mark, query = address.partition("?")
    return f"{path}.json{mark}{query}"


def test_each_page_shows_and_names_its_document(site: Site, addresses: dict[str, str]) -> None:
    for address in addresses.values():
        answer = site.ask(address)
        assert answer.status == 200 and answer.headers["content-type"] == "text/html; charset=utf-8", address
        documents = [link for link in answer.links if ".json" in link]
        assert len(set(documents)) == 1
        linked, asked = (site.ask(one).document for one in (documents[0], as_json(address)))
        check(asked, f"{address.partition('?')[0]}.json")
        for document in (linked, asked):
            document.pop("policies", None)  # which tell the second
        assert linked == asked


def test_documents_are_what_the_commands_print(
    site: Site, shown_store: Path, trained: Any, addresses: dict[str, str]
) -> None:
    def page(name: str) -> Any:
        return site.ask(as_json(addresses[name])).document

    assert (
        site.ask("/functions.json?sort=name").document["functions"]
        == printed(shown_store, "list")["functions"]
    )
    shown = printed(shown_store, "show", "Tiny@2")
    assert {name: page("version")[name] for name in shown} == shown
    assert page("version")["runs"] == printed(shown_store, "runs", "Tiny@2")["runs"]
    assert page("run") == printed(shown_store, "show", trained.run_id)
    assert page("compare") == printed(shown_store, "diff", "Tiny@1", "Tiny@3")
    assert page("function")["versions"] == printed(shown_store, "history", "Tiny", "--tree")["versions"]
    assert page("function")["events"] == printed(shown_store, "history", "Tiny")["events"]
    assert page("runs compared") == printed(shown_store, "diff", trained.run_id, trained.rerun_id)
    assert page("studies") == printed(shown_store, "studies")
    assert [page("study")] == page("studies")["studies"]
    planned = printed(shown_store, "prune", "--dry-run")
    del planned["policies"]  # which tell the second
    found = page("retention")
    assert {name: found[name] for name in planned} == {**planned, "reclaimable_bytes": None}
    assert planned["removed"]


def test_what_changed_of_the_layers_is_seen(site: Site) -> None:
    text = site.ask("/compare?old=Layered@1&new=Layered@2").text
    assert "Cannot tell which is better" in text
    assert "out_features 8→16" in text and "67 → 131 parameters" in text
    removed, added = (
        re.findall(f'class="{kind}"><code>· 0 Linear ([^<]*)', text) for kind in ("minus", "plus")
    )
    assert (removed, added) == ([" 40  out_features=8"], [" 80  out_features=16"])


def test_every_link_leads_somewhere(site: Site) -> None:
    seen: set[str] = set()
    waiting = ["/"]
    while waiting:
        address = waiting.pop()
        answer = site.ask(address)
        assert answer.status == 200, address
        for link in answer.links if answer.headers["content-type"].startswith("text/html") else ():
            path = link.partition("#")[0]
            assert not path or path.startswith("/"), link
            # Each order of the list leads to each other one; a few will do.
            if path and path not in seen and not ("sort=" in path and address != "/"):
                seen.add(path)
                waiting.append(path)
    assert {address.partition("?")[0] for address in seen} >= set(PAGES)


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_hostile_name_stays_text(site: Site, shown_store: Path, name: str) -> None:
    version = Store.open(shown_store).version(f"numpy_array/{name}")
    for address in (
        f"/function?name={quote(version.function)}",
        f"/version?name={quote(lasting_name(version))}",
        f"/version?name={quote(version.path)}",
        f"/compare?old={quote(lasting_name(version))}&new=Tiny",
        f"/functions?q={quote(name)}&data_type={quote(name)}",
    ):
        answer = site.ask(address)
        assert answer.status == 200, address
        assert "<script>" not in answer.text.replace('<script src="/page.js" defer></script>', "")
        assert "Undefined" not in answer.text


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/version?name=Tinny", 404, "Did you mean"),
        ("/version?name=Tiny@9", 404, "It has @1 to @3"),
        ("/function?name=nobody", 404, "There is no function"),
        ("/run?id=20300101", 404, "There is no run"),
        ("/compare?old=Tiny", 400, "lacks the field"),
        ("/version", 400, "lacks the field"),
        ("/functions?sort=rowid", 400, "none of the choices"),
        ("/functions?page=0", 400, "no number of a page"),
        ("/functions?page=٣", 400, "no number of a page"),
        ("/functions?confidence=nan", 400, "is no number"),
        ("/functions?since=yesterday", 400, "neither an age nor a date"),
        ("/functions?q=" + "x" * 3000, 400, "3,000 characters"),
        (f"/version?name={quote(HOSTILE)}x", 404, "&lt;script&gt;"),
        ("/version?name=%2e%2e/%2e%2e/etc/passwd", 404, "There is no function or version"),
        ("/version?name=--output=x", 404, "There is no function or version"),
        ("/version?name=%00%ff%0a", 404, "There is no function or version"),
        ("/nowhere", 404, "There is no such page"),
        ("/../../style.css", 404, "There is no such page"),
    ],
)
def test_mistakes_are_told_in_a_sentence(site: Site, address: str, status: int, says: str) -> None:
    answer = site.ask(quote(address, safe="/?&=%@"))
    assert answer.status == status
    assert says in answer.text.replace("&#39;", "'") and "Traceback" not in answer.text
    told = site.ask(quote(as_json(address), safe="/?&=%@")).document
    assert set(told) == {"error", "hint"}


def test_a_list_is_searched_filtered_and_sorted(site: Site) -> None:
    def found(query: str) -> list[str]:
        return [one["model_name"] for one in site.ask(f"/functions.json?{query}").document["functions"]]

    assert found("q=tin") == ["Tiny"]
    assert found("score=0.0001") == ["Tiny"]
    assert found("since=1d") == []
    assert found("sort=confidence")[0] == "Tiny" and found("sort=confidence&way=up")[0] == HOSTILE
    assert found("page=2") == []
    assert "This list" not in site.ask("/functions?q=nothing-like-it").text
    assert "No function is like that" in site.ask("/functions?q=nothing-like-it").text


def test_a_name_that_is_nobodys_leads_to_a_search(site: Site) -> None:
    answer = site.ask("/version?name=numpy_array/Tinny@3")
    assert answer.status == 404 and "/functions?q=Tinny" in answer.links
    assert site.ask("/functions?q=Tinny").status == 200


def test_long_lists_are_shown_in_parts(shown_store: Path, tmp_path: Path) -> None:
    """Sixty versions and more runs than a part holds, which only their messages and files make."""
    shutil.copytree(shown_store, tmp_path / "store", symlinks=True)
    store = Store.open(tmp_path / "store")
    for place in range(60):
        store.save(
            {
                "model_name": "Many",
                "training_code": f"def train_model(X_train, y_train, X_val, y_val, device):\n    return {place}\n",
                "bo_config": {},
                "data_profile": {"data_type": "numpy_array"},
                "timestamp": 1704067200 + 86400 * place,
            }
        )
    page = function_page(store, Query({"name": "Many"}))
    facts = page.facts()
    assert [row.version.ordinal for row in facts["rows"]] == list(range(60, 10, -1))
    assert len(facts["moments"]) == 60 and facts["more_steps"] and facts["more_events"]
    html = render(page.template, facts, Links(), root=store.root, document="", here="/function").decode()
    assert "/function?name=numpy_array/Many&amp;page=2#versions" in html
    rest = function_page(store, Query({"name": "Many", "page": "2"})).facts()
    assert [row.version.ordinal for row in rest["rows"]] == list(range(10, 0, -1))


def test_many_at_once_see_the_store_as_it_is(
    site: Site, shown_store: Path, addresses: dict[str, str]
) -> None:
    """Pages are read by many while another process saves; each sees what is there."""

    def status(address: str) -> int:
        return site.ask(address).status

    save = "import json, sys; from trainstore.api import Store; Store.open('.').save(json.loads(sys.argv[1]))"
    record = {"model_name": "Late", "training_code": "def train_model(X_train, y_train, X_val, y_val, device): ...",
              "bo_config": {}, "data_profile": {"data_type": "torch_tensor"}, "timestamp": int(time.time())}  # fmt: skip
    with ThreadPoolExecutor(12) as pool:
        answers = pool.map(status, [*addresses.values()] * 6)
        subprocess.run([sys.executable, "-c", save, json.dumps(record)], cwd=shown_store, check=True)
        assert set(answers) == {200}
    assert "Late" in site.ask("/functions").text
    assert "torch_tensor" in site.ask("/functions").text


def test_pages_load_nothing_heavy(shown_store: Path, addresses: dict[str, str]) -> None:
    """Each page is made in a process that then tells what it has loaded."""
    script = """
import json, sys
from pathlib import Path
from trainstore.api import Store
from trainstore.web.application import PAGES, make_application
from trainstore.web.links import Links
from trainstore.web.query import Query
from trainstore.web.rendering import render, render_document
from trainstore.web.serve import make_server
from urllib.parse import parse_qsl
store = Store.open(".")
make_server(Path("."))
for address in json.loads(sys.argv[1]):
    path, _, query = address.partition("?")
    page = PAGES[path](store, Query(dict(parse_qsl(query))))
    render(page.template, page.facts(), Links(), root=store.root, document="", here=path)
    render_document(page.document())
heavy = ["torch", "dvc", "dvc_data", "skopt", "sklearn", "git", "openai", "ray", "pandas", "numpy"]
print([name for name in heavy if name in sys.modules])
"""
    told = subprocess.run(
        [sys.executable, "-c", script, json.dumps(list(addresses.values()))],
        cwd=shown_store, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout == "[]\n"

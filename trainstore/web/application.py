"""The site: which address is which page, and what an error looks like."""

import re
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trainstore.api import Store
from trainstore.documents.pages import of_error
from trainstore.errors import NotFound, TrainstoreError, UsageError
from trainstore.web.assets import assets
from trainstore.web.guard import Application, Guard
from trainstore.web.links import Links
from trainstore.web.page import MakePage
from trainstore.web.pages.compare import compare_page
from trainstore.web.pages.function import function_page
from trainstore.web.pages.functions import functions_page
from trainstore.web.pages.retention import retention_page
from trainstore.web.pages.run import run_page
from trainstore.web.pages.studies import studies_page
from trainstore.web.pages.study import study_page
from trainstore.web.pages.version import version_page
from trainstore.web.query import Query
from trainstore.web.rendering import render, render_document

PAGES: dict[str, MakePage] = {
    "/functions": functions_page,
    "/function": function_page,
    "/version": version_page,
    "/run": run_page,
    "/compare": compare_page,
    "/studies": studies_page,
    "/study": study_page,
    "/retention": retention_page,
}

_HTML = "text/html; charset=utf-8"
_JSON = "application/json; charset=utf-8"
_STATUS = {NotFound: 404, UsageError: 400}
_HEADINGS = {404: "Not found", 400: "This address says something that cannot be"}
_LONGEST_SOUGHT = 300
_HINT = "Begin at the list of functions."


def make_application(folder: Path) -> Application:
    """Return the site of the store around a folder. Each request sees the store as it then is.

    Raises:
        StoreNotFound: there is none.
    """
    store = Store.open(folder)
    routes = [Route("/", _endpoint(store, functions_page, "/functions"))]
    for address, make_page in PAGES.items():
        routes += [
            Route(address, _endpoint(store, make_page, address)),
            Route(f"{address}.json", _endpoint(store, make_page, address, as_json=True)),
        ]
    routes += [Route(address, _file(*file)) for address, file in assets().items()]

    async def unknown(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        told = (
            NotFound("There is no such page.", _HINT)
            if status == 404
            else TrainstoreError("This went wrong.")
        )
        return _error(store, told, status, as_json=request.url.path.endswith(".json"))

    return Guard(Starlette(routes=routes, exception_handlers={HTTPException: unknown, Exception: unknown}))


def _endpoint(
    store: Store, make_page: MakePage, address: str, *, as_json: bool = False
) -> Callable[[Request], Response]:
    """Return what answers an address; Starlette calls it in a thread of its own, with its own look at the index."""

    def answer(request: Request) -> Response:
        query = Query(request.query_params)
        try:
            page = make_page(store, query)
            if as_json:
                return Response(render_document(page.document()), media_type=_JSON)
            links = Links()
            document = links.page(f"{address}.json", **query.given())
            html = render(
                page.template, page.facts(), links, root=store.root, document=document, here=address
            )
            return Response(html, media_type=_HTML)
        except TrainstoreError as error:
            status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 500)
            return _error(store, error, status, as_json=as_json, sought=_name_in(query))
        except OSError as error:  # the folder, or the disk below it, is gone
            told = TrainstoreError(
                f"The store cannot be read: {error.strerror or error}.",
                f"Is it still at {str(store.root)!r}?",
            )
            return _error(store, told, 500, as_json=as_json)

    return answer


def _name_in(query: Query) -> str:
    """Return what to search for in place of a name that is nobody's: its last part, without a version."""
    name = query.given().get("name", "")[:_LONGEST_SOUGHT]
    return re.split("[@~]", name, maxsplit=1)[0].rpartition("/")[2].strip()


def _error(store: Store, error: TrainstoreError, status: int, *, as_json: bool, sought: str = "") -> Response:
    if as_json:
        return Response(render_document(of_error(error)), status, media_type=_JSON)
    heading = _HEADINGS.get(status, "This cannot be shown")
    facts = {"message": error.message, "hint": error.hint, "heading": heading, "sought": sought}
    html = render("error.html", facts, Links(), root=store.root, document="", here="")
    return Response(html, status, media_type=_HTML)


def _file(kind: str, content: str) -> Callable[[Request], Response]:
    return lambda _: Response(content, media_type=f"{kind}; charset=utf-8")

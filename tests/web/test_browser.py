"""The site in a real browser. Left out, and said so, where there is no Chromium."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from web.conftest import HOSTILE
from web.contrast import TEXTS, too_faint
from web.site import Site

from trainstore.api import Store
from trainstore.web.report import make_report

playwright = pytest.importorskip("playwright.sync_api")
expect = playwright.expect  # waits for the page that a click leads to
expect.set_options(timeout=30_000)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Any, site: Site) -> Iterator[Callable[..., Any]]:
    """Open pages that tell of whatever goes wrong in them: dialogs, errors, violations, requests to others."""
    wrong: list[str] = []
    contexts: list[Any] = []

    def opened(address: str = "/", **settings: Any) -> Any:
        contexts.append(browser.new_context(base_url=site.url, **settings))
        page = contexts[-1].new_page()
        page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on(
            "console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda asked: wrong.append(asked.url) if urlsplit(asked.url).netloc != site.host else None,
        )
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture(scope="module")
def addresses(trained: Any, study_id: str) -> dict[str, str]:
    return {
        "functions": "/functions",
        "function": "/function?name=Tiny",
        "version": "/version?name=Tiny@2",
        "hostile": f"/version?name={HOSTILE}",
        "long": f"/version?name=numpy_array/{'long' * 60}",
        "run": f"/run?id={trained.run_id}",
        "rerun": f"/run?id={trained.rerun_id}",
        "compare": "/compare?old=Tiny@1&new=numpy_array/a%26b=c%3Fd%23e%252F'\"",
        "study": f"/study?id={study_id}",
        "retention": "/retention?show=kept",
    }


def walk(page: Any, trained: Any) -> None:
    """Click from the list to a version, a run, a comparison, and the rest."""
    page.get_by_role("link", name="Tiny").click()
    expect(page.locator("h1")).to_have_text("Tiny numpy_array")
    page.get_by_label("Compare from @1").check()
    page.get_by_label("Compare to @3").check()
    page.get_by_role("button", name="Compare the two versions").click()
    expect(page.locator("h1")).to_have_text("numpy_array/Tiny@1 → @3")
    expect(page.locator(".nothing", has_text="The same.").first).to_be_visible()
    page.go_back()
    page.get_by_label(f"Compare from run {trained.run_id}").check()
    page.get_by_label(f"Compare to run {trained.rerun_id}").check()
    page.get_by_role("button", name="Compare the two runs").click()
    expect(page.locator("h1")).to_have_text(f"{trained.run_id} → {trained.rerun_id}")
    page.go_back()
    page.get_by_role("row", name="Compare from @2").get_by_role("link", name="@2", exact=True).click()
    expect(page.get_by_role("heading", name="Search space")).to_be_visible()
    expect(page.locator("#code ~ .code .k", has_text="def").first).to_be_visible()
    page.get_by_role("link", name=trained.run_id).first.click()
    expect(page.get_by_role("heading", name="Claimed and scored")).to_be_visible()
    expect(page.get_by_role("row", name="(model) Linear")).to_be_visible()
    assert page.locator("figure svg").bounding_box()["width"] > 200
    page.get_by_role("link", name=trained.rerun_id).click()
    expect(page.locator("main")).to_contain_text("identical to run")
    page.get_by_role("link", name="the run that it repeats").click()
    expect(page.locator("h1")).to_have_text(f"{trained.run_id} → {trained.rerun_id}")
    page.get_by_role("link", name="Studies").click()
    page.locator("tbody th a").click()
    expect(page.get_by_role("heading", name="Best so far")).to_be_visible()
    page.get_by_role("link", name="Retention").click()
    expect(page.locator("main")).to_contain_text("remove what is older than 1d", ignore_case=True)
    page.get_by_role("link", name=re.compile("Would stay")).click()
    expect(page.get_by_role("cell", name=re.compile("current")).first).to_be_visible()


def test_one_clicks_through_every_page(open_page: Callable[..., Any], trained: Any) -> None:
    walk(open_page(), trained)


def test_all_of_it_works_without_javascript(open_page: Callable[..., Any], trained: Any) -> None:
    page = open_page(java_script_enabled=False)
    walk(page, trained)
    page.goto("/")
    page.get_by_label("Name, model or hyperparameter").fill("tin")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Confidence", exact=True).click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text(re.compile("^Confidence"))
    expect(page.locator("tbody tr")).to_have_count(1)


def test_the_timeline_and_the_lineage_are_drawn(open_page: Callable[..., Any], trained: Any) -> None:
    page = open_page("/function?name=Tiny")
    timeline = page.get_by_role("region", name="Timeline")
    assert timeline.locator("svg").bounding_box()["width"] > 500
    assert timeline.locator("a[href*='/version?']").count() == 3
    timeline.locator(f"a[href='/run?id={trained.run_id}']").click()
    expect(page.locator("h1")).to_contain_text(trained.run_id)
    page.go_back()
    graph = page.get_by_role("list", name="How the versions came about, newest first")
    assert graph.locator("a[href*='/version?']", has_text=re.compile("^@[123]$")).count() >= 3
    graph.get_by_role("link", name="what changed").first.click()
    expect(page.locator("h1")).to_have_text(re.compile(r"^numpy_array/Tiny@\d → @\d$"))


def test_a_command_is_copied_by_a_click(open_page: Callable[..., Any], trained: Any) -> None:
    page = open_page(f"/run?id={trained.run_id}", permissions=["clipboard-read", "clipboard-write"])
    command = f"trainstore rerun {trained.run_id}"
    button = page.get_by_role("button", name=f"Copy the command: {command}")
    button.click()
    page.wait_for_function("button => button.textContent === 'Copied'", arg=button.element_handle())
    assert page.evaluate("navigator.clipboard.readText()") == command


def test_a_line_of_code_has_an_address(open_page: Callable[..., Any]) -> None:
    page = open_page("/version?name=Tiny@2")
    page.locator("#L3 > a").click(position={"x": 2, "y": 5})
    page.wait_for_url("**#L3")
    assert (
        page.evaluate("getComputedStyle(document.querySelector('#L3')).backgroundColor") != "rgba(0, 0, 0, 0)"
    )


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_report_is_whole_on_screen_and_on_paper(
    browser: Any, shown_store: Path, tmp_path: Path, scheme: str
) -> None:
    """Opened as a file, without a network; printed, dark colours and what is only for the screen are gone."""
    store = Store.open(shown_store)
    file = tmp_path / "report.html"
    file.write_bytes(make_report(store, store.version("Tiny@2")))
    context = browser.new_context(offline=True, color_scheme=scheme, viewport={"width": 800, "height": 900})
    page = context.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: wrong.append(said.text))
    page.goto(file.as_uri())
    assert asked == [file.as_uri()] and wrong == []
    assert page.locator("figure svg").first.is_visible() and page.locator("form, button, script").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= 800
    assert too_faint(page.evaluate(TEXTS)) == []
    assert "monospace" in page.evaluate("getComputedStyle(document.querySelector('.code pre')).fontFamily")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.code pre')).whiteSpaceCollapse")
        == "preserve"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 800
    assert page.pdf(format="A4").startswith(b"%PDF")
    context.close()


def test_a_hostile_name_and_code_are_text(open_page: Callable[..., Any]) -> None:
    page = open_page()
    page.get_by_role("link", name=HOSTILE).click()
    expect(page.locator("h1")).to_contain_text(HOSTILE)
    page.get_by_role("link", name="@1", exact=True).first.click()
    expect(page.locator("#code ~ .code")).to_contain_text("</code></pre><script>alert(2)</script>")
    assert page.locator("script").count() == 1


def test_the_policy_stops_what_a_template_would_let_through(browser: Any, site: Site) -> None:
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    page.goto("/")
    page.evaluate("""
        window.ran = false;
        const script = document.createElement("script"); script.textContent = "window.ran = true";
        const style = document.createElement("style"); style.textContent = "body { opacity: 0 }";
        document.body.append(script, style);
        document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.ran = true'>");
    """)
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran") is False
    assert page.evaluate("getComputedStyle(document.body).opacity") == "1"
    context.close()


def test_the_keyboard_is_enough(open_page: Callable[..., Any]) -> None:
    page = open_page("/function?name=Tiny")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "find"
    page.keyboard.type("tin/y")  # a slash in a field is a letter
    assert page.locator("#find").input_value() == "tin/y"
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("tiny")
    page.keyboard.press("Enter")
    page.wait_for_url("**/functions?q=tiny")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent") == "Tiny":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/function?name=numpy_array/Tiny")


FOCUS = """
[...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary, [tabindex='0']")].filter(one => {
  one.focus();
  const style = getComputedStyle(one);
  return document.activeElement !== one || style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1;
}).map(one => one.outerHTML.slice(0, 80))
"""


def test_what_has_the_focus_is_seen(open_page: Callable[..., Any], addresses: dict[str, str]) -> None:
    for address in addresses.values():
        page = open_page(address)
        page.keyboard.press("Tab")  # a browser shows the focus to those who use the keyboard
        assert page.evaluate(FOCUS) == [], address


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_stands_out(open_page: Callable[..., Any], addresses: dict[str, str], scheme: str) -> None:
    for name, address in addresses.items():
        texts = open_page(address, color_scheme=scheme).evaluate(TEXTS)
        assert len(texts) > 20
        assert too_faint(texts) == [], name


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_runs_out_of_the_page(
    open_page: Callable[..., Any], addresses: dict[str, str], width: int, tmp_path: Path
) -> None:
    for name, address in addresses.items():
        for scheme in SCHEMES:
            page = open_page(address, viewport={"width": width, "height": 800}, color_scheme=scheme)
            page.screenshot(path=tmp_path / f"{name}-{width}-{scheme}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, name


LABELS = """
[...document.querySelectorAll("input:not([type=hidden]), select, textarea, svg[role=img], [role=region], nav")]
  .filter(one => !(one.labels?.length || one.getAttribute("aria-label") || one.querySelector(":scope > title")?.textContent))
  .map(one => one.outerHTML.slice(0, 80))
"""


def test_everything_has_a_label(open_page: Callable[..., Any], addresses: dict[str, str]) -> None:
    for address in addresses.values():
        page = open_page(address)
        assert page.evaluate(LABELS) == []
        assert page.locator("h1").count() == 1 and page.evaluate("document.documentElement.lang") == "en"
        assert page.locator("main").count() == 1 and page.title()
        assert page.locator("th:not([scope])").count() == 0
        identifiers = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
        assert len(identifiers) == len(set(identifiers))

"""The files that pages consist of, beside their HTML; they come with the package."""

from importlib.resources import files

from trainstore.web.charts import chart_styles


def style() -> str:
    """Return the style sheet of every page."""
    return f"{_read('style.css')}\n{chart_styles()}\n"


def assets() -> dict[str, tuple[str, str]]:
    """Return address -> (type, content) of the site's own files."""
    return {
        "/style.css": ("text/css", style()),
        "/page.js": ("text/javascript", _read("page.js")),
        "/icon.svg": ("image/svg+xml", _read("icon.svg")),
    }


def _read(name: str) -> str:
    return files("trainstore.web").joinpath("assets", name).read_text(encoding="utf-8")

"""From facts to HTML."""

import json
from collections.abc import Mapping
from shlex import quote
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from trainstore.plain_text import plain
from trainstore.version import __version__
from trainstore.web.charts import curves, inline, sparkline, timeline
from trainstore.web.code import code_lines
from trainstore.web.links import Links, lasting_name
from trainstore.wording.architecture import headline_told, parts_told, tree_lines
from trainstore.wording.differences import change_told, dimension_told, metric_change, metric_name
from trainstore.wording.models import model_told, shape_told
from trainstore.wording.reasons import factors_told, reason_told, verdict_told
from trainstore.wording.records import maker_told
from trainstore.wording.runs import causes_told, changes_told, claim_told, difference_told
from trainstore.wording.studies import figure_told, outcomes_told, point_told, trial_told
from trainstore.wording.values import ago, byte_size, counted, iso_time, number, seconds_of, short_json


def _shown(value: Any) -> Any:
    """Prepare what a template prints; it is escaped after this."""
    if value is None:
        return ""
    return plain(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _value(value: Any) -> str:
    """Return a value of a record for one line: text as it is, all else as JSON."""
    if isinstance(value, str):
        return value
    return number(value) if isinstance(value, float) else short_json(value)


_environment = Environment(
    loader=PackageLoader("trainstore.web"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_shown,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_environment.filters.update(
    ago=ago,
    bytes=byte_size,
    iso=iso_time,
    number=number,
    seconds=seconds_of,
    value=_value,
    shape=shape_told,
    lines=code_lines,
    shell=quote,
    capitalized=lambda text: text[:1].upper() + text[1:],
)
_environment.globals.update(
    counted=counted,
    lasting_name=lasting_name,
    curves=lambda *series, **how: inline(curves(*series, **how)),
    sparkline=lambda *values, **how: inline(sparkline(*values, **how)),
    timeline=lambda *moments: inline(timeline(*moments)),
    maker_told=maker_told,
    model_told=model_told,
    claim_told=claim_told,
    changes_told=changes_told,
    difference_told=difference_told,
    causes_told=causes_told,
    dimension_told=dimension_told,
    change_told=change_told,
    metric_name=metric_name,
    metric_change=metric_change,
    verdict_told=verdict_told,
    reason_told=reason_told,
    factors_told=factors_told,
    headline_told=headline_told,
    tree_lines=tree_lines,
    parts_told=parts_told,
    figure_told=figure_told,
    outcomes_told=outcomes_told,
    point_told=point_told,
    trial_told=trial_told,
    release=__version__,
)


def render(template: str, facts: Mapping[str, Any], links: Links, **site: object) -> bytes:
    """Return a page as UTF-8; halves of surrogate pairs are shown as their escapes."""
    html = _environment.get_template(template).render(**facts, links=links, **site)
    return html.encode("utf-8", "backslashreplace")


def render_document(document: Mapping[str, Any]) -> bytes:
    """Return a JSON document as the commands print it."""
    return json.dumps(document, indent=2, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"

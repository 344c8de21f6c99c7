"""One SVG drawing. Its elements are built, never pasted together, so that no text can end or open one."""

import xml.etree.ElementTree as ET

from trainstore.charts.labels import plain, shorten
from trainstore.charts.palette import HALO, PAINTS, PAPER, style_sheet

SMALL, NORMAL, LARGE = 10.5, 12, 15  # sizes of text, in pixels


class Drawing:
    """A card of paper with a title for those who cannot see it; colours for light and dark surroundings.

    Args:
        width: in pixels, which are the units of all coordinates.
        height: in pixels.
        title: of the drawing, in a few words.
        description: what it shows, in sentences.
    """

    def __init__(self, width: float, height: float, title: str, description: str) -> None:
        self._roles: set[str] = set()
        self.root = ET.Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {shown(width)} {shown(height)}",
                "width": shown(width),
                "height": shown(height),
                "role": "img",
                "font-family": "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif",
                "font-size": shown(NORMAL),
            },
        )
        self.root.text = "\n"
        self.add(self.root, "title").text = plain(title)
        self.add(self.root, "desc").text = plain(description)
        self._style = self.add(self.root, "style")
        self.add(self.root, "rect", PAPER, width=width, height=height, rx=6)

    def group(self, role: str | None = None, **attributes: float | str) -> ET.Element:
        """Add a group, whose paint its elements share."""
        group = self.add(self.root, "g", role, **attributes)
        group.text = "\n"
        return group

    def add(
        self, parent: ET.Element, tag: str, role: str | None = None, **attributes: float | str
    ) -> ET.Element:
        """Add an element; numbers among its attributes are rounded to a tenth of a pixel."""
        element = ET.SubElement(parent, tag)
        if role is not None:
            paint = PAINTS[role]
            self._roles.add(role)
            element.set("class", f"chart-{role}")
            element.set(paint.attribute, paint.light)
            if paint.attribute == "stroke":
                element.set("fill", "none")
        for name, value in attributes.items():
            element.set(name.replace("_", "-"), value if isinstance(value, str) else shown(value))
        element.tail = "\n"
        return element

    def text(
        self,
        parent: ET.Element,
        at: tuple[float, float],
        text: str,
        width: float,
        **attributes: float | str,
    ) -> None:
        """Add text that is cut to a width in pixels; the whole of it is its tooltip then."""
        element = self.add(parent, "text", None, x=at[0], y=at[1], **attributes)
        whole = plain(text)
        seen = shorten(whole, width, float(attributes.get("font_size", parent.get("font-size", NORMAL))))
        if seen == whole:
            element.text = seen
        else:
            self.tooltip(element, text).tail = seen

    def tooltip(self, element: ET.Element, text: str) -> ET.Element:
        """Add what a pointer on an element is told."""
        title = ET.SubElement(element, "title")
        title.text = plain(text)
        return title

    def add_halo(self, group: ET.Element) -> None:
        """Surround the text of a group with paper, so that it stays readable above lines."""
        self._roles.add(HALO)
        group.set("class", f"{group.get('class', '')} chart-{HALO}".strip())
        halo = {"stroke": PAINTS[HALO].light, "stroke-width": "4", "paint-order": "stroke"}
        group.attrib |= halo | {"stroke-linejoin": "round"}

    def svg(self) -> str:
        """Return the drawing as text; it can stand in a file of its own and inside a web page."""
        self._style.text = style_sheet(self._roles)
        return ET.tostring(self.root, encoding="unicode")


def shown(number: float) -> str:
    """Return a coordinate to a tenth of a pixel."""
    text = f"{number:.1f}"
    return "0" if text == "-0.0" else text.removesuffix(".0")


def path(points: list[tuple[float, float]]) -> str:
    """Return a line through points, as the data of a path."""
    return "M" + "L".join(f"{shown(x)} {shown(y)}" for x, y in points)

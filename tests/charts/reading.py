"""Reading a chart as a program that draws it does."""

import re
import xml.etree.ElementTree as ET

from trainstore.charts.labels import width_of

SVG = "{http://www.w3.org/2000/svg}"
_PATH = re.compile(r"([MLHlmh])|(-?\d+(?:\.\d+)?)")


def read(svg: str) -> ET.Element:
    """Parse a chart strictly."""
    return ET.fromstring(svg.encode())


def box(root: ET.Element) -> tuple[float, float]:
    """Return the width and height of the part that is seen."""
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    return width, height


def path_points(data: str) -> list[tuple[float, float]]:
    """Return the points that a path visits."""
    points: list[tuple[float, float]] = []
    command, numbers = "", []
    for letter, number in _PATH.findall(data):
        if letter:
            command = letter
            continue
        numbers.append(float(number))
        if len(numbers) < (1 if command in "Hh" else 2):
            continue
        x, y = points[-1] if points else (0.0, 0.0)
        if command in "ML":
            points.append((numbers[0], numbers[1]))
        elif command in "ml":
            points.append((x + numbers[0], y + numbers[1]))
        else:
            points.append((numbers[0] + (x if command == "h" else 0), y))
        numbers = []
    return points


def extent(root: ET.Element) -> list[tuple[float, float]]:
    """Return all points that the elements of a chart reach to."""
    points: list[tuple[float, float]] = []
    parents = {child: parent for parent in root.iter() for child in parent}
    for element in root.iter():
        get = {name: element.get(name, "0") for name in ("x", "y", "cx", "cy", "r", "width", "height")}
        if element.tag == f"{SVG}circle":
            x, y, r = float(get["cx"]), float(get["cy"]), float(get["r"])
            points += [(x - r, y - r), (x + r, y + r)]
        elif element.tag == f"{SVG}rect":
            x, y = float(get["x"]), float(get["y"])
            points += [(x, y), (x + float(get["width"]), y + float(get["height"]))]
        elif element.tag == f"{SVG}path":
            points += path_points(element.attrib["d"])
        elif element.tag == f"{SVG}text":
            points += _text_ends(element, parents[element])
    return points


def seen(element: ET.Element) -> str:
    """Return the text that is drawn, without its tooltip."""
    return (element.text or "") + "".join(child.tail or "" for child in element)


def _text_ends(element: ET.Element, group: ET.Element) -> list[tuple[float, float]]:
    x, y = float(element.attrib["x"]), float(element.attrib["y"])
    width = width_of(seen(element), float(group.get("font-size", "12"))) * 0.9  # it is rather too much
    left = {"start": x, "middle": x - width / 2, "end": x - width}[group.get("text-anchor", "start")]
    return [(left, y), (left + width, y)]

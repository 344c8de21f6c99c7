"""Whether text stands out from what is behind it: WCAG 2.1, success criterion 1.4.3."""

import re
from typing import Any

LEAST, LEAST_OF_LARGE = 4.5, 3.0

# Each text that is seen, with its colour, its size and weight, and the colours behind it, the nearest first.
TEXTS = """
(() => {
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const own = node.parentElement;
    if (!node.textContent.trim() || !own.checkVisibility() || own.closest("title, desc, style, script, option")) continue;
    const style = getComputedStyle(own);
    const behind = [];
    for (let one = own; one; one = one.parentElement) behind.push(getComputedStyle(one).backgroundColor);
    texts.push({
      text: node.textContent.trim().slice(0, 40), behind,
      color: own.closest("svg") ? style.fill : style.color,
      size: parseFloat(style.fontSize), weight: parseFloat(style.fontWeight),
    });
  }
  return texts;
})()
"""


def too_faint(texts: list[dict[str, Any]]) -> list[str]:
    """Return the texts whose contrast is less than it has to be, each with what it is."""
    faint = []
    for text in texts:
        behind = next(colour for colour in map(_colour, text["behind"]) if colour[3] == 1)
        ratio = _contrast(_colour(text["color"]), behind)
        large = text["size"] >= 24 or (text["size"] >= 18.66 and text["weight"] >= 700)
        if ratio < (LEAST_OF_LARGE if large else LEAST):
            faint.append(f"{text['text']}: {ratio:.2f}")
    return faint


def _colour(text: str) -> tuple[float, ...]:
    """Read ``rgb(1, 2, 3)`` or ``rgba(1, 2, 3, 0)``."""
    numbers = tuple(float(number) for number in re.findall(r"[\d.]+", text))
    return numbers if len(numbers) == 4 else (*numbers, 1.0)


def _contrast(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: tuple[float, ...]) -> float:
    """Return the relative luminance of sRGB, as WCAG defines it."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in colour[:3])
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

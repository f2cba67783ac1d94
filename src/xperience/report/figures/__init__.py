"""The modality atlas: one file here draws one stream, with `ORDER` and `draw(scene) -> Card`.

A new stream is a new file; nothing else changes.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from markupsafe import Markup

from xperience.errors import XperienceError
from xperience.progress import track
from xperience.report.scene import Scene

NOTHING = Markup("")


@dataclass(frozen=True)
class Card:
    """One stream on the page.

    Attributes:
        title: name of the stream.
        what: one sentence for someone who has never seen it.
        figure: HTML or SVG; empty where the stream is absent.
        facts: short facts, such as rate, count and unit.
        columns: width in twelfths of the page.
        absent: why there is no picture; "" where there is one.
    """

    title: str
    what: str
    figure: Markup = NOTHING
    facts: tuple[str, ...] = ()
    columns: int = 4
    absent: str = ""


def draw_all(scene: Scene, *, show: bool = True) -> list[Card]:
    """Every stream's card in order; a stream that cannot be read gets a card that says so."""
    modules = [importlib.import_module(f"{__name__}.{m.name}") for m in pkgutil.iter_modules(__path__)]
    modules.sort(key=lambda module: module.ORDER)
    cards = []
    for module in track(modules, "pictures", show=show):
        draw: Callable[[Scene], Card] = module.draw
        try:
            cards.append(draw(scene))
        except XperienceError as error:
            found = f" ({error.found})" if error.found else ""
            cards.append(Card(module.TITLE, module.WHAT, absent=f"cannot be read: {error.what}{found}"))
    return cards

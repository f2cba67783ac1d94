"""Which joints touched something, over the whole recording."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from xperience.episode.skeletons import CONTACT_JOINTS
from xperience.report import svg
from xperience.report.figures import Card
from xperience.report.figures.hands import runs
from xperience.report.scene import Scene

ORDER = 110
TITLE = "Contacts"
WHAT = "When each joint of the body touches something: the floor, a table, an object. Estimated, as the body is."
WIDTH, ROW = 760, 13


def draw(scene: Scene) -> Card:
    contacts = scene.episode.contacts
    if not contacts.present or len(contacts) == 0:
        return Card(TITLE, WHAT, columns=8, absent=contacts.reason or "no samples")
    touching = (np.nan_to_num(contacts.values) > 0.5) & contacts.valid[:, None]
    height = ROW * len(CONTACT_JOINTS)
    end = scene.episode.clock.duration_s
    axes = svg.Axes(104, 6, WIDTH - 112, height, (0.0, max(end, 1e-3)), (0, 1))
    parts: list[Markup] = []
    for k, joint in enumerate(CONTACT_JOINTS):
        y = 6 + k * ROW
        side = "left" if joint.startswith("left") else "right" if joint.startswith("right") else "middle"
        parts.append(svg.text(98, y + ROW - 3, joint.replace("_", " "), "tick", "end"))
        parts.append(svg.rect(axes.x, y + 1, axes.width, ROW - 2, "track"))
        for start, stop in runs(touching[:, k]):
            left = float(axes.px(scene.times_s[start]))
            right = float(axes.px(scene.times_s[min(stop, len(contacts) - 1)]))
            parts.append(svg.rect(left, y + 1, max(0.6, right - left), ROW - 2, f"fill {side}"))
    x = float(axes.px(scene.time_s))
    parts += [svg.line(x, 4, x, 8 + height, "now"), *axes.ticks_x("s")]
    ever = int(touching.any(0).sum())
    facts = (f"{len(contacts)} frames", f"{ever} of 21 joints ever touch", f"unusable {1 - contacts.valid.mean():.0%}")
    raster = svg.drawing(WIDTH, height + 32, parts, "contacts of 21 joints over time")
    return Card(TITLE, WHAT, Markup('<div class="scroller">{}</div>').format(raster), facts, 8)

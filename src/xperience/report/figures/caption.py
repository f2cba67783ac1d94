"""What the caption says about the moment that is shown."""

from __future__ import annotations

from markupsafe import Markup

from xperience.report.figures import Card
from xperience.report.scene import Scene
from xperience.report.text import cut

ORDER = 40
TITLE = "Language"
WHAT = "What the caption says about this moment: step, action, objects in use and how they are handled."


def draw(scene: Scene) -> Card:
    episode = scene.episode
    caption, labels = episode.caption, episode.labels
    if caption is None:
        return Card(TITLE, WHAT, absent="no caption in the recording, or one that cannot be parsed")
    frame = scene.frame
    objects = labels.objects[frame] or ()
    rows = [
        ("Task", cut(caption.main_task)),
        ("Step", cut(str(labels.subtask[frame]))),
        ("Action", cut(str(labels.action[frame]))),
        ("Objects", Markup("").join(Markup('<span class="chip">{}</span>').format(cut(o, 60)) for o in objects[:12])),
        ("Interaction", cut(labels.interaction[frame] or "")),
    ]
    body = Markup("").join(
        Markup("<dt>{}</dt><dd>{}</dd>").format(name, value or Markup('<span class="none">none here</span>'))
        for name, value in rows
    )
    actions = {str(a) for a in labels.action if a}
    facts = (
        f"{len(caption.segments)} segments",
        f"{len(actions)} action labels",
        f"{len(labels.boundaries)} boundaries",
    )
    return Card(TITLE, WHAT, Markup('<dl class="caption">{}</dl>').format(body), facts)

"""The page about a trained model: its scores beside baselines and heads, and what only a model can be asked. Offline.

All names come from files of anyone: they are escaped, cut, and the page's policy forbids every script and request.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xperience import __version__
from xperience.errors import FormatError, MissingError
from xperience.report.model.parts import part
from xperience.report.model.scores import claim_of, is_task, line
from xperience.report.page import Fact, environment
from xperience.report.text import cut
from xperience.scoring.words import Claim, headline, tally
from xperience.storage import write_text

EVALUATION, PAGE = "evaluation.json", "index.html"


def build(folder: Path) -> Path:
    """Writes FOLDER/index.html from FOLDER/evaluation.json and the pictures that it names; the page's path.

    Raises:
        MissingError: no evaluation there. FormatError: it is none.
    """
    path = folder / EVALUATION
    if not path.is_file():
        raise MissingError("no evaluation", file=path, hint="run `xperience evaluate RUN --data DIR --out OUT` first")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        text = render(found, folder)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError) as error:
        raise FormatError("not an evaluation", file=path, found=f"{type(error).__name__}: {error}") from error
    out = folder / PAGE
    write_text(out, text)
    return out


def render(found: Mapping[str, Any], folder: Path) -> str:
    """The page's text. found: as in evaluation.json. folder: where its pictures are."""
    rows = list(found["tasks"])
    tasks = [row for row in rows if is_task(row)]
    groups = [
        ("The twelve tasks", tasks),
        ("Probes beyond the twelve", [row for row in rows if row.get("extension") and not row.get("variant_of")]),
        ("Variants of a task", [row for row in rows if row.get("variant_of")]),
    ]
    claims = [claim_of(row) for row in tasks]
    compared = any(row.get("against") for row in rows)
    return (
        environment()
        .get_template("model.html")
        .render(
            run=cut(str(found["run"]), 120),
            data=cut(str(found["data"]), 120),
            headline=headline(claims),
            scope=claims[0].scope if claims else "",
            compared=compared,
            facts=_facts(found, claims),
            tallies=[(name, headline([claim_of(row) for row in group])) for name, group in groups[1:] if group],
            groups=[(name, [line(row) for row in group]) for name, group in groups if group],
            saturated=[(cut(str(row.get("name")), 80), row["saturated"]) for row in rows if row.get("saturated")],
            parts=[part(id, one, folder) for id, one in found["sections"].items()],
            episodes=found["episodes"],
            sessions=int(found["test_sessions"]),
            command=cut(str(found.get("command") or ""), 600),
            weights=cut(str(found.get("weights") or ""), 80),
            seconds=found.get("seconds"),
            version=__version__,
        )
    )


def _facts(found: Mapping[str, Any], claims: Sequence[Claim]) -> list[Fact]:
    counts = tally(claims)
    sessions = int(found["test_sessions"])
    return [
        *(Fact(str(count), word) for word, count in counts.items()),
        Fact(f"{len(found['tasks']):,}", "tasks and probes asked"),
        Fact(f"{int(found['episodes'].get('test', 0)):,}", "test recordings"),
        Fact(f"{sessions:,}", "test session" + ("s" if sessions != 1 else "")),
    ]

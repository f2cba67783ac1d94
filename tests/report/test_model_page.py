"""The page of a trained model: counts, sections of every shape, hostile names, and no request."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from xperience.errors import FormatError, MissingError
from xperience.report import model_page
from xperience.report.model.parts import charts, part, plain
from xperience.report.model.scores import best_baseline, line
from xperience.storage import write_json

HOSTILE = '"><script>alert(1)</script><img src=http://evil.example/x onerror=alert(2)>'


ABOVE, WITHIN, BELOW = [0.05, 0.15], [-0.05, 0.15], [-0.15, -0.05]
SAME = {"above heads": (ABOVE, ABOVE), "measured": (WITHIN, ABOVE), "below trivial": (BELOW, ABOVE)}
"""Intervals of the model's score less the best trivial baseline and less the heads, by the word that they earn."""


def task(id: str, word: str = "", **known: Any) -> dict[str, Any]:
    """A row of evaluation.json as `evaluation.tasks.Row` becomes it."""
    trivial, heads = SAME.get(word, (WITHIN, WITHIN))
    against = {"a": 0.6, "b": 0.5, "low": heads[0], "high": heads[1], "sessions": 6}
    row = {
        "id": id, "name": f"Name of {id}", "metric": "macro_f1", "unit": "", "higher_is_better": True,
        "extension": False, "variant_of": "", "val": {"own": 0.5, "linear probe": 0.61},
        "test": {"own": 0.4, "linear probe": 0.6, "attentive probe": None}, "interval": [0.55, 0.65],
        "chosen": "linear probe", "heads": {"linear": 0.5, "mlp": 0.52} if word else {},
        "against": {"linear": against, "mlp": against} if word else {},
        "baselines": {"majority": 0.2, "stratified": 0.3}, "differences": {"stratified": trivial, "majority": ABOVE},
        "saturated": [], "reason": "", "windows": 100, "recordings": 12, "sessions": 6, "source": "simulated",
        "score": 0.6, "word": "above heads",
    }  # fmt: skip
    return row | known


def evaluation(name: str = "run") -> dict[str, Any]:
    tasks = [
        task(f"t{k}", verdict)
        for k, verdict in enumerate(["above heads"] * 3 + ["measured"] * 5 + ["below trivial"] * 3)
    ]
    tasks.append(task("t11", score=None, chosen="", test={}, reason="the test windows hold one class only"))
    tasks.append(task("probe", "above heads", extension=True, saturated=["mlp"]))
    tasks.append(task("hand_contact", "below trivial", variant_of="t3"))
    return {
        "command": "xperience evaluate run", "run": name, "data": "prepared", "model": {}, "weights": "abc",
        "episodes": {"train": 4, "val": 1, "test": 2}, "test_sessions": 6, "tasks": tasks, "seconds": 12.5,
        "sections": {
            "forecasts": {
                "title": "Forecasts", "text": f"What came. {name}",
                "table": {"columns": ["what", "error (m)"], "rows": [["hands", 0.0712], [name, None]]},
                "curve_s": [0.5, 1.0], "curves": {"hands": {"model": [0.1, 0.2], name: [0.2, None]}},
            },
            "future": {"title": "What comes", "reason": "no model of the future"},
            "neighbours": {"title": "Neighbours", "text": "", "pictures": ["pictures/a.png", "../secret.png"]},
            "documents": {"title": "Text", "text": "Said.", "examples": [{"truth": name, "said": "a cup"}, "plain"]},
        },
    }  # fmt: skip


def page(folder: Path, found: dict[str, Any]) -> str:
    write_json(folder / "evaluation.json", found)
    return model_page.build(folder).read_text(encoding="utf-8")


class _Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_headline_counts_the_twelve_and_keeps_probes_and_variants_apart(tmp_path: Path) -> None:
    text = page(tmp_path, evaluation())
    assert "12 tasks: 3 above heads, 5 measured, 3 below trivial, 1 not measurable" in text
    assert "<b>Probes beyond the twelve</b>: 1 task: 1 above heads" in text
    assert "<b>Variants of a task</b>: 1 task: 1 below trivial" in text
    assert "simulated, 12 recordings, 6 sessions" in text
    assert "Saturated, so that nothing can lie clearly above: Name of probe (mlp)." in text
    assert "the test windows hold one class only" in text
    assert "+0.050 to +0.150" in text and "own 0.400" in text


def test_sections_stand_in_their_order_with_all_they_hold(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(tmp_path / "pictures" / "a.png")
    text = page(tmp_path, evaluation())
    places = [text.index(f'<section id="{id}"') for id in ("scores", *evaluation()["sections"], "about")]
    assert places == sorted(places)
    assert "Not measurable: no model of the future" in text
    assert text.count('<img src="data:image/webp;base64,') == 1 and "secret.png cannot be read" in text
    assert '<td class="num">0.0712</td>' in text and "<dd>a cup</dd>" in text and "<dd>plain</dd>" in text
    assert text.count('class="curve ') == 2


def test_pictures_outside_the_folder_are_not_shown(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(tmp_path / "secret.png")
    (tmp_path / "out").mkdir()
    found = part("x", {"pictures": ["../secret.png", str(tmp_path / "secret.png")]}, tmp_path / "out")
    assert [uri for uri, _ in found.pictures] == ["", ""]


def test_the_page_asks_for_nothing_and_hostile_names_stay_text(tmp_path: Path) -> None:
    found = evaluation(HOSTILE)
    found["tasks"][0] |= {"name": HOSTILE, "chosen": HOSTILE, "reason": HOSTILE, "baselines": {HOSTILE: 1.0}}
    text = page(tmp_path, found)
    elements = _Elements(text).found
    assert {tag for tag, _ in elements}.isdisjoint({"script", "iframe", "object", "embed", "base", "form"})
    for tag, attributes in elements:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "action"):
            assert (attributes.get(name) or "#").startswith(("#", "data:")), (tag, attributes)
    policy = next(a["content"] for _, a in elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and policy.startswith("default-src 'none'") and "script" not in policy
    assert not re.search(r"url\(|@import", text)


def test_a_word_in_the_file_counts_for_nothing_and_without_heads_none_is_above_them(tmp_path: Path) -> None:
    rows = [task("t0"), task("t1", differences={"stratified": ABOVE}), task("t2", sessions=4)]
    text = page(tmp_path, evaluation() | {"tasks": rows})
    assert "3 tasks: 1 above trivial, 2 measured" in text and ">above heads<" not in text
    assert "too few sessions to tell" in text


def test_a_lower_error_is_the_better_baseline() -> None:
    row = task("a", metric="mpjpe", unit="m", higher_is_better=False, baselines={"mean": 0.2, "still": 0.1, "no": None})
    assert best_baseline(row) == ("still", 0.1)
    assert line(row).lower and line(row).baseline.score == "0.100 m"


def test_cells_are_short() -> None:
    assert [plain(v) for v in (None, True, 1234, -0.5, float("nan"), [1, 2.0], {"a": 1})] == [
        "–", "yes", "1,234", "−0.5", "–", "1, 2", "a: 1",
    ]  # fmt: skip


def test_curves_alone_make_one_chart_and_named_groups_one_each() -> None:
    (only,) = charts({"mean": [0.1, 0.2], "low": [0.0, None], "high": [0.3, None]}, [-1.0, 1.0])
    assert only[0] == "" and [name for _, name in only[1]] == ["mean", "95 % interval"]
    assert [name for name, *_ in charts({"a": {"x": [1, 2]}, "b": {"x": [1]}}, None)] == ["a", "b"]


@pytest.mark.parametrize("text", ["", "[", "3", "{}", '{"tasks": 3}', '{"tasks": [1], "sections": {}}', "[" * 100_000])
def test_what_is_no_evaluation_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(MissingError):
        model_page.build(tmp_path)
    (tmp_path / "evaluation.json").write_text(text)
    with pytest.raises(FormatError):
        model_page.build(tmp_path)
    assert not (tmp_path / "index.html").exists()


def test_what_came_back_from_json_is_what_was_written(tmp_path: Path) -> None:
    page(tmp_path, evaluation())
    assert json.loads((tmp_path / "evaluation.json").read_text()) == evaluation()

"""A plan as text."""

from __future__ import annotations

import textwrap

from xperience.corpus.planner.line import Line
from xperience.corpus.planner.plan import Plan

BINARY = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB")


def bytes_text(value: float) -> str:
    """Bytes with a binary unit."""
    k = 0
    while abs(value) >= 1024 and k < len(BINARY) - 1:
        value, k = value / 1024, k + 1
    return f"{value:,.0f} B" if k == 0 else f"{value:,.2f} {BINARY[k]}"


def short(value: float) -> str:
    """About three digits."""
    if value == 0:
        return "0"
    if abs(value) >= 1e6 or abs(value) < 1e-3:
        return f"{value:.3g}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def value_text(line: Line) -> str:
    return bytes_text(line.value) if line.unit == "bytes" else f"{short(line.value)} {line.unit}"


def render(plan: Plan) -> str:
    corpus, size = plan.corpus, plan.size
    out = [
        f"{corpus.episodes:,} episodes, {short(corpus.seconds / 3600)} h, {bytes_text(corpus.training_bytes)}"
        f"; model {size.name}, {short(size.params)} parameters; {plan.gpus:,} GPUs; recipe {plan.recipe}",
        *_wrapped("corpus: ", corpus.source),
        *_wrapped(
            "model: ",
            f"{size.params:,} parameters, {size.trunk:,} of them in the trunk; {size.tokens:,} tokens of a window of "
            f"{size.window_s:g} s; the shipped config {size.name}, as `xperience pretrain {size.name} --plan` has it",
        ),
    ]
    for name, lines in plan.sections.items():
        out += ["", name]
        for line in lines:
            out.append(f"  {line.key:<22} {value_text(line):>18}  {line.meaning}")
            out += _wrapped(" " * 45 + "= ", line.formula, 120)
    out += ["", "all sizes, on the same recordings, shards and GPUs"]
    out.append(
        f"  {'size':<6} {'parameters':>10} {'tokens/param':>13} {'GPU days':>10} {'days fed':>10} {'cores/GPU':>10}"
    )
    for other in plan.sizes:
        figures = (other.params, other.tokens_per_param, other.gpu_days, other.wall_days_fed, other.cores_per_gpu)
        row = "".join(f"{short(value):>{width}}" for value, width in zip(figures, (11, 14, 11, 11, 11), strict=True))
        out.append(f"  {other.name:<6}{row}" + ("" if other.fits else "  does not fit"))
    out += ["", "published planning ranges (expectations, not measurements)"]
    for planned in plan.ranges:
        out.append(f"  {planned.goal}: {planned.gpus_text}; {planned.storage}")
    out += [f"  here: {text}" for text in plan.compared]
    out += ["", "assumptions (change one by --set NAME=VALUE)"]
    for a in plan.assumptions:
        mark = {"default": " ", "given": "*", "measured": "+", "derived": "="}[a.origin]
        out.append(f" {mark}{a.name:<29} {short(a.value):>9} {a.unit:<14} {a.meaning}")
        out += _wrapped(" " * 56 + "from: ", a.source, 140)
    out.append("  * given by --set   + measured on this machine   = from the size and the recordings")
    if plan.warnings:
        out += ["", "mind"]
        for text in plan.warnings:
            out += _wrapped("  - ", text)
    return "\n".join(out) + "\n"


def _wrapped(head: str, text: str, width: int = 118) -> list[str]:
    return textwrap.wrap(text, width, initial_indent=head, subsequent_indent=" " * len(head))

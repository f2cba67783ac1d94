"""Train, val and test: whole episodes or larger, in a file that says how they were made.

Groups (episodes, sessions, activities, places) are indivisible. An object stands in many episodes, so objects are held
out: an episode that holds an object of test is in test, else one that holds an object of val is in val.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np

from xperience.corpus.grouping import exact, hold_out, nearest
from xperience.corpus.row import EpisodeRow
from xperience.errors import CorruptError, FormatError, MissingError, UsageError
from xperience.storage import digest, write_json

VERSION = 1
PARTS = ("train", "val", "test")
KINDS = ("episode", "session", "activity", "object", "place")


@dataclass(frozen=True)
class Split:
    """Which episodes are for what.

    Attributes:
        kind: one of KINDS: what was kept whole.
        seed: of the choice.
        train, val, test: episode ids, in byte order.
        catalogue: digest of the episodes it was made from.
        rule: how it was made, in a sentence.
        groups: groups by part; of episodes none, of objects those held out.
        label_rules: version of the rules that named the activities; None of other kinds.
    """

    kind: str
    seed: int
    train: list[str]
    val: list[str]
    test: list[str]
    catalogue: str = ""
    rule: str = ""
    groups: dict[str, list[str]] = field(default_factory=dict)
    version: int = VERSION
    label_rules: int | None = None

    @property
    def parts(self) -> dict[str, list[str]]:
        return {"train": self.train, "val": self.val, "test": self.test}

    def part_of(self) -> dict[str, str]:
        """Part by episode id."""
        return {id: part for part, ids in self.parts.items() for id in ids}

    def save(self, path: Path | str) -> None:
        write_json(path, asdict(self))

    @classmethod
    def load(cls, path: Path | str, known: Sequence[str] | None = None) -> Self:
        """Reads and checks a split.

        Args:
            known: ids of the catalogue, that all episodes must be among.

        Raises:
            MissingError, CorruptError, FormatError: no file, no JSON, or not a split; an id twice; an unknown id.
        """
        path = Path(path)
        values = read_json(path, "make one: xperience split CATALOG --out split.json")
        parts: dict[str, list[str]] = {}
        for part in PARTS:
            ids = values.get(part) if isinstance(values, dict) else None
            if not isinstance(ids, list) or not all(isinstance(id, str) for id in ids):
                found = "nothing" if ids is None else type(ids).__name__
                raise FormatError("not a split", file=path, field=part, found=found, expected="a list of episode ids")
            parts[part] = ids
        version = values.get("version", VERSION)
        if version != VERSION:
            raise FormatError("another version of split", file=path, field="version", found=version, expected=VERSION)
        _refuse_twice(parts, path)
        if known is not None:
            for part, ids in parts.items():
                check_known(ids, known, path, part)
        groups, seed = values.get("groups"), values.get("seed", 0)
        if not isinstance(seed, int):
            raise FormatError("not a seed", file=path, field="seed", found=seed, expected="a whole number")
        kind, catalogue, rule = (str(values.get(name, "")) for name in ("kind", "catalogue", "rule"))
        groups = groups if isinstance(groups, dict) else {}
        rules = values.get("label_rules")
        if rules is not None and not isinstance(rules, int):
            raise FormatError("not a version", file=path, field="label_rules", found=rules, expected="a whole number")
        train, val, test = (parts[part] for part in PARTS)
        return cls(kind, seed, train, val, test, catalogue, rule, groups, version, rules)


def _refuse_twice(parts: Mapping[str, Sequence[str]], path: Path) -> None:
    first: dict[str, str] = {}
    for part, ids in parts.items():
        for id in ids:
            if id in first:
                where = f"{first[id]} and {part}" if first[id] != part else f"{part} twice"
                raise FormatError(
                    "an episode is named twice", file=path, field=id, found=where, expected="one part, once"
                )
            first[id] = part


def read_json(path: Path, hint: str) -> Any:
    """Content of a JSON file; raises MissingError or CorruptError."""
    try:
        return json.loads(path.read_bytes())
    except (FileNotFoundError, IsADirectoryError) as error:
        raise MissingError("no such file", file=path, hint=hint) from error
    except (ValueError, RecursionError, OSError) as error:
        raise CorruptError("not JSON", file=path, found=str(error)[:200], hint=hint) from error


def check_known(ids: Sequence[str], known: Sequence[str], path: Path, field: str) -> None:
    """Raises FormatError naming the first episodes that are not in the catalogue, and the nearest that is."""
    there = set(known)
    unknown = [id for id in ids if id not in there]
    if unknown:
        near = difflib.get_close_matches(unknown[0], known, 1, 0.3)
        raise FormatError(
            f"names {len(unknown)} episode{'s' * (len(unknown) > 1)} that the catalogue lacks",
            file=path,
            field=field,
            found=", ".join(unknown[:3]) + (", ..." if len(unknown) > 3 else ""),
            expected="episode ids of the catalogue",
            hint=f"the nearest to the first is {near[0]}" if near else "use the catalogue it was made from",
        )


def read_ids(path: Path) -> list[str]:
    """Episode ids of a selection or an episode manifest: a list, or `episodes` of ids or of objects with episode_id."""
    values = read_json(path, "make one: xperience select CATALOG --episodes N")
    entries = values.get("episodes") if isinstance(values, dict) else values
    if isinstance(entries, list):
        ids = [e.get("episode_id") if isinstance(e, dict) else e for e in entries]
        if all(isinstance(id, str) for id in ids):
            return [str(id) for id in ids]
    raise FormatError("names no episodes", file=path, field="episodes", expected="a list of episode ids")


def catalogue_digest(rows: Sequence[EpisodeRow]) -> str:
    """Identity of what a split or selection was made from: ids and hashes."""
    return digest(*(f"{row.episode_id} {row.hash}" for row in sorted(rows, key=lambda row: row.episode_id)))


def facet(row: EpisodeRow, kind: str) -> list[str]:
    """Groups of an episode; none where the catalogue does not know."""
    if kind == "object":
        return list(row.objects)
    value = {
        "episode": row.episode_id, "session": row.session, "activity": row.activity or row.main_task, "place": row.place
    }[kind]  # fmt: skip
    return [value] if value else []


def make_split(
    rows: Sequence[EpisodeRow],
    kind: str,
    *,
    ratios: Sequence[float] | None = None,
    counts: Sequence[int] | None = None,
    seed: int = 0,
) -> Split:
    """Splits the rows that are not set aside.

    Args:
        ratios: shares of train, val, test, met as nearly as the groups allow; (0.75, 0.125, 0.125) by default.
        counts: exact numbers of episodes instead; what they leave over is left out in whole groups.

    Raises:
        UsageError: the request cannot be met; it says why.
    """
    if kind not in KINDS:
        near = difflib.get_close_matches(kind, KINDS, 1)
        hint = f"did you mean {near[0]}?" if near else None
        raise UsageError("not a kind of split", field="--by", found=kind, expected=", ".join(KINDS), hint=hint)
    usable = sorted((row for row in rows if row.reason is None), key=lambda row: row.episode_id)
    if not usable:
        raise UsageError("no usable episode to split", found=f"{len(rows)} episodes, all set aside")
    wanted = _wanted(ratios, counts, len(usable))
    facets = {row.episode_id: facet(row, kind) for row in usable}
    captioned = {row.episode_id for row in usable if row.actions or row.main_task}  # such may well name no object
    lacking = [id for id, values in facets.items() if not values and not (kind == "object" and id in captioned)]
    if lacking:
        raise UsageError(
            f"the {kind} of {len(lacking)} of {len(usable)} episodes is not known",
            field="--by",
            found=", ".join(lacking[:3]),
            hint="split by session, or name with --selection the episodes of which it is known",
        )
    rng = np.random.default_rng(seed)
    if kind == "object":
        parts, groups = _by_object(facets, wanted, counts is not None, rng)
    else:
        parts, groups = _by_group(facets, kind, wanted, counts is not None, rng)
    how = f"counts {','.join(map(str, wanted))}" if counts is not None else f"ratios, nearest to {wanted}"
    rule = {
        "object": "an episode that holds an object held out for test is in test, else of val in val, else in train",
        "episode": "every episode by itself",
    }.get(kind, f"no {kind} in two parts")
    train, val, test = (sorted(parts[part]) for part in PARTS)
    rule = f"{rule}; {how}"
    groups = {} if kind == "episode" else groups
    rules = _label_rules(usable) if kind == "activity" else None
    return Split(kind, seed, train, val, test, catalogue_digest(rows), rule, groups, label_rules=rules)


def _label_rules(rows: Sequence[EpisodeRow]) -> int | None:
    """The version of the rules behind all activities; raises UsageError where there are two."""
    versions = {row.label_rules for row in rows if row.activity}
    if len(versions) > 1:
        raise UsageError(
            "activities are named by label rules of several versions",
            field="--by",
            found=", ".join(sorted("unknown" if version is None else str(version) for version in versions)),
            hint="make the catalogue again: xperience catalog",
        )
    return next(iter(versions), None)


def _wanted(ratios: Sequence[float] | None, counts: Sequence[int] | None, total: int) -> tuple[int, int, int]:
    """Episodes of train, val and test that are asked for."""
    if ratios is not None and counts is not None:
        raise UsageError("give ratios or counts, not both", field="--ratios, --counts")
    if counts is not None:
        if len(counts) != 3 or min(counts) < 0 or counts[0] == 0:
            expected = "three whole numbers for train,val,test, the first above 0"
            raise UsageError("not three counts", field="--counts", found=list(counts), expected=expected)
        if sum(counts) > total:
            raise UsageError(
                "more episodes asked for than there are", field="--counts", found=sum(counts), expected=f"<= {total}"
            )
        return counts[0], counts[1], counts[2]
    shares = np.array((0.75, 0.125, 0.125) if ratios is None else ratios, float)
    fine = len(shares) == 3 and bool(np.isfinite(shares).all())
    if not fine or shares.min() < 0 or shares[0] == 0 or abs(shares.sum() - 1) > 1e-6:
        expected = "three numbers for train,val,test that add up to 1, the first above 0"
        raise UsageError("not three shares", field="--ratios", found=shares.tolist(), expected=expected)
    whole = np.floor(shares * total).astype(int)
    for k in np.argsort(whole - shares * total, kind="stable")[: total - whole.sum()]:
        whole[k] += 1
    whole = np.where((shares > 0) & (whole == 0), 1, whole)
    return int(total - whole[1] - whole[2]), int(whole[1]), int(whole[2])


def _by_group(
    facets: Mapping[str, Sequence[str]], kind: str, wanted: tuple[int, int, int], strict: bool, rng: np.random.Generator
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    members: dict[str, list[str]] = {}
    for id, values in facets.items():
        members.setdefault(values[0], []).append(id)
    needed = sum(count > 0 for count in wanted)
    if len(members) < needed or wanted[0] < 1:
        raise UsageError(
            f"fewer groups than parts: every {kind} must be whole",
            field="--by",
            found=f"{len(members)} x {kind} for {needed} parts",
            hint="split by a finer kind, or set the share of val to 0",
        )
    names = [sorted(members)[k] for k in rng.permutation(len(members))]
    sizes = [len(members[name]) for name in names]
    chosen = exact(sizes, wanted, rng) if strict else nearest(sizes, wanted)
    if chosen is None:
        biggest = sorted(sizes, reverse=True)
        raise UsageError(
            f"no choice of whole groups gives these counts: every {kind} is indivisible",
            field="--counts",
            found=f"{','.join(map(str, wanted))} from {len(sizes)} groups of {biggest[:8]}{'...' * (len(sizes) > 8)}",
            hint="use --ratios for the nearest that can be had, or split by episode",
        )
    groups = {part: sorted(names[k] for k in ks) for part, ks in zip(PARTS, chosen, strict=True)}
    return {part: [id for name in found for id in members[name]] for part, found in groups.items()}, groups


def _by_object(
    facets: Mapping[str, Sequence[str]], wanted: tuple[int, int, int], strict: bool, rng: np.random.Generator
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Held-out objects for test, then of those left and of the episodes left for val."""
    left = dict(facets)
    parts: dict[str, list[str]] = {}
    groups: dict[str, list[str]] = {}
    for part, count in (("test", wanted[2]), ("val", wanted[1])):
        holders: dict[str, set[str]] = {}
        for id, values in left.items():
            for value in values:
                holders.setdefault(value, set()).add(id)
        for value in groups.get("test", ()):
            holders.pop(value, None)
        found = hold_out(holders, count, rng)
        held = set().union(*(holders[value] for value in found)) if found else set()
        if (count and not held) or len(held) == len(left) or (strict and len(held) != count):
            raise UsageError(
                f"no choice of objects to hold out gives {part} that many episodes",
                field="--by object",
                found=f"nearest: {len(held)} of {len(left)} episodes",
                expected=f"{count}",
                hint="most episodes share objects: use --ratios, another seed, or split by session",
            )
        parts[part], groups[part] = sorted(held), sorted(found)
        left = {id: values for id, values in left.items() if id not in held}
    ids = sorted(left)
    if strict and len(ids) > wanted[0]:
        ids = [ids[k] for k in sorted(rng.permutation(len(ids))[: wanted[0]])]
    if strict and len(ids) < wanted[0]:
        raise UsageError("too few episodes are left for train", field="--counts", found=len(ids), expected=wanted[0])
    parts["train"], groups["train"] = ids, []
    return parts, groups

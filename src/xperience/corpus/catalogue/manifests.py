"""The files beside the tables: what was found where, what may be used, and what is missing.

None of them holds a private path: a local source goes by the name of its folder, files by `<session>/ep<k>/<name>`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xperience import __version__
from xperience.corpus.labels import VERSION as LABEL_RULES
from xperience.corpus.row import EpisodeRow
from xperience.episode.layout import VISUALIZATION
from xperience.storage import write_json, write_text

if TYPE_CHECKING:
    from xperience.corpus.catalogue.build import FileRow, Findings


def write(out: Path, rows: Sequence[EpisodeRow], files: Mapping[str, list[FileRow]], findings: Findings) -> None:
    """source_discovery.json, episode_manifest.json, missing_views.json and the two pages on access."""
    summary = _summary(rows)
    kinds = Counter(file["hash_kind"] or "none" for row in rows for file in files[row.episode_id])
    discovery = {
        "xperience": __version__,
        "label_rules": LABEL_RULES,
        "sources": [_source(listing, rows) for listing in findings.listings],
        "read": findings.read,
        "reused": findings.reused,
        "summary": summary,
        "hash_kinds": dict(sorted(kinds.items())),
        "duplicates": [_duplicate(found) for found in findings.duplicates],
        "set_aside": {row.episode_id: row.reason for row in rows if row.reason},
    }
    write_json(out / "source_discovery.json", discovery)
    write_json(
        out / "episode_manifest.json",
        {"summary": summary, "episodes": [_episode(row, files[row.episode_id]) for row in rows]},
    )
    missing = {
        row.episode_id: {"views": row.missing_views, "streams": sorted(set(row.missing) - set(row.missing_views))}
        for row in rows
    }
    write_json(out / "missing_views.json", {k: v for k, v in missing.items() if v["views"] or v["streams"]})
    write_text(out / "DATA_ACCESS_STATUS.md", _data_page(discovery))
    write_text(out / "MULTI_EPISODE_ACCESS_STATUS.md", _episodes_page(rows, summary))


def _summary(rows: Sequence[EpisodeRow]) -> dict[str, Any]:
    durations = [row.duration_s for row in rows if row.duration_s is not None]
    return {
        "episodes": len(rows),
        "sessions": len({row.session for row in rows}),
        "files": sum(row.files or 0 for row in rows),
        "bytes": sum(row.bytes or 0 for row in rows),
        "training_bytes": sum(row.training_bytes or 0 for row in rows),
        "episodes_of_unknown_size": sum(row.bytes is None for row in rows),
        "complete": sum(bool(row.complete) for row in rows),
        "set_aside": sum(row.reason is not None for row in rows),
        "seconds_known": sum(durations),
        "episodes_of_known_duration": len(durations),
        "verdicts": dict(sorted(Counter(row.verdict or "unknown" for row in rows).items())),
    }


def _source(listing: Any, rows: Sequence[EpisodeRow]) -> dict[str, Any]:
    mine = [row for row in rows if row.source == listing.name]
    return {
        "name": listing.name,
        "kind": listing.kind,
        "revision": listing.revision,
        "licence": listing.licence,
        "episodes": len(mine),
        "bytes": sum(row.bytes or 0 for row in mine),
        "files_of_no_episode": listing.other_files,
        "unchanged": listing.unchanged,
    }


def _duplicate(found: Mapping[str, str]) -> dict[str, str]:
    """Both places by their last three folders, which tell them apart without the private part of a path."""
    short = {k: v if "://" in v else "/".join(v.split("/")[-3:]) for k, v in found.items() if k != "reason"}
    return {**short, "reason": found["reason"]}


def _episode(row: EpisodeRow, files: Sequence[FileRow]) -> dict[str, Any]:
    return {
        "episode_id": row.episode_id,
        "path": row.episode_id.replace("__", "/"),
        "session": row.session,
        "source": row.source,
        "revision": row.revision,
        "licence": row.licence,
        "hash": row.hash,
        "frames": row.frames,
        "duration_s": row.duration_s,
        "main_task": row.main_task,
        "complete": row.complete,
        "missing_views": row.missing_views,
        "bytes": row.bytes,
        "training_bytes": row.training_bytes,
        "verdict": row.verdict,
        "set_aside": row.reason,
        "files": [
            {
                "name": file["path"].rpartition("/")[2],
                "bytes": file["bytes"],
                "hash": file["hash"],
                "hash_kind": file["hash_kind"],
                "exists": file["state"] == "present",
            }
            for file in files
        ],
    }


def _tebi(count: int) -> str:
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.4g} {unit}"
        value /= 1024
    return f"{value:,.2f} TiB"


def _sizes(summary: Mapping[str, Any]) -> str:
    """How much the episodes are together; what is not known is no zero."""
    unknown = summary["episodes_of_unknown_size"]
    if unknown and unknown == summary["episodes"]:
        return "of unknown size: the listing states none."
    text = f"{_tebi(summary['bytes'])}; {_tebi(summary['training_bytes'])} without {VISUALIZATION}, which training never reads."
    return text + (f" Not counted: {unknown:,} episodes of unknown size." if unknown else "")


def _data_page(found: Mapping[str, Any]) -> str:
    summary = found["summary"]
    lines = [
        "# Access to the data", "",
        f"{summary['episodes']:,} episodes in {summary['sessions']:,} sessions, {_sizes(summary)}", "",
        "| source | kind | revision | licence | episodes | size |", "| --- | --- | --- | --- | ---: | ---: |",
    ]  # fmt: skip
    for s in found["sources"]:
        lines.append(
            f"| {s['name']} | {s['kind']} | {s['revision'] or 'none'} | {s['licence'] or 'not stated'} "
            f"| {s['episodes']:,} | {_tebi(s['bytes'])} |"
        )
    kinds = ", ".join(f"{kind} {count:,}" for kind, count in found["hash_kinds"].items())
    lines += ["", f"Hashes of files by kind: {kinds or 'none'}. A sampled hash tells files apart; it proves no copy."]
    lines += ["", f"Read anew in the last run: {found['read']:,}; taken over as unchanged: {found['reused']:,}."]
    if found["duplicates"]:
        lines += ["", "## Ids that stand for two places", ""]
        lines += [f"- {d['episode_id']}: kept {d['kept']}, set aside {d['set_aside']}" for d in found["duplicates"]]
    return "\n".join(lines) + "\n"


SHOWN = 200
"""Episodes named on a page; all are in missing_views.json and source_discovery.json."""


def _episodes_page(rows: Sequence[EpisodeRow], summary: Mapping[str, Any]) -> str:
    lines = [
        "# Episodes that can be used", "",
        f"- complete (annotation and six views): {summary['complete']:,} of {summary['episodes']:,}",
        f"- set aside: {summary['set_aside']:,}",
        f"- verdicts of the quality gate: {', '.join(f'{k} {v:,}' for k, v in summary['verdicts'].items())}",
        f"- length known of {summary['episodes_of_known_duration']:,}: {summary['seconds_known'] / 3600:,.2f} h", "",
    ]  # fmt: skip
    worth = [row for row in rows if row.reason or row.missing_views]
    if worth:
        lines += ["| episode | missing views | set aside because |", "| --- | --- | --- |"]
        lines += [f"| {r.episode_id} | {', '.join(r.missing_views)} | {r.reason or ''} |" for r in worth[:SHOWN]]
    if len(worth) > SHOWN:
        lines += ["", f"{len(worth) - SHOWN:,} more are in missing_views.json."]
    return "\n".join(lines) + "\n"

"""A dataset repository of Hugging Face: `owner/name` or `hf://datasets/owner/name`."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xperience.corpus.catalogue.sources.listing import FileEntry, Grouping, Listing
from xperience.errors import MissingError, SpaceError, XperienceError

if TYPE_CHECKING:
    from xperience.corpus.catalogue.sources import Access

SCHEME = "hf://datasets/"
_REPO = re.compile(r"[\w][\w.-]{0,95}/[\w][\w.-]{0,95}")


def matches(spec: str) -> bool:
    return spec.startswith(SCHEME) or (bool(_REPO.fullmatch(spec)) and not Path(spec).exists())


def listing(spec: str, access: Access) -> Listing:
    api, errors = _api(access)
    repo = spec.removeprefix(SCHEME).strip("/")
    if not _REPO.fullmatch(repo):
        raise MissingError("no name of a dataset repository", field="SOURCE", found=spec, expected="owner/name")
    try:
        info = api.dataset_info(repo, revision=access.revision)
        licence = _licence(info)
        if info.sha is not None and access.known.get(repo) == info.sha:
            return Listing("huggingface", repo, info.sha, licence, unchanged=True)
        grouping = Grouping(f"{SCHEME}{repo}", f"{SCHEME}{repo}")
        for item in api.list_repo_tree(repo, recursive=True, revision=info.sha, repo_type="dataset"):
            size = getattr(item, "size", None)
            if size is None:
                continue  # a folder
            large = getattr(item, "lfs", None)
            kind = "sha256-stored" if large else "git-sha1"
            grouping.add(item.path, FileEntry("", size, large.sha256 if large else item.blob_id, kind))
    except errors as error:
        raise _refused(error, repo) from error
    return Listing("huggingface", repo, info.sha, licence, grouping.episodes(), grouping.other_files)


def _licence(info: Any) -> str | None:
    card = getattr(info, "card_data", None)
    found = card.get("license") if card is not None else None
    return ", ".join(found) if isinstance(found, list) else found


def _api(access: Access) -> tuple[Any, tuple[type[Exception], ...]]:
    try:
        from huggingface_hub import HfApi, get_session
        from huggingface_hub.errors import HfHubHTTPError
    except ImportError as error:
        raise MissingError(
            "Hugging Face repositories need huggingface_hub",
            field="huggingface_hub",
            hint="pip install huggingface_hub",
        ) from error
    client = importlib.import_module(type(get_session()).__module__.partition(".")[0])  # httpx by one name or another
    return HfApi(token=access.token), (HfHubHTTPError, client.HTTPError)


def _refused(error: Exception, repo: str) -> XperienceError:
    """A typed error without the library's text, which may repeat addresses that hold secrets."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status in (401, 403):
        return SpaceError(
            "no permission to read the repository",
            file=f"{SCHEME}{repo}",
            found=f"HTTP {status}",
            hint="ask for access on its page, then give --token-file or log in with `hf auth login`",
        )
    hint = "check owner/name and --revision" if status == 404 else "check the network, then run again: it continues"
    found = f"HTTP {status}" if status else type(error).__name__
    return MissingError("cannot reach the repository", file=f"{SCHEME}{repo}", found=found, hint=hint)


def chunks(location: str, start: int, revision: str | None, access: Access) -> Iterator[bytes]:
    from xperience.corpus.catalogue.sources import CHUNK

    _, errors = _api(access)
    from huggingface_hub import get_session, hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    owner, name, path = location.removeprefix(SCHEME).split("/", 2)
    repo = f"{owner}/{name}"
    headers = build_hf_headers(token=access.token)
    if start:
        headers["Range"] = f"bytes={start}-"
    url = hf_hub_url(repo, path, repo_type="dataset", revision=revision)
    try:
        # the session drops the token where a redirect leads to another host
        with get_session().stream("GET", url, headers=headers, follow_redirects=True) as answer:
            answer.raise_for_status()
            skip = start if answer.status_code == 200 else 0  # the server ignored the range
            for data in answer.iter_bytes(CHUNK):
                if skip >= len(data):
                    skip -= len(data)
                    continue
                yield data[skip:]
                skip = 0
    except errors as error:
        raise _refused(error, repo) from error

"""
Bundles: `.otioz` and `.otiod`, a timeline with its media inside.

The stock writer bundles the active reference of a clip only, and leaves the others pointing outside (measured with
opentimelineio 0.18.1). This one bundles every reference whose file is here; the stock reader opens what it writes.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from otio_cometapi.editorial.media_urls import path_of
from otio_cometapi.editorial.otio_errors import AdapterBorder
from otio_cometapi.editorial.structure import timelines_of
from otio_cometapi.errors import EditorialError

BUNDLES = frozenset((".otioz", ".otiod"))
"""Suffixes of bundles."""

_VERSION_FILE, _VERSION = "version.txt", "1.0.0"
_CONTENT = "content.otio"
_MEDIA = "media"


def opened_bundle(timeline: Any, path: Path, *, cache: Path) -> Any:
    """
    Return the timeline of a bundle with addresses of files that can be read.

    Media of an `.otiod` is used where it lies; what clips of an `.otioz` need is taken out into *cache*, in a folder
    named by what the bundle holds. Nothing is written beside the bundle.

    Args:
        timeline: What the stock adapter read; not changed.
        path: The bundle.
        cache: Where media may be put.

    Raises:
        EditorialError: The bundle is damaged, or its media cannot be taken out.
    """
    with AdapterBorder(f"open the bundle '{path}'", next_step="Export it again, or check the disk's space."):
        result = timeline.clone()
        wanted = {url: names for url in _urls(result) if (names := _inside(url))}
        places = _in_folder(path, wanted) if path.suffix.lower() == ".otiod" else _taken_out(path, wanted, cache)
        for clip in _clips(result):
            for reference in clip.media_references().values():
                place = places.get(getattr(reference, "target_url", None) or "")
                if place is not None:
                    reference.target_url = os.fspath(place)
    return result


def _clips(timeline: Any) -> list[Any]:
    return [clip for each in timelines_of(timeline) or [timeline] for clip in each.find_clips()]


def _urls(timeline: Any) -> Iterator[str]:
    for clip in _clips(timeline):
        for reference in clip.media_references().values():
            url = getattr(reference, "target_url", None)
            if url:
                yield url


def _inside(url: str) -> tuple[str, ...]:
    """Return the names in the bundle that an address may mean, the literal one first; none for one that leads out."""
    found = []
    for text in dict.fromkeys((url, unquote(url))):
        name = PurePosixPath(text)
        safe = "\\" not in text and ":" not in text and "\x00" not in text and ".." not in name.parts
        if safe and name.parts[:1] == (_MEDIA,) and len(name.parts) > 1:
            found.append(str(name))
    return tuple(found)


def _in_folder(bundle: Path, wanted: Mapping[str, tuple[str, ...]]) -> dict[str, Path]:
    folder = Path(os.path.abspath(bundle))  # noqa: PTH100 - keeps symbolic links in the user's words
    found = {}
    for url, names in wanted.items():
        for name in names:
            place = folder / name
            if place.is_file() and place.resolve().is_relative_to(folder.resolve()):
                found[url] = place
                break
    return found


def _taken_out(bundle: Path, wanted: Mapping[str, tuple[str, ...]], cache: Path) -> dict[str, Path]:
    with zipfile.ZipFile(bundle) as archive:
        members = {each.filename: each for each in archive.infolist() if not each.is_dir()}
        folder = cache / _identity(members.values())
        chosen = {url: name for url, names in wanted.items() for name in names[::-1] if name in members}
        missing = [members[name] for name in dict.fromkeys(chosen.values()) if not _is_out(members[name], folder)]
        _check_space(missing, cache)
        for member in missing:
            place = folder / member.filename
            place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = place.with_name(f".{place.name[:100]}.{secrets.token_hex(4)}.part")
            try:
                with archive.open(member) as source, part.open("wb") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
                part.replace(place)
            finally:
                part.unlink(missing_ok=True)
    return {url: folder / name for url, name in chosen.items()}


def _identity(members: Any) -> str:
    """Return a name for what a bundle holds: names, sizes and checksums of its media."""
    facts = sorted(
        f"{each.filename}\0{each.file_size}\0{each.CRC}" for each in members if each.filename.startswith(_MEDIA + "/")
    )
    return hashlib.sha256("\n".join(facts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _is_out(member: zipfile.ZipInfo, folder: Path) -> bool:
    place = folder / member.filename
    return place.is_file() and place.stat().st_size == member.file_size


def _check_space(members: list[zipfile.ZipInfo], cache: Path) -> None:
    if not members:
        return
    cache.mkdir(mode=0o700, parents=True, exist_ok=True)
    needed, free = sum(each.file_size for each in members), shutil.disk_usage(cache).free
    if needed > free:
        raise EditorialError(
            f"the bundle's media needs {needed} bytes, and {cache} has {free} left.",
            next_step="Free space there, or unpack the bundle yourself and use its content.otio.",
        )


def write_bundle(timeline: Any, part: Path, *, media_root: Path) -> tuple[str, ...]:
    """
    Write a bundle with the media of every reference.

    Args:
        timeline: What to write; not changed.
        part: The file or folder to make, by its suffix; nothing stands there.
        media_root: Where relative addresses begin.

    Returns:
        What stays outside of the bundle, each a sentence.

    Raises:
        OSError: A file cannot be read or written.
    """
    result = timeline.clone()
    names: dict[Path, str] = {}
    outside: set[str] = set()
    for clip in _clips(result):
        for reference in clip.media_references().values():
            _bundle_reference(reference, names, outside, media_root)
    text = result.to_json_string()
    if part.suffix.lower() == ".otiod":
        (part / _MEDIA).mkdir(parents=True)
        (part / _CONTENT).write_text(text, encoding="utf-8")
        (part / _VERSION_FILE).write_text(_VERSION, encoding="utf-8")
        for source, name in names.items():
            shutil.copyfile(source, part / name)
    else:
        with zipfile.ZipFile(part, "w") as archive:
            archive.writestr(_VERSION_FILE, _VERSION, compress_type=zipfile.ZIP_DEFLATED)
            archive.writestr(_CONTENT, text, compress_type=zipfile.ZIP_DEFLATED)
            for source, name in names.items():
                archive.write(source, name, compress_type=zipfile.ZIP_STORED)
    if not outside:
        return ()
    few = ", ".join(sorted(outside)[:3]) + (f" and {len(outside) - 3} more" if len(outside) > 3 else "")
    return (f"Media that is not here stays outside of the bundle: {few}.",)


def _bundle_reference(reference: Any, names: dict[Path, str], outside: set[str], media_root: Path) -> None:
    """Point a reference to its file in the bundle, where the file is here."""
    url = getattr(reference, "target_url", None)
    if not url:
        return
    place = path_of(url, media_root=media_root).path
    if place is None or not place.is_file():
        outside.add(url)
        return
    real = place.resolve()
    if real not in names:
        names[real] = _free_name(place.name, set(names.values()))
    reference.target_url = names[real]


def _free_name(name: str, taken: set[str]) -> str:
    """Return a name in the bundle that no other file has; file systems may not tell capitals apart."""
    lower = {each.lower() for each in taken}
    stem, suffix = Path(name).stem, Path(name).suffix
    number, found = 1, f"{_MEDIA}/{name}"
    while found.lower() in lower:
        number += 1
        found = f"{_MEDIA}/{stem}_{number}{suffix}"
    return found

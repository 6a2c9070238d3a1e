"""Allowed: which files may ever leave this machine, where a studio has bounded that."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from otio_cometapi.comet.input_rules import is_url
from otio_cometapi.errors import RequestInvalidError
from otio_cometapi.pipeline.naming import clips_of
from otio_cometapi.records import Export, Look, MediaInfo, SequenceSpec, TakeRecord

if TYPE_CHECKING:
    from otio_cometapi.pipeline.job import Job


def outside(path: Path | str, roots: Iterable[Path]) -> str:
    """
    Say why a file may not be sent; nothing where it may.

    Links and ``..`` are followed to the file itself, and folders are told apart by what they are, not by how they are
    spelled, so that file systems that do not mind capitals are no way round. A root that is not there allows nothing.

    Args:
        path: The file.
        roots: The folders below which it must lie; none: every file may be sent.
    """
    bounds = tuple(roots)
    if not bounds or not _places(Path(path)).isdisjoint(place for root in bounds for place in _place(root)):
        return ""
    return f"{path} lies outside the folders that may be sent (allowed_media_roots)"


def source_outside(info: MediaInfo, roots: Iterable[Path]) -> str:
    """Say why a measured source may not be sent; nothing where it may. Every image of a sequence counts."""
    return sequence_outside(info.sequence, roots) if info.sequence else outside(info.path, roots)


def sequence_outside(sequence: SequenceSpec, roots: Iterable[Path]) -> str:
    """Say why an image sequence may not be sent: its folder, or an image in it that is a link to elsewhere."""
    bounds = tuple(roots)
    found = outside(sequence.folder, bounds)
    if found or not bounds:
        return found
    links = (each for each in Path(sequence.folder).iterdir() if each.is_symlink())
    named = (each for each in links if each.name.startswith(sequence.prefix) and each.name.endswith(sequence.suffix))
    return next((problem for each in named if (problem := outside(each, bounds))), "")


def images_outside(look: Look, roots: Iterable[Path]) -> str:
    """Say why a look's images may not be sent; nothing where they may. Addresses on the web are public."""
    bounds = tuple(roots)
    images = [("reference image", each) for each in look.references]
    images += [("keyframe", each.image) for each in look.keyframes]
    files = ((kind, each) for kind, each in images if not is_url(each) and not each.lower().startswith("data:"))
    return next((f"the {kind} {problem}" for kind, each in files if (problem := outside(each, bounds))), "")


def check_sendable(job: Job, take: TakeRecord, export: Export, *, roots: tuple[Path, ...]) -> None:
    """
    See that only what may leave this machine is sent, whoever wrote the ledger.

    Raises:
        RequestInvalidError: The export lies elsewhere than in the job, or a file lies outside the allowed folders.
    """
    problem = source_outside(take.info, roots) or images_outside(take.look, roots)
    if not problem and not Path(export.path).resolve().is_relative_to(job.folder.exports.resolve()):
        problem = f"the export {export.path} is none of this job's"
    if problem:
        raise RequestInvalidError((problem,), clip=clips_of(take))


def _places(path: Path) -> set[tuple[int, int]]:
    """Return device and number of every folder that a file really lies in, and its own."""
    real = path.resolve()
    return {place for each in (real, *real.parents) for place in _place(each)}


def _place(path: Path) -> tuple[tuple[int, int], ...]:
    try:
        status = path.stat()
    except OSError:
        return ()
    return ((status.st_dev, status.st_ino),)

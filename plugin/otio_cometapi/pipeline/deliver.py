"""Deliver: a relinked timeline as its host wants it, and beside it what the host or the format cannot hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otio_cometapi.editorial.hosts import Delivery, HostPreset, resolved
from otio_cometapi.editorial.placement import takes_above
from otio_cometapi.editorial.rebase import active_media, rebased
from otio_cometapi.editorial.relink import (
    move_relative_addresses,
    timeline_relinked,
    with_explicit_ranges,
    with_unique_reels,
)
from otio_cometapi.editorial.sources import SourceFinder
from otio_cometapi.errors import MediaError, WrongUsageError
from otio_cometapi.jobs import choices
from otio_cometapi.media.probe import media_info
from otio_cometapi.pipeline.job import Job, same_file
from otio_cometapi.records import Link, MediaInfo, TimelineRecord

_CHOICE = "delivery"
_AS_BEFORE = Delivery()
_KEEPS_EVERYTHING = frozenset((".otio", ".otioz", ".otiod"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A timeline that shows its takes, as a host wants it."""

    timeline: Any
    """As the host wants it."""
    everything: Any
    """The same with every reference and in the numbers of clip space."""
    preset: HostPreset
    """What the host wants."""
    media_root: Path
    """Where relative addresses begin in it."""
    notes: tuple[str, ...] = ()
    """What could not be done as the host wants it, each a sentence."""

    def needs_sidecar(self, output: Path) -> bool:
        """Tell whether a file under that name would lack something that an `.otio` beside it can hold."""
        return self.preset.rebase or output.suffix.lower() not in _KEEPS_EVERYTHING


def remembered_delivery(job: Job, wish: Delivery = _AS_BEFORE) -> Delivery:
    """
    Return what is wished for now, else what was wished for last; and remember it, so that `resume` goes on alike.

    Raises:
        JobError: The ledger is damaged or cannot be written.
    """
    known = choices.remembered(job.ledger, _CHOICE)
    wanted = Delivery(
        host=wish.host or known.get("host", ""),
        placement=wish.placement or known.get("placement", ""),
        url_style=wish.url_style or known.get("url_style", ""),
        rebase=wish.rebase if wish.rebase is not None else {"1": True, "0": False}.get(known.get("rebase", "")),
    )
    asked = {
        "host": wanted.host,
        "placement": wanted.placement,
        "url_style": wanted.url_style,
        "rebase": "" if wanted.rebase is None else str(int(wanted.rebase)),
    }
    if any(asked.values()) and asked != known:
        choices.remember(job.ledger, _CHOICE, asked)
    return wanted


def check_delivery(wish: Delivery, output: Path, *, timeline: Path | None) -> None:
    """
    See, before anything is spent, that a timeline can be written as wished.

    Raises:
        WrongUsageError: There is no such host, the format cannot hold what is asked for, or what is written beside the
            output would overwrite the input.
    """
    resolved(wish, suffix=output.suffix)
    if timeline is not None and same_file(sidecar_of(output), timeline):
        raise WrongUsageError(
            f"beside {output} all that it cannot hold is written to {sidecar_of(output).name}, which is the input "
            "timeline and is never changed.",
            next_step="Name another output.",
        )


def sidecar_of(output: Path) -> Path:
    """Return where everything is written that an output cannot hold."""
    return output.with_name(f"{output.name}.comet.otio")


def delivered(
    job: Job, which: TimelineRecord, links: Sequence[Link], wish: Delivery, output: Path | None, original: Any = None
) -> Shown:
    """
    Lay media onto a copy of one of the job's timelines, in the way that a host wants it.

    Args:
        job: The job.
        which: One of its timelines.
        links: Which clip shows which media; the last one of a clip is the active one.
        wish: What is wanted.
        output: Where the timeline will be written; None: nowhere, it stays an object.
        original: That timeline, to be changed in place; None: the job's copy is read.

    Raises:
        WrongUsageError: There is no such host, or the format cannot hold what is asked for.
        EditorialError: The style of addresses cannot be written.
    """
    preset = resolved(wish, suffix=output.suffix if output else "")
    media_root = Path(which.source_path).parent if which.source_path else Path.cwd()
    timeline_dir = output.absolute().parent if output else None
    style = "path" if preset.rebase else preset.url_style
    notes: tuple[str, ...] = ()
    original = job.original(which) if original is None else original
    if preset.placement == "track":
        finder = SourceFinder(media_root=media_root, own_media_dirs=(job.folder.media,))
        everything, notes = takes_above(
            original, links, shows_take=finder.shows_take, url_style=style, timeline_dir=timeline_dir
        )
    else:
        everything = timeline_relinked(original, links, url_style=style, timeline_dir=timeline_dir, in_place=True)
    made = everything
    if preset.rebase:
        made, more = rebased(
            everything,
            infos=_measured(active_media(everything, media_root=media_root)),
            media_root=media_root,
            url_style=preset.url_style,
            timeline_dir=timeline_dir,
        )
        notes = (*notes, *more)
    if timeline_dir is not None and timeline_dir != media_root:
        move_relative_addresses(everything, old=media_root, new=timeline_dir)
    if not preset.rebase and output is not None and output.suffix.lower() not in _KEEPS_EVERYTHING:
        made = with_explicit_ranges(made)
    if preset.unique_reels:
        made = with_unique_reels(made)
    return Shown(made, everything, preset, timeline_dir or media_root, notes)


def _measured(paths: Sequence[str]) -> dict[str, MediaInfo]:
    """Measure what can be measured; sound and missing files are taken at their references' word."""
    infos = {}
    for path in paths:
        try:
            infos[path] = media_info(Path(path))
        except MediaError:
            continue
    return infos

"""Restore: the originals back in a timeline that shows our media, whatever a host forgot of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otio_cometapi.editorial import timeline_io
from otio_cometapi.editorial.laid_takes import laid_takes
from otio_cometapi.editorial.originals import Home, Homes, has_original, put_back, show_original, source_key_of
from otio_cometapi.editorial.otio_errors import AdapterBorder
from otio_cometapi.editorial.placement import remove_clips
from otio_cometapi.editorial.relink import move_relative_addresses
from otio_cometapi.editorial.structure import cuts_of
from otio_cometapi.events import Event, Listener, Stage, ignore
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Exit
from otio_cometapi.pipeline.trace import homes_of


@dataclass(frozen=True, slots=True)
class Restored:
    """A timeline with its originals."""

    timeline: Any
    """A copy of the timeline, as an OTIO object."""
    clips: tuple[str, ...]
    """Names of the clips that show their original again."""
    removed: tuple[str, ...]
    """Names of the takes that lay above their originals and are gone."""
    problems: tuple[str, ...]
    """What could not be restored, each a sentence."""
    media_root: Path
    """Where relative addresses begin."""

    @property
    def exit(self) -> Exit:
        """Tell how it ended."""
        if not self.problems and (self.clips or self.removed):
            return Exit.DONE
        return Exit.PARTLY if self.clips or self.removed else Exit.NOTHING


NOTHING_OF_OURS = "nothing in the timeline shows media of this job, so there is nothing to restore."


def restore(timeline: Any, job: Job, *, media_root: Path) -> Restored:
    """
    Put the originals back: by the references that are still there, else by what the job knows of its media.

    Takes that lie on a track above their originals are taken away, with the track. Takes stay as references beside the
    originals. Offline, and free.

    Args:
        timeline: An OTIO timeline; not changed.
        job: The job whose media it shows.
        media_root: Where relative addresses begin.

    Raises:
        JobError: The job cannot be read.
    """
    homes = homes_of(job, media_root=media_root)
    clips: list[str] = []
    removed: list[str] = []
    problems: list[str] = []
    with AdapterBorder("put the originals back"):
        result = timeline.clone()
        for cut in cuts_of(result):
            laid = {index for index, under in laid_takes(cut, homes.shows_take).items() if under is not None}
            for place in cut.clips:
                if place.index in laid or not homes.shows_take(place.clip):
                    continue
                why = _put_back(place.clip, homes)
                if why:
                    problems.append(f"clip '{place.clip.name}' on {place.track} keeps its take: {why}.")
                else:
                    clips.append(place.clip.name)
            above = [place.clip for place in cut.clips if place.index in laid]
            removed += [clip.name for clip in above]
            remove_clips(above)
    if not (clips or removed or problems):
        problems.append(NOTHING_OF_OURS)
    return Restored(result, tuple(clips), tuple(removed), tuple(problems), media_root)


def _put_back(clip: Any, homes: Homes) -> str:
    """Show a clip's original; return why that cannot be done, a clause, or nothing."""
    if has_original(clip):
        show_original(clip, source_key_of(clip))
        return ""
    home = homes.of(clip)
    if not isinstance(home, Home):
        return home or "its media is none of this job's"
    why = put_back(clip, home)
    if not why:
        show_original(clip, home.source_key)
    return why


def write(
    result: Restored, output: Path, *, arguments: Mapping[str, object] | None = None, listener: Listener = ignore
) -> tuple[str, ...]:
    """
    Write a restored timeline, in any format that OTIO can write.

    Returns:
        What that format cannot keep, each a sentence.

    Raises:
        EditorialError: It cannot be written there.
    """
    made = result.timeline.clone()
    move_relative_addresses(made, old=result.media_root, new=output.absolute().parent)
    warnings = timeline_io.write_timeline(made, output, arguments=arguments)
    for warning in warnings:
        listener(Event(Stage.RELINK, warning, problem=True))
    return warnings

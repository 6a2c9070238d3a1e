"""
Clips that a job has nothing for, told from a few numbers.

A media linker is called for every clip of a timeline, of which most have no take. What `Homes.of` and `clip_matches`
would find in a dozen looks into OpenTimelineIO's objects is found here in as few as will do; where they do not tell,
nothing is said, and the clip goes the long way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.matching import OfFile, TakeIndex
from otio_cometapi.editorial.metadata import keys_of
from otio_cometapi.editorial.originals import Homes
from otio_cometapi.editorial.provenance import NAMESPACE
from otio_cometapi.editorial.ranges import clip_range
from otio_cometapi.editorial.sources import OWN_KEY
from otio_cometapi.editorial.spans import origin_of


class PlainClips:
    """Tells clips that show their own media and have no take in a job."""

    def __init__(self, takes: TakeIndex, homes: Homes) -> None:
        """Go by a job's finished takes, and by its media."""
        self._takes = takes
        self._homes = homes
        self._files: dict[str, Sequence[OfFile] | None] = {}
        """By address the takes of the file that it names; None where it is ours, or names no plain video."""

    def has(self, clip: Any) -> bool:
        """
        Tell whether a clip is certainly such a one.

        It is, if its only reference names a video by an address that is none of ours, carries no metadata of ours, and
        no take of that file has all the frames of its source range, which is what it shows at least.
        """
        references = clip.media_references()
        if len(references) != 1:
            return False
        ((key, reference),) = references.items()
        if type(reference) is not otio.schema.ExternalReference or key[: len(OWN_KEY)].lower() == OWN_KEY:
            return False
        url = reference.target_url
        files = self._files[url] if url in self._files else self._looked_up(url)
        if files is None or NAMESPACE in keys_of(reference.metadata) or key != clip.active_media_reference_key:
            return False
        return not files or _is_elsewhere(clip, reference, files)

    def _looked_up(self, url: str) -> Sequence[OfFile] | None:
        path = self._takes.finder.plain_video(url) if url and not self._homes.knows(url) else None
        found = self._files[url] = self._takes.of(path) if path is not None else None
        return found


def _is_elsewhere(clip: Any, reference: Any, files: Sequence[OfFile]) -> bool:
    """Tell whether no take of any of *files* has all the frames of a clip's source range."""
    written, available = clip.source_range, reference.available_range
    if written is None or available is None or len(clip.effects):
        return False
    used, whole = clip_range(written), clip_range(available)
    if isinstance(used, str) or isinstance(whole, str) or used.frame_count < 1 or whole.frame_count < 1:
        return False
    for each in files:
        rate = each.info.rate
        if used.rate is not rate and used.rate != rate:
            return False
        origin = origin_of(used, whole, each.info)
        first = -1 if isinstance(origin, str) else used.start - origin.frame
        if first >= 0 and each.may_show(first, first + used.frame_count):
            return False
    return True

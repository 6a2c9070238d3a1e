"""Review page: a job's sheet as a page that decides, for the server that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.sheet import sheet
from otio_cometapi.pipeline.sheet_files import Pair
from otio_cometapi.records import Sheet, TimelineRecord
from otio_cometapi.review.contact_sheet import sheet_values
from otio_cometapi.review.page import POLICY, asset, page

__all__ = ["POLICY", "LivePage", "asset", "live_page"]


@dataclass(frozen=True, slots=True)
class LivePage:
    """The page as the job stands at one moment."""

    sheet: Sheet
    """What it shows."""
    pairs: Mapping[str, Pair]
    """What there is to look at, by key."""

    def html(self) -> str:
        """Return the page."""
        return page(self.sheet, live=True)

    def values(self) -> dict[str, Any]:
        """Return what the page's script knows, as JSON values."""
        return sheet_values(self.sheet, live=True)


def live_page(job: Job, *, timeline: TimelineRecord, strip: bool = True) -> LivePage:
    """
    Return the page of one of a job's timelines.

    Args:
        job: The job.
        timeline: Which of its timelines.
        strip: Whether its strip is drawn; its values can do without.

    Raises:
        JobError: The ledger is damaged.
    """
    found, pairs = sheet(job, timeline=timeline, strip=strip)
    return LivePage(found, pairs)

"""The room behind the page: one job, its sheet and what goes on in it, for several threads."""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass
from typing import Any

from otio_cometapi.errors import CometError, JobError
from otio_cometapi.events import Event
from otio_cometapi.pipeline import another
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.judge import judge
from otio_cometapi.pipeline.review_page import LivePage, asset, live_page
from otio_cometapi.pipeline.sheet_files import SheetFiles
from otio_cometapi.records import Plan, TimelineRecord
from otio_cometapi.settings import Settings

MOST_OFFERS = 50
"""Prices that are remembered; older ones are asked for again."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What a review server is opened with."""

    job: Job
    """The job, open as long as the server runs."""
    timeline: TimelineRecord
    """Which of its timelines is looked at first."""
    settings: Settings
    """For another take: key, address and limits."""
    by: str
    """Who looks."""


class Room:
    """One job under review."""

    def __init__(self, opening: Opening) -> None:
        """Look at a job."""
        self._opening = opening
        self._job = opening.job
        self.files = SheetFiles(self._job.folder.review)
        self._offers: dict[str, tuple[Plan, TimelineRecord]] = {}
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._doing: dict[str, str] = {}
        self._closed = threading.Event()

    def timeline(self, number: str) -> TimelineRecord | None:
        """Return a timeline of the job by its number; without one the timeline that was opened; None: there is none."""
        if not number:
            return self._opening.timeline
        return next((each for each in self._job.ledger.timelines() if str(each.timeline_id) == number), None)

    def page(self, timeline: TimelineRecord) -> str:
        """Return the page of a timeline as it is now."""
        return self._page(timeline).html()

    def values(self, timeline: TimelineRecord) -> dict[str, Any]:
        """Return the same as values, with what goes on."""
        with self._lock:
            doing = list(self._doing.values())
        return {**self._page(timeline, strip=False).values(), "doing": doing}

    def strip(self, timeline: TimelineRecord) -> str:
        """Return the timeline as SVG, as it is now; empty where it cannot be drawn."""
        return self._page(timeline).sheet.strip

    def asset(self, name: str) -> bytes | None:
        """Return what the page loads by that name; None for any other."""
        return asset(name)

    def decide(self, take_id: str, word: str, *, clip_index: int, text: str, timeline: TimelineRecord) -> None:
        """
        Write down what the person says.

        Raises:
            CometError: It cannot be meant.
        """
        judge(self._job, take_id, word, by=self._opening.by, text=text, clip_index=clip_index, timeline=timeline)

    def price(self, take_id: str, *, clip_index: int, prompt: str, timeline: TimelineRecord) -> dict[str, str]:
        """
        Say what another take would cost. Nothing is sent; what `order` gets is exactly this.

        Raises:
            CometError: There can be no such take.
        """
        plan = another.another_take(
            self._job, take_id, prompt, clip_index=clip_index, timeline=timeline, settings=self._opening.settings
        )
        offer = secrets.token_urlsafe(12)
        with self._lock:
            self._offers[offer] = (plan, timeline)
            while len(self._offers) > MOST_OFFERS:
                del self._offers[next(iter(self._offers))]
        return {"offer": offer, "words": another.price_words(plan)}

    def order(self, offer: str) -> tuple[str, bool]:
        """
        Send what a person has agreed to, once; it is followed in the background.

        Returns:
            What came of it, and whether something is wrong.

        Raises:
            CometError: Nothing was sent.
        """
        with self._lock:
            offered = self._offers.pop(offer, None)
        if offered is None:
            raise JobError("this offer was used before, or is too old.", next_step="Ask for the price again.")
        plan, timeline = offered
        with self._sending:
            troubles = another.order(
                self._job, plan, timeline=timeline, settings=self._opening.settings, listener=self._heard
            )
        take_ids = tuple(take.take_id for take in plan.takes)
        threading.Thread(target=self._follow, args=(take_ids, timeline), name="review-follow", daemon=True).start()
        if troubles:
            return " ".join(trouble.message for trouble in troubles), True
        return "It is sent. It appears here when it is home.", False

    def close(self) -> None:
        """Let a create that is on the wire end; tasks go on at the service, and `resume` finds them."""
        self._closed.set()
        with self._sending:
            pass

    def _page(self, timeline: TimelineRecord, *, strip: bool = True) -> LivePage:
        found = live_page(self._job, timeline=timeline, strip=strip)
        self.files.know(found.pairs)
        return found

    def _follow(self, take_ids: tuple[str, ...], timeline: TimelineRecord) -> None:
        name = take_ids[0]
        with self._lock:
            self._doing[name] = "Another take is generated."
        try:
            troubles = another.follow(
                self._job, take_ids, timeline=timeline, settings=self._opening.settings, listener=self._heard
            )
            said = " ".join(trouble.message for trouble in troubles)
        except CometError as exc:
            said = str(exc)
        with self._lock:
            del self._doing[name]
            if said:
                self._doing[f"{name} ended"] = said

    def _heard(self, event: Event) -> None:
        with self._lock:
            if event.take_id in self._doing:
                share = "" if event.progress is None else f" {round(100 * event.progress)} %"
                self._doing[event.take_id] = f"{event.clip}: {event.message}{share}"

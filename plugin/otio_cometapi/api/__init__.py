"""The Python door: the road on OpenTimelineIO objects, a function a stage; and what becomes of a job."""

from __future__ import annotations

from otio_cometapi.api.keeping import cancel, clean, judge, move, report, resolve, review_folder, reviews, strip
from otio_cometapi.api.road import collect, plan, relink, restore, submit
from otio_cometapi.pipeline.cancel import Cancelled
from otio_cometapi.pipeline.clean import Cleaning
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Delivery, FinishWish, Reuse, SourceWish, Trouble
from otio_cometapi.pipeline.relink import Relinked
from otio_cometapi.pipeline.report import Report
from otio_cometapi.pipeline.restore import Restored
from otio_cometapi.pipeline.review_folder import ReviewFolder
from otio_cometapi.records import Plan, Review, ReviewedUse
from otio_cometapi.records.extensions import (
    ClipFacts,
    ConformCase,
    ConformPolicy,
    PromptSource,
    Publisher,
    PublisherOpener,
    Selector,
)
from otio_cometapi.settings import Settings

__all__ = [
    "Cancelled",
    "Cleaning",
    "ClipFacts",
    "ConformCase",
    "ConformPolicy",
    "Delivery",
    "FinishWish",
    "Job",
    "Plan",
    "PromptSource",
    "Publisher",
    "PublisherOpener",
    "Relinked",
    "Report",
    "Restored",
    "Reuse",
    "Review",
    "ReviewFolder",
    "ReviewedUse",
    "Selector",
    "Settings",
    "SourceWish",
    "Trouble",
    "cancel",
    "clean",
    "collect",
    "judge",
    "move",
    "plan",
    "relink",
    "report",
    "resolve",
    "restore",
    "review_folder",
    "reviews",
    "strip",
    "submit",
]

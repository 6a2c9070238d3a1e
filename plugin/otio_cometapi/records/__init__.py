"""The frozen values that travel between rooms. They know nothing of any library."""

from otio_cometapi.records.checks import Alignment, QualityFlag
from otio_cometapi.records.clips import ClipRange, PlacedClip, SourceCandidate, SurveyedClip
from otio_cometapi.records.jobs import Link, PartRecord, TakeRecord, TimelineRecord
from otio_cometapi.records.looks import Look
from otio_cometapi.records.media import Conformed, Export, ExportLimits, MediaInfo, Output
from otio_cometapi.records.models import Model
from otio_cometapi.records.plans import Plan, PlannedClip, PlannedTake, Shot, ShotUse
from otio_cometapi.records.spans import Span, rate_from_text, rate_text
from otio_cometapi.records.tasks import SubmitAnswer, SubmitOutcome, TaskSnapshot, TaskStatus

__all__ = [
    "Alignment",
    "ClipRange",
    "Conformed",
    "Export",
    "ExportLimits",
    "Link",
    "Look",
    "MediaInfo",
    "Model",
    "Output",
    "PartRecord",
    "PlacedClip",
    "Plan",
    "PlannedClip",
    "PlannedTake",
    "QualityFlag",
    "Shot",
    "ShotUse",
    "SourceCandidate",
    "Span",
    "SubmitAnswer",
    "SubmitOutcome",
    "SurveyedClip",
    "TakeRecord",
    "TaskSnapshot",
    "TaskStatus",
    "TimelineRecord",
    "rate_from_text",
    "rate_text",
]

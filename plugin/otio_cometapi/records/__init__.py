"""The frozen values that travel between rooms. They know nothing of any library."""

from otio_cometapi.records.checks import Alignment, Checks, QualityFlag
from otio_cometapi.records.clips import ClipKeyframe, ClipRange, PlacedClip, SourceCandidate, SurveyedClip
from otio_cometapi.records.jobs import CreateRecord, Link, PartRecord, TakeRecord, TimelineRecord
from otio_cometapi.records.looks import Keyframe, Look
from otio_cometapi.records.media import (
    CONFORM_POLICIES,
    MEDIA_CODECS,
    MEDIA_SOUNDS,
    Conformed,
    Export,
    ExportLimits,
    Finish,
    MediaInfo,
    Output,
)
from otio_cometapi.records.models import Model
from otio_cometapi.records.plans import Plan, PlannedClip, PlannedTake, PriceAssumption, Seam, Shot, ShotUse
from otio_cometapi.records.reviews import UNSEEN, Review, ReviewedUse, SaidWord, Verdict, Word
from otio_cometapi.records.sequences import SequenceSpec
from otio_cometapi.records.sheets import Sheet, SheetClip, SheetTake, SheetTimeline
from otio_cometapi.records.span_index import SpanIndex
from otio_cometapi.records.spans import Span, rate_from_text, rate_text
from otio_cometapi.records.strips import Strip, StripSegment, StripState
from otio_cometapi.records.tasks import ListedTask, SubmitAnswer, SubmitOutcome, TaskSnapshot, TaskStatus
from otio_cometapi.records.treatments import AS_IT_IS, ColourTransform, Treatment

__all__ = [
    "AS_IT_IS",
    "CONFORM_POLICIES",
    "MEDIA_CODECS",
    "MEDIA_SOUNDS",
    "UNSEEN",
    "Alignment",
    "Checks",
    "ClipKeyframe",
    "ClipRange",
    "ColourTransform",
    "Conformed",
    "CreateRecord",
    "Export",
    "ExportLimits",
    "Finish",
    "Keyframe",
    "Link",
    "ListedTask",
    "Look",
    "MediaInfo",
    "Model",
    "Output",
    "PartRecord",
    "PlacedClip",
    "Plan",
    "PlannedClip",
    "PlannedTake",
    "PriceAssumption",
    "QualityFlag",
    "Review",
    "ReviewedUse",
    "SaidWord",
    "Seam",
    "SequenceSpec",
    "Sheet",
    "SheetClip",
    "SheetTake",
    "SheetTimeline",
    "Shot",
    "ShotUse",
    "SourceCandidate",
    "Span",
    "SpanIndex",
    "Strip",
    "StripSegment",
    "StripState",
    "SubmitAnswer",
    "SubmitOutcome",
    "SurveyedClip",
    "TakeRecord",
    "TaskSnapshot",
    "TaskStatus",
    "TimelineRecord",
    "Treatment",
    "Verdict",
    "Word",
    "rate_from_text",
    "rate_text",
]

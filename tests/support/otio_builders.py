"""Small timelines and records for tests of the editorial room."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import opentimelineio as otio
from hypothesis import HealthCheck, settings

from otio_cometapi.records import (
    ClipRange,
    Conformed,
    Link,
    Look,
    MediaInfo,
    Model,
    PartRecord,
    PlacedClip,
    SourceCandidate,
    Span,
    SurveyedClip,
    TakeRecord,
)

NTSC_FILM = 24000 / 1001

CALM = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=60)
"""Property tests that a busy machine does not fail."""


def time(value: float, rate: float = 24) -> Any:
    """Return a RationalTime."""
    return otio.opentime.RationalTime(value, rate)


def span(start: float, count: float, rate: float = 24) -> Any:
    """Return a TimeRange."""
    return otio.opentime.TimeRange(time(start, rate), time(count, rate))


def reference(url: str = "/media/a.mov", start: float = 0, count: float = 240, rate: float = 24) -> Any:
    """Return an ExternalReference with an available range."""
    return otio.schema.ExternalReference(url, span(start, count, rate))


def clip(
    name: str = "sh010",
    start: float = 0,
    count: float = 24,
    *,
    rate: float = 24,
    ref: Any = None,
    markers: tuple[Any, ...] = (),
    **more: Any,
) -> Any:
    """Return a clip of 240 frames of /media/a.mov, unless told otherwise."""
    enabled = more.pop("enabled", True)
    made = otio.schema.Clip(name, ref or reference(rate=rate), span(start, count, rate), **more)
    made.markers.extend(markers)
    made.enabled = enabled
    return made


def marker(name: str, start: float = 0, count: float = 1, *, rate: float = 24, color: str = "RED", **more: Any) -> Any:
    """Return a marker with a place."""
    return otio.schema.Marker(name=name, marked_range=span(start, count, rate), color=color, **more)


def gap(count: float, rate: float = 24) -> Any:
    """Return a gap."""
    return otio.schema.Gap(source_range=span(0, count, rate))


def track(*items: Any, name: str = "", kind: str = "Video", **more: Any) -> Any:
    """Return a track."""
    enabled = more.pop("enabled", True)
    made = otio.schema.Track(name, kind=kind, **more)
    made.extend(items)
    made.enabled = enabled
    return made


def timeline(*tracks: Any, start: float | None = None, rate: float = 24, name: str = "cut") -> Any:
    """Return a timeline of tracks from the bottom, or of one track of clips."""
    if not tracks or not isinstance(tracks[0], otio.schema.Track):
        tracks = (track(*tracks),)
    made = otio.schema.Timeline(name, global_start_time=None if start is None else time(start, rate))
    made.tracks.extend(tracks)
    return made


def compound(*layers: Any, source: Any = None, name: str = "comp") -> Any:
    """Return a stack with a track for every layer that is none."""
    made = otio.schema.Stack(name, source_range=source)
    made.extend(layers)
    return made


def media_info(path: str = "/media/a.mov", frames: int = 240, rate: Fraction = Fraction(24), **more: Any) -> MediaInfo:
    """Return a measured file."""
    return MediaInfo(
        path=path,
        frame_count=frames,
        rate=rate,
        width=320,
        height=180,
        size_bytes=1000,
        codec="h264",
        pixel_format="yuv420p",
        **more,
    )


def surveyed(
    start: int = 0,
    count: int = 24,
    rate: Fraction = Fraction(24),
    *,
    index: int = 0,
    candidates: tuple[SourceCandidate, ...] | None = None,
    look: Look | None = None,
    **more: Any,
) -> SurveyedClip:
    """Return a selected clip."""
    if candidates is None:
        available = ClipRange(0, 240, rate)
        candidates = (SourceCandidate("DEFAULT_MEDIA", "/media/a.mov", available, float(rate)),)
    return SurveyedClip(
        index=index,
        name=f"clip{index}",
        track="V1",
        record_timecode="00:00:00:00",
        record_frames=(0, count),
        selected=True,
        reason="selected by all",
        visible=ClipRange(start, count, rate),
        clip_rate=float(rate),
        candidates=candidates,
        look=look or Look("make it snow", "m5"),
        **more,
    )


def placed_clip(
    first: int = 0, count: int = 24, *, index: int = 0, info: MediaInfo | None = None, **more: Any
) -> PlacedClip:
    """Return a clip laid onto a file of 240 frames."""
    info = info or media_info()
    return PlacedClip(
        clip=surveyed(first, count, info.rate, index=index, **more),
        source_key="DEFAULT_MEDIA",
        info=info,
        visible=Span(first, count, info.rate),
        origin=0,
        reference_rate=float(info.rate),
    )


def model(name: str = "m5", seconds: int = 5, **more: Any) -> Model:
    """Return a model that takes five seconds."""
    return Model(id=name, max_seconds=Fraction(seconds), **more)


def take(
    take_id: str = "t1",
    sent: Span | None = None,
    *,
    origin: int = 0,
    look: Look | None = None,
    number: int = 1,
    info: MediaInfo | None = None,
) -> TakeRecord:
    """Return a finished take of frames 0 to 99 of /media/a.mov."""
    info = info or media_info()
    sent = sent or Span(0, 100, info.rate)
    look = look or Look("make it snow", "gen4_aleph", seed=7)
    media = Conformed(
        path=f"/job/media/{take_id}.mov",
        span=sent,
        start_frame=origin + sent.first_frame,
        start_timecode=None,
        width=320,
        height=180,
        policy="index",
    )
    return TakeRecord(
        take_id=take_id,
        shot_id="s1",
        fingerprint=f"f:{info.path}",
        info=info,
        span=sent,
        pad_frames=0,
        slowdown=1,
        look=look,
        look_id=f"l:{look.prompt}:{look.model}",
        number=number,
        seconds=Fraction(4),
        clip_names=("sh010",),
        parts=(PartRecord(take_id, 1, "READY", task_id=f"task-{take_id}"),),
        media=(media,),
    )


def link(index: int = 0, made: TakeRecord | None = None, *, rate: float = 24.0, **more: Any) -> Link:
    """Return a link of a clip to a take's media."""
    made = made or take()
    return Link(
        clip_index=index, media=made.media[0], reference_rate=rate, source_key="DEFAULT_MEDIA", take=made, **more
    )

"""Exports: the frames of a span cut out of long footage, against ffmpeg with the same encoder settings."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench import measuring
from bench.measuring import Cost, Row, child, compared, in_turn, process

_FULL = {"seconds": 600, "size": (1920, 1080), "at": (9 * 60, 5), "exports": 40}
_SMALL = {"seconds": 40, "size": (320, 180), "at": (25, 5), "exports": 4}
_GOP = 250
_COUNT = 120
"""Frames of an export: five seconds."""


def footage(folder: str, seconds: int, width: int, height: int) -> str:
    """Write the footage."""
    from bench.footage import write_long

    return str(write_long(Path(folder) / "long.mp4", seconds=seconds, width=width, height=height, gop=_GOP))


def exported(source: str, first: int, into: str) -> dict[str, Any]:
    """Cut five seconds; the time does not hold what measuring the file takes, which a plan does once."""
    from otio_cometapi.media.probe import media_info

    info = media_info(Path(source))
    started, before = time.perf_counter(), time.process_time()
    made = _cut(info, first, Path(into))
    seconds, cpu = time.perf_counter() - started, time.process_time() - before
    return {"seconds": seconds, "cpu": cpu, "sha256": made.sha256, "size": made.size_bytes}


def _cut(info: Any, first: int, into: Path, count: int = _COUNT) -> Any:
    from otio_cometapi.media.export import export_span
    from otio_cometapi.records import ExportLimits, Span

    limits = ExportLimits(2**31, 1280, 720, 1280, 720)
    return export_span(info, Span(first, count, info.rate), into=into, limits=limits)


def many(source: str, folder: str, count: int, at_once: int) -> dict[str, float]:
    """Cut many spans of one second each, so many at a time."""
    from otio_cometapi.media.probe import media_info

    info = media_info(Path(source))
    starts = [30 + number * (info.frame_count - 100) // count for number in range(count)]
    started, before = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(lambda first: _cut(info, first, Path(folder) / f"{at_once}_{first}.mp4", 24), starts))
    return {"seconds": time.perf_counter() - started, "cpu": time.process_time() - before}


def decoded_frames(source: str, folder: str, at_once: bool) -> int:
    """Cut ten overlapping clips, as the shots that a plan makes of them or each by itself; count what is decoded."""
    from fractions import Fraction

    from otio_cometapi.editorial.shots import shots_for
    from otio_cometapi.media.probe import media_info
    from otio_cometapi.records import Model, Span
    from support.otio_builders import placed_clip

    info = media_info(Path(source))
    model = Model("m", max_seconds=Fraction(10))
    clips = [placed_clip(48 + 12 * number, 24, index=number, info=info) for number in range(10)]
    clips = [replace(clip, clip=replace(clip.clip, look=replace(clip.clip.look, model="m"))) for clip in clips]
    together = [clips] if at_once else [[clip] for clip in clips]
    spans: list[Span] = []
    for some in together:
        shots, _ = shots_for(some, models={"m": model}, model_for=lambda _: model, handles=0)
        spans += [shot.span for shot in shots]
    for number, span in enumerate(spans):
        _cut(info, span.first_frame, Path(folder) / f"o{at_once}{number}.mp4", span.frame_count)
    return sum(span.frame_count for span in spans)


def ffmpeg(source: str, first: int, into: str, size: tuple[int, int]) -> Cost:
    """Cut the same by the best recipe of the command line that is exact on this file."""
    seek = f"{first / 24:.6f}"
    return process(
        *("ffmpeg", "-v", "error", "-y", "-ss", seek, "-i", source, "-an", "-frames:v", str(_COUNT)),
        *(
            "-vf",
            f"scale={min(1280, size[0])}:{min(720, size[1])}:flags=bicubic",
            "-pix_fmt",
            "yuv420p",
            "-c:v",
            "libx264",
            "-preset",
            "fast",
        ),
        *("-crf", "16", "-bf", "0", "-g", "48", "-threads", "1", "-movflags", "+faststart", into),
    )


def _inner(cost: Cost) -> Cost:
    """Return a cost with the time that the work itself took."""
    return replace(cost, seconds=cost.value["seconds"], cpu=cost.value.get("cpu", cost.cpu))


def main(arguments: Sequence[str] | None = None) -> Sequence[Row]:
    """Print what exports take."""
    flags = measuring.options(__doc__).parse_args(arguments)
    size: dict[str, Any] = _SMALL if flags.small else _FULL
    runs = measuring.runs_of(flags, 3)
    with tempfile.TemporaryDirectory() as folder:
        source = child(footage, folder, size["seconds"], *size["size"]).value
        late, early = (-(-second * 24 // _GOP) * _GOP + 20 for second in size["at"])
        ours = lambda first: _inner(child(exported, source, first, f"{folder}/ours.mp4"))  # noqa: E731
        against = in_turn(
            lambda: ours(late), lambda: ffmpeg(source, late, f"{folder}/theirs.mp4", size["size"]), runs=runs
        )
        phases = in_turn(lambda: ours(late), lambda: ours(early), runs=runs, warm_up=False)
        both = _inner(child(many, source, folder, size["exports"], 2))
        alone = _inner(child(many, source, folder, size["exports"], 1))
        once, each = (child(decoded_frames, source, folder, together).value for together in (True, False))
    recipe = "`ffmpeg -ss` before `-i`, same encoder settings, one thread"
    rows = [
        compared(f"export of 5 s at second {size['at'][0]}", recipe, against, aim=1.1),
        compared("the same, processor time", recipe, against, figure="cpu"),
        compared("export late in the file", "the same phase of a GOP at second 5", phases, aim=1.1),
        Row(f"{size['exports']} exports at two a time", both.seconds, alone.cpu / 2, "s", "CPU one by one ÷ 2", 1.15),
        Row("frames decoded for 10 overlapping clips", once, each, "frames", "each clip cut by itself"),
    ]
    return measuring.told("export", rows, flags)

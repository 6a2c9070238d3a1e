"""Work: what an order asks for, done wherever its files are seen. No ledger, no settings, no network."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from pathlib import Path
from typing import Any, TypedDict

from otio_cometapi.media.checks import checked
from otio_cometapi.media.conform import conform
from otio_cometapi.media.export import export_span
from otio_cometapi.media.joined import Piece, conform_parts
from otio_cometapi.media.memory import give_back
from otio_cometapi.media.policies import RuledFinish
from otio_cometapi.pipeline import extensions
from otio_cometapi.records import CONFORM_POLICIES, Conformed, Export, Finish, MediaInfo, Span
from otio_cometapi.records.orders import CutOrder, FitOrder


def cut(order: CutOrder) -> Export:
    """
    Make an export.

    Raises:
        MediaError: The frames cannot be read exactly, or do not fit.
    """
    try:
        return export_span(
            order.info,
            order.span,
            into=Path(order.into),
            limits=order.limits,
            pad_frames=order.pad_frames,
            slowdown=order.slowdown,
        )
    finally:
        give_back()


def fit(order: FitOrder) -> Conformed:
    """
    Make a medium, after a look at its outputs where nobody has looked yet.

    Raises:
        ConformRefusedError: An output does not fit under the policy.
        MediaError: An output is damaged, or the media cannot be written.
    """
    try:
        return _fitted(order)
    finally:
        give_back()


class _Facts(TypedDict):
    """What conforming takes, whether there is one output or several."""

    source: MediaInfo
    visible: Span
    start_frame: int
    drop_frame: bool
    into: Path
    finish: Finish


def _fitted(order: FitOrder) -> Conformed:
    pieces = [Piece(Path(output), export) for output, export in zip(order.outputs, order.exports, strict=True)]
    checks = order.checks or tuple(checked(piece.output, export=piece.export) for piece in pieces)
    finish, into = order.finish, order.into
    if not any(each.alignment.is_shifted for each in checks):
        finish, into = replace(finish, align=False), order.into_unmoved  # nothing to move: it is the same media
    facts = _Facts(
        source=order.source,
        visible=order.visible,
        start_frame=order.start_frame,
        drop_frame=order.source.drop_frame,
        into=Path(into),
        finish=ruled(finish),
    )
    aligned = [replace(piece, alignment=each.alignment) for piece, each in zip(pieces, checks, strict=True)]
    if len(aligned) > 1:
        made = conform_parts(aligned, **facts)
    else:
        made = conform(aligned[0].output, export=aligned[0].export, alignment=aligned[0].alignment, **facts)
    return replace(made, checks=checks)


def ruled(finish: Finish) -> Finish:
    """Return a finish with the studio's rule that its policy names, where it is none of the built-in ones."""
    if finish.policy in CONFORM_POLICIES:
        return finish
    return RuledFinish(**_values(finish), rule=extensions.conform_policy(finish.policy))


def unruled(finish: Finish) -> Finish:
    """Return a finish as plain values, which can go anywhere; `ruled` is the opposite."""
    return Finish(**_values(finish))


def _values(finish: Finish) -> dict[str, Any]:
    return {each.name: getattr(finish, each.name) for each in dataclasses.fields(Finish)}

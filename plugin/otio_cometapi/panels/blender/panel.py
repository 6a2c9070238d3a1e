"""The panel in the sequencer's side bar."""

from typing import Any

import bpy

from . import strips, watching
from .properties import settings_of
from .sending_operators import draft_of, money
from .sendings import NOT_SENT, READY, Sending, SentStrip
from .strips import scene_of

MOST_LINES = 40
"""Strips that are listed; more are counted."""


class COMET_PT_takes(bpy.types.Panel):
    """Send strips, see where they stand, and decide on their takes."""

    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = "CometAPI"
    bl_label = "CometAPI Takes"

    def draw(self, context: Any) -> None:
        """Show the look, the estimate, what was sent, and what can be done with it."""
        scene, layout = scene_of(context), self.layout
        if not bpy.data.filepath:
            layout.label(text="Save the .blend file first.", icon="INFO")
            return
        look = settings_of(scene)
        for name in ("prompt", "model", "takes", "seed", "budget"):
            layout.prop(look, name)
        at = watching.saved_desk()
        layout.operator("comet.estimate", text="Estimating..." if at.busy("plan") else "Estimate")
        draft = draft_of(scene)
        if draft is not None:
            _draft(layout.box(), draft)
        if at.problem:
            layout.label(text=at.problem, icon="ERROR")
        for sending in at.sendings():
            if sending.sent and sending.scene == scene.name:
                _sending(layout.box(), scene, sending, busy=at.busy())
        if any(sending.sent for sending in at.sendings()) and not at.busy():
            layout.operator("comet.follow")
        row = layout.row(align=True)
        for name in ("comet.bring_in", "comet.switch_take", "comet.reject"):
            row.operator(name)


def _draft(box: Any, draft: Sending) -> None:
    box.label(text=money(draft.seconds, draft.usd))
    for each in draft.strips[:MOST_LINES]:
        if each.reason:
            box.label(text=f"{each.name}: {each.reason}", icon="INFO")
    for note in draft.notes:
        box.label(text=note, icon="INFO")
    box.operator("comet.send", text=f"Send {sum(bool(each.takes) for each in draft.strips)} Strips...")


def _sending(box: Any, scene: Any, sending: Sending, *, busy: bool) -> None:
    box.label(text=f"Sent: {sending.timeline_name}")
    shown = {place.strip.get(strips.OF): place.strip for place in strips.walk(scene) if strips.OF in place.strip}
    for each in [each for each in sending.strips if each.takes][:MOST_LINES]:
        cover = shown.get(each.strip_id)
        box.label(text=line_of(sending, each, shown=cover is not None), icon="CHECKMARK" if cover else "TIME")
    if len(sending.strips) > MOST_LINES:
        box.label(text=f"... {len(sending.strips) - MOST_LINES} more")
    if any(sending.state(take) in NOT_SENT for each in sending.strips for take in each.takes) and not busy:
        box.operator("comet.send_rest").number = sending.number


def line_of(sending: Sending, strip: SentStrip, *, shown: bool) -> str:
    """Say in one line where a strip stands."""
    states = [sending.state(take) for take in strip.takes]
    ready = states.count(READY)
    open_take = next((take for take in strip.takes if sending.state(take) != READY), None)
    if open_take is None:
        said = "take shows" if shown else "ready: bring it in"
        return f"{strip.name}: {said}" + (f", {ready} takes" if ready > 1 else "")
    told = sending.states.get(open_take, {})
    share = f" {told['progress']:.0%}" if told.get("progress") is not None else ""
    message = told.get("message") or ""
    said = f"{sending.state(open_take).replace('_', ' ').lower()}{share}" + (f": {message}" if message else "")
    return f"{strip.name}: {said}" + (f" ({ready} of {len(states)} ready)" if len(states) > 1 else "")


CLASSES = (COMET_PT_takes,)

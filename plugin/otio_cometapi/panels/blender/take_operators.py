"""What a user can do with takes: bring in, switch, reject."""

import uuid
from typing import Any

import bpy

from . import placing, strips, watching
from .desk_rules import FINISHED, InSequencer
from .edit import Take
from .program import NotStartedError
from .sendings import Sending
from .strips import Place, scene_of

BROUGHT = "otio_cometapi_brought"
"""Of an original: takes that showed in its place once, so that bringing in does not undo a choice."""
REJECTED = "otio_cometapi_rejected"
"""Of an original: takes that were rejected here."""


def takes_for(scene: Any, strip: Any) -> list[tuple[Sending, Take]]:
    """Return the finished takes of a strip with the sendings that they came of, oldest first; not those rejected."""
    at = watching.desk()
    found = []
    for sending in at.sendings() if at else ():
        sent_as = strip.get(strips.SENT)
        if sent_as is None and sending.scene == scene.name:  # an undo took the id away
            sent_as = next((each.strip_id for each in sending.strips if each.name == strip.name), None)
        found += [(sending, take) for take in sending.takes.get(sent_as or "", ())]
    return [each for each in found if each[1].take_id not in listed(strip, REJECTED)]


def listed(strip: Any, key: str) -> list[str]:
    """Return the takes that a strip remembers under a key."""
    return list(filter(None, strip.get(key, "").split(",")))


def remember(strip: Any, key: str, take_id: str) -> None:
    """Let a strip remember a take."""
    strip[key] = ",".join(dict.fromkeys([*listed(strip, key), take_id]))


class COMET_OT_bring_in(InSequencer, bpy.types.Operator):
    """Show finished takes in place of their strips; the originals are kept, muted."""

    bl_idname = "comet.bring_in"
    bl_label = "Bring In"
    bl_options = {"UNDO"}  # noqa: RUF012 - as Blender wants it

    def execute(self, context: Any) -> set[str]:
        """Place every take that is there and not shown yet."""
        scene, brought = scene_of(context), 0
        strips.give_ids(scene)
        for original in list(strips.walk(scene)):
            found = takes_for(scene, original.strip) if original.strip.type == "MOVIE" else []
            if not found or strips.OF in original.strip:
                continue
            newest = found[-1][0]
            take = next((each for sending, each in found if sending is newest and each.shown), None)
            if take is not None and take.take_id not in listed(original.strip, BROUGHT):
                brought += _shown(self, scene, original, take)
        if not brought:
            return self.stop("No take is ready that did not show already.")
        self.report({"INFO"}, f"{brought} takes show now; their originals are kept, muted.")
        return FINISHED


def _shown(operator: Any, scene: Any, original: Place, take: Take) -> bool:
    """Show a take in place of an original, or say why that cannot be."""
    strip = original.strip
    strip[strips.ID] = strip.get(strips.ID) or uuid.uuid4().hex
    try:
        placing.exchange(scene, original, take)
    except placing.NotPlaceableError as exc:
        operator.report({"WARNING"}, f"'{strip.name}': {exc}.")
        return False
    remember(strip, BROUGHT, take.take_id)
    return True


class COMET_OT_switch_take(InSequencer, bpy.types.Operator):
    """Show the next take of the selected strips."""

    bl_idname = "comet.switch_take"
    bl_label = "Next Take"
    bl_options = {"UNDO"}  # noqa: RUF012 - as Blender wants it

    def execute(self, context: Any) -> set[str]:
        """Exchange each take by the one after it, round and round; those that were rejected are passed over."""
        scene, done = scene_of(context), 0
        for original in strips.chosen(scene):
            found = takes_for(scene, original.strip)
            cover = strips.covering(scene, original.strip)
            now = cover.strip[strips.TAKE] if cover else ""
            at = next((number for number, each in enumerate(found) if each[1].take_id == now), -1)
            if not found or found[(at + 1) % len(found)][1].take_id == now:
                continue
            sending, take = found[(at + 1) % len(found)]
            if not _shown(self, scene, original, take):
                continue
            done += 1
            _judge(sending, original.strip, take.take_id, "--choose")
        return FINISHED if done else self.stop("The selected strips have no other take.")


class COMET_OT_reject(InSequencer, bpy.types.Operator):
    """Take the selected strips' takes away and show the originals again."""

    bl_idname = "comet.reject"
    bl_label = "Reject"
    bl_options = {"UNDO"}  # noqa: RUF012 - as Blender wants it

    def execute(self, context: Any) -> set[str]:
        """Put the originals back, and tell the job."""
        scene, done = scene_of(context), 0
        for original in strips.chosen(scene):
            cover = strips.covering(scene, original.strip)
            if cover is None:
                done += strips.KEPT in original.strip  # somebody removed the take's strip by hand
                placing.put_back(scene, original)
                continue
            take_id = cover.strip[strips.TAKE]
            sending = next((each for each, take in takes_for(scene, original.strip) if take.take_id == take_id), None)
            placing.put_back(scene, original)
            remember(original.strip, REJECTED, take_id)
            done += 1
            if sending is not None:
                _judge(sending, original.strip, take_id, "--reject")
        return FINISHED if done else self.stop("The selected strips show no take.")


def _judge(sending: Sending, strip: Any, take_id: str, word: str) -> None:
    """Tell the job what was decided, for this strip alone; what shows in Blender does not depend on it."""
    index = next((n for n, each in enumerate(sending.strips) if each.strip_id == strip.get(strips.SENT)), None)
    way = ["judge", str(sending.job), take_id, word, "--timeline", sending.timeline_name, "--json"]
    way += [] if index is None else ["--clip", str(index)]
    try:
        watching.begin(watching.saved_desk(), f"judge_{take_id[-8:]}", sending, way)
    except NotStartedError as exc:
        watching.saved_desk().problem = str(exc)


CLASSES = (COMET_OT_bring_in, COMET_OT_switch_take, COMET_OT_reject)

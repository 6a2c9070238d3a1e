"""What a user can do about sending: estimate, send, send the rest, follow."""

from typing import Any

import bpy

from . import sendings, strips, watching
from .desk_rules import FINISHED, InSequencer
from .edit import Wanted, edit_text
from .program import NotStartedError
from .properties import patience, settings_of
from .sendings import Sending, SentStrip
from .strips import NotSendableError, scene_of


def money(seconds: float, usd: float | None) -> str:
    """Say an estimate."""
    return f"{seconds:.2f} s of video, " + ("price unknown" if usd is None else f"about {usd:.2f} USD (assumed)")


def draft_of(scene: Any) -> Sending | None:
    """Return the scene's estimate that was not sent yet."""
    at = watching.desk()
    if at is None or at.busy("plan"):
        return None
    return next((each for each in at.sendings()[-1:] if not each.sent and each.scene == scene.name), None)


def wanted_strips(scene: Any) -> tuple[list[Wanted], list[SentStrip]]:
    """Return the selected strips that can be sent; and those that cannot, with the reason."""
    strips.give_ids(scene)
    found, left_out = [], []
    for place in strips.chosen(scene):
        try:
            found.append(strips.wanted_of(scene, place))
        except NotSendableError as exc:
            left_out.append(SentStrip("", place.strip.name, str(exc)))
    return found, left_out


class COMET_OT_estimate(InSequencer, bpy.types.Operator):
    """Ask what sending the selected strips would cost; sends nothing."""

    bl_idname = "comet.estimate"
    bl_label = "Estimate"

    def execute(self, context: Any) -> set[str]:
        """Write the edit and start `otiocomet plan`."""
        scene, at = scene_of(context), watching.saved_desk()
        look = settings_of(scene)
        if not look.prompt.strip():
            return self.stop("Say in the prompt what the model is asked to do.")
        if at.busy("plan"):
            return self.stop("An estimate is under way.")
        wanted, left_out = wanted_strips(scene)
        if not wanted:
            return self.stop("; ".join(f"'{each.name}': {each.reason}" for each in left_out) or "Select movie strips.")
        watching.note_folder(at)
        number = sendings.next_number(at.folder)
        sent = [SentStrip(each.strip_id, each.name) for each in wanted]
        draft = Sending(number, scene.name, str(at.folder), [*sent, *left_out])
        draft.save()
        draft.edit.write_text(edit_text(wanted, name=draft.timeline_name, rate=strips.rate_of(scene)), "utf-8")
        try:
            watching.begin(
                at, "plan", draft, ["plan", str(draft.edit), "--job", str(draft.job), *look.flags(), "--json"]
            )
        except NotStartedError as exc:
            return self.stop(str(exc))
        draft.file("look", "txt").write_text("\n".join(look.flags()), "utf-8")
        return FINISHED


class COMET_OT_send(InSequencer, bpy.types.Operator):
    """Send the strips that were estimated, after a question that shows the price."""

    bl_idname = "comet.send"
    bl_label = "Send"

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask first."""
        if draft_of(scene_of(context)) is None:
            return self.stop("Estimate first.")
        ended: set[str] = context.window_manager.invoke_props_dialog(
            self, title="Send to CometAPI", confirm_text="Send", width=420
        )
        return ended

    def draw(self, context: Any) -> None:
        """Show what it costs, and the limit."""
        draft = draft_of(scene_of(context))
        if draft is not None:
            self.layout.label(text=money(draft.seconds, draft.usd))
        self.layout.prop(settings_of(scene_of(context)), "budget")

    def execute(self, context: Any) -> set[str]:
        """Start `otiocomet run`, if what would be sent is what was estimated."""
        scene, at = scene_of(context), watching.saved_desk()
        draft, look = draft_of(scene), settings_of(scene)
        if draft is None or not any(each.takes for each in draft.strips):
            return self.stop("Estimate first." if draft is None else "Nothing of it can be sent.")
        if not _is_as_estimated(scene, draft):
            return self.stop("Strips or look changed since the estimate: estimate again.")
        way = ["-o", str(draft.output), "--job", str(draft.job)]
        draft.sent = True
        draft.save()  # before anything can be paid
        try:
            watching.begin(
                at, "run", draft, ["run", str(draft.edit), *way, *look.flags(), *look.limit(), *patience(), "--json"]
            )
        except NotStartedError as exc:
            draft.sent = False
            draft.save()
            return self.stop(str(exc))
        return FINISHED


def _is_as_estimated(scene: Any, draft: Sending) -> bool:
    """Whether the strips of an estimate and the look are still what they were."""
    known = {each.strip_id for each in draft.strips if each.strip_id}
    strips.give_ids(scene)
    try:
        present = [
            strips.wanted_of(scene, place)
            for place in strips.walk(scene)
            if place.strip.get(strips.ID) in known and place.strip.type == "MOVIE"
        ]
    except NotSendableError:
        return False
    order = {each.strip_id: each for each in present}
    wanted = [order[each.strip_id] for each in draft.strips if each.strip_id in order]
    text = edit_text(wanted, name=draft.timeline_name, rate=strips.rate_of(scene))
    look = "\n".join(settings_of(scene).flags())
    return text == draft.edit.read_text("utf-8") and look == draft.file("look", "txt").read_text("utf-8")


class COMET_OT_send_rest(InSequencer, bpy.types.Operator):
    """Send what was planned and not sent yet, after a question that shows the price."""

    bl_idname = "comet.send_rest"
    bl_label = "Send the Rest"

    number: bpy.props.IntProperty(options={"SKIP_SAVE", "HIDDEN"})

    def _sending(self) -> Sending | None:
        at = watching.desk()
        return next((each for each in (at.sendings() if at else ()) if each.sent and each.number == self.number), None)

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Ask first."""
        return set(
            context.window_manager.invoke_props_dialog(self, title="Send the rest", confirm_text="Send", width=420)
        )

    def draw(self, context: Any) -> None:
        """Show what it costs, and the limit."""
        sending = self._sending()
        if sending is not None:
            self.layout.label(text=money(*sending.unsent()))
        self.layout.prop(settings_of(scene_of(context)), "budget")

    def execute(self, context: Any) -> set[str]:
        """Start `otiocomet resume`."""
        sending = self._sending()
        if sending is None:
            return self.stop("There is no such sending.")
        way = ["-o", str(sending.output), "--timeline", sending.timeline_name]
        limit = settings_of(scene_of(context)).limit()
        try:
            watching.begin(
                watching.saved_desk(),
                "resume",
                sending,
                ["resume", str(sending.job), *way, *limit, *patience(), "--json"],
            )
        except NotStartedError as exc:
            return self.stop(str(exc))
        return FINISHED


class COMET_OT_follow(InSequencer, bpy.types.Operator):
    """Look after what was sent, fetch what is finished, and go by what was judged elsewhere; costs nothing."""

    bl_idname = "comet.follow"
    bl_label = "Refresh"

    def execute(self, _context: Any) -> set[str]:
        """Start `otiocomet collect` where something is open, else `otiocomet relink`."""
        try:
            watching.take_up()
            watching.relink_again(watching.saved_desk())
        except NotStartedError as exc:
            return self.stop(str(exc))
        return FINISHED


CLASSES = (COMET_OT_estimate, COMET_OT_send, COMET_OT_send_rest, COMET_OT_follow)

"""Parts: which part of a take may be sent now, and what it goes by."""

from __future__ import annotations

from dataclasses import replace

from otio_cometapi.comet.guides import GUIDE_BYTES, guided
from otio_cometapi.errors import MediaError
from otio_cometapi.jobs.states import PAID, STUCK, PartState
from otio_cometapi.media.checks import checked
from otio_cometapi.media.guide import write_guide
from otio_cometapi.media.joined import Piece
from otio_cometapi.pipeline.job import Job, named, parts_in
from otio_cometapi.pipeline.keyframes import look_to_send
from otio_cometapi.pipeline.options import Trouble
from otio_cometapi.records import Finish, Look, Model, PartRecord, TakeRecord, TimelineRecord


def stuck_part(take: TakeRecord) -> PartRecord | None:
    """Return the first part that only a person's word can move; nothing more is paid for its take before that."""
    return next((part for part in take.parts if part.state in STUCK), None)


def reason_to_wait(take: TakeRecord, part: PartRecord) -> str:
    """Say why a part is not to be sent now; empty when nothing speaks against it."""
    stuck = stuck_part(take)
    if stuck is not None and stuck.number != part.number:
        return f"part {stuck.number} is {stuck.state} and needs a decision first"
    uncut = next((each for each in take.parts if each.state == PartState.PLANNED), None)
    if uncut is not None and uncut.number != part.number:
        return f"part {uncut.number} is not cut yet"
    before = take.before(part)
    if take.guided and before is not None and before.state != PartState.HOME:
        return f"it goes by the output of part {before.number}, which is not home yet"
    return ""


def sendable(job: Job, timeline: TimelineRecord | None) -> frozenset[tuple[str, int]]:
    """Return the parts, by take and number, that are cut and wait for nothing but being sent."""
    waiting = parts_in(job.takes(timeline=timeline), PartState.EXPORTED)
    return frozenset((take.take_id, part.number) for take, part in waiting if not reason_to_wait(take, part))


def waiting(job: Job, timeline: TimelineRecord | None, *, ready_too: bool = False) -> tuple[Trouble, ...]:
    """
    Say which parts are not sent and why, of takes that are sent in parts.

    Args:
        job: The job.
        timeline: Only the takes of this timeline; None: all of the job's.
        ready_too: Also of takes that have begun, the parts that wait for nothing any more.
    """
    found = []
    for take, part in parts_in(job.takes(timeline=timeline), PartState.EXPORTED):
        begun = any(each.state in PAID for each in take.parts)
        why = reason_to_wait(take, part)
        what = f"is not sent yet: {why}" if why else f"can be sent now, with `otiocomet submit {job.path}`"
        if why or (ready_too and begun):
            found.append(Trouble(f"{named(take, part)} {what}.", take.take_id, waits=True))
    return tuple(found)


def look_for(job: Job, take: TakeRecord, part: PartRecord, model: Model, *, finish: Finish) -> Look:
    """
    Return the look that a part is sent with: where it is guided, with an image of what the part before made.

    The image shows the first frame that both parts have. There the cross-fade begins, the model is pinned to it where
    it places images in time, and what the next part makes of it is what the two should agree on.

    Raises:
        MediaError: The output before is not there, does not fit, or is no video; nothing is to be paid then.
    """
    look = look_to_send(job, take.look)
    before = take.before(part)
    if not take.guided or before is None:
        return look
    frame = take.span_of(part).first_frame
    stem = job.folder.exports / guide_stem(take, part)
    piece = piece_of(job, before)
    if finish.align:
        piece = replace(piece, alignment=checked(piece.output, export=piece.export).alignment)
    image = write_guide(piece, frame=frame, part=before.number, finish=finish, stem=stem, max_bytes=GUIDE_BYTES)
    return guided(look, model, image=image, frame=frame)


def guide_stem(take: TakeRecord, part: PartRecord) -> str:
    """Return the name, without its suffix, that the image which guides a part has among the exports."""
    return f"{take.take_id}_p{part.number}_guide"


def piece_of(job: Job, part: PartRecord) -> Piece:
    """
    Return what came back for a part, beside what was sent for it.

    Raises:
        MediaError: The ledger has no record of what was sent.
    """
    if part.export is None:  # an adopted task of a take that this job never cut
        raise MediaError("the ledger has no record of the file that was sent, so nothing says how the output fits.")
    return Piece(job.folder.absolute(part.output_path), part.export)

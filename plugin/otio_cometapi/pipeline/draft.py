"""A plan in the making: what was decided for each clip, and for each why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from otio_cometapi.comet.guides import takes_guide
from otio_cometapi.comet.models import model_named
from otio_cometapi.comet.request_builder import keyframe_problems, look_problems
from otio_cometapi.editorial.shots import shots_for
from otio_cometapi.editorial.spans import placed
from otio_cometapi.errors import did_you_mean
from otio_cometapi.jobs import identity
from otio_cometapi.jobs.states import UNPAID, TakeState, state_of
from otio_cometapi.media.fingerprint import WHOLE_BYTES
from otio_cometapi.media.reading import coded_hashes
from otio_cometapi.pipeline.allowed import images_outside
from otio_cometapi.pipeline.keyframes import shown_keyframe
from otio_cometapi.pipeline.options import PlanOptions
from otio_cometapi.pipeline.plan_notes import clip_space_timecode, paid_elsewhere, partly_there
from otio_cometapi.pipeline.treatment import source_notes
from otio_cometapi.records import (
    Look,
    MediaInfo,
    Model,
    PlacedClip,
    PlannedClip,
    PlannedTake,
    Seam,
    Shot,
    ShotUse,
    SpanIndex,
    SurveyedClip,
    TakeRecord,
)
from otio_cometapi.settings import DEFAULT_HANDLES, DEFAULT_OVERLAP

_TO_BE_PAID = frozenset({TakeState.PLANNED, TakeState.EXPORTED, TakeState.REFUSED})
"""States of a take that stands in the ledger and is still to be paid."""

_CHANGED = (
    "{name} has the fingerprint of the file that take {take} was made of, but other frames there. "
    "Export it again from where it comes from, so that it is told apart"
)


@dataclass(slots=True)
class Draft:
    """A plan in the making: what was decided for each clip so far."""

    models: Mapping[str, Model]
    roots: tuple[Path, ...] = ()
    reasons: dict[int, str] = field(default_factory=dict)
    placed: dict[int, PlacedClip] = field(default_factory=dict)
    takes: list[PlannedTake] = field(default_factory=list)
    of_clip: dict[int, list[PlannedTake]] = field(default_factory=dict)
    compared: dict[tuple[str, str], bool] = field(default_factory=dict)
    look_ids: dict[tuple[Look, int], str] = field(default_factory=dict)
    partly: dict[int, str] = field(default_factory=dict)
    """Of clips that no take covers, what the take of their look that has most of their frames could do for them."""

    def with_sound_looks(self, clips: Iterable[SurveyedClip]) -> list[SurveyedClip]:
        """Leave out the clips whose looks the service would refuse."""
        sound = []
        for clip in clips:
            if clip.look is None:
                continue
            outside = images_outside(clip.look, self.roots)
            problems = (outside,) if outside else look_problems(clip.look, self.model(clip.look.model))
            if problems:
                self.reasons[clip.index] = "; ".join(problems)
            else:
                sound.append(clip)
        return sound

    def laid_onto_media(
        self, clips: Iterable[SurveyedClip], infos: Mapping[str, MediaInfo], troubles: Mapping[str, str]
    ) -> list[PlacedClip]:
        """Leave out the clips whose frames cannot be told."""
        for clip in clips:
            found = placed(clip, infos, troubles)
            if isinstance(found, str):
                self.reasons[clip.index] = found
            else:
                self.placed[clip.index] = found
        return list(self.placed.values())

    def gather_takes(
        self,
        clips: list[PlacedClip],
        prints: Mapping[str, str],
        options: PlanOptions,
        known: Mapping[tuple[str, str], SpanIndex[TakeRecord]],
    ) -> None:
        """Find a take that stands already for every clip, or decide a new one."""
        many = {clip.clip.index: clip.clip.takes for clip in clips}
        for number in range(1, max(many.values(), default=0) + 1):
            wanted = [clip for clip in clips if many[clip.clip.index] >= number]
            uncovered = []
            served: dict[str, tuple[TakeRecord, list[PlacedClip]]] = {}
            for clip in wanted:
                look = clip.clip.look
                assert look is not None  # noqa: S101 - only clips with looks are placed
                key = (prints[clip.info.path], self._look_id(look, number))
                of_media = known.get(key)
                covering = of_media.holding(clip.visible) if of_media else ()
                standing = next((take for take in covering if _treated_alike(take, clip)), None)
                if standing is None:
                    uncovered.append(clip)
                    self._note_part(clip, of_media.sharing(clip.visible) if of_media else ())
                elif not self._has_frames_of(clip, standing):
                    self.reasons[clip.clip.index] = _CHANGED.format(
                        name=Path(clip.info.path).name, take=standing.take_id[:11]
                    )
                else:
                    served.setdefault(standing.take_id, (standing, []))[1].append(clip)
            found = [self._standing_take(take, users) for take, users in served.values()]
            found += self._new_takes(uncovered, prints, options, number)
            self.takes += found
            for planned in found:
                for use in planned.shot.uses:
                    self.of_clip.setdefault(use.clip_index, []).append(planned)

    def _note_part(self, clip: PlacedClip, takes: Iterable[TakeRecord]) -> None:
        """Say which of the takes that share frames with a clip has most of them, where one has any."""
        some = [each for each in takes if _treated_alike(each, clip)]
        if some:
            most = max(some, key=lambda each: each.span.shared(clip.visible).frame_count)
            self.partly[clip.clip.index] = partly_there(clip, most)

    def _has_frames_of(self, clip: PlacedClip, take: TakeRecord) -> bool:
        """Tell whether the file still holds the coded frames that a take was made of; small files are known whole."""
        key = (take.take_id, clip.info.path)
        if clip.info.size_bytes > WHOLE_BYTES and key not in self.compared:
            exports = [part.export for part in take.parts if part.export is not None]
            self.compared[key] = all(coded_hashes(clip.info, each.span)[0] == each.frame_hashes for each in exports)
        return self.compared.get(key, True)

    def _standing_take(self, take: TakeRecord, clips: list[PlacedClip]) -> PlannedTake:
        state = state_of(take)
        shot = Shot(
            info=replace(take.info, path=clips[0].info.path),
            span=take.span,
            look=take.look,
            uses=tuple(ShotUse.of(clip) for clip in clips),
            pad_frames=take.pad_frames,
            slowdown=take.slowdown,
            parts=take.spans,
            guided=take.guided,
        )
        unpaid = [take.seconds_of(part) for part in take.parts if part.state in UNPAID] if state in _TO_BE_PAID else []
        return PlannedTake(
            take_id=take.take_id,
            shot_id=take.shot_id,
            look_id=take.look_id,
            fingerprint=take.fingerprint,
            shot=shot,
            look=take.look,
            number=take.number,
            seconds=sum(unpaid, Fraction(0)),
            usd=self._price(take.look.model, unpaid),
            state=state.value,
            paid_in=take.paid_in,
        )

    def _new_takes(
        self, clips: list[PlacedClip], prints: Mapping[str, str], options: PlanOptions, number: int
    ) -> list[PlannedTake]:
        shots, reasons = shots_for(
            clips,
            models=self.models,
            model_for=self.model,
            handles=DEFAULT_HANDLES if options.handles is None else options.handles,
            explicit_handles=options.handles is not None,
            overlap=(DEFAULT_OVERLAP if options.overlap is None else options.overlap) if options.parts else 0,
        )
        self.reasons |= reasons
        fit = [shot for shot in shots if self._takes_keyframes_of(shot)]
        return [self.new_take(shot, prints[shot.info.path], number) for shot in fit]

    def _takes_keyframes_of(self, shot: Shot) -> bool:
        """Tell whether the model takes a shot's keyframes; enter the reason where it does not."""
        for span in shot.part_spans:
            problems = keyframe_problems(shot.look, self.model(shot.look.model), span=span, models=self.models.values())
            if problems:
                self.reasons |= dict.fromkeys((use.clip_index for use in shot.uses), "; ".join(problems))
                return False
        return True

    def new_take(self, shot: Shot, media: str, number: int) -> PlannedTake:
        """Return take *number* of a shot of the media with the fingerprint *media*, which nobody has paid for yet."""
        shot = replace(shot, guided=takes_guide(shot.look, self.model(shot.look.model), shot.parts))
        shot_id = identity.shot_id(shot, fingerprint=media)
        look_id = self._look_id(shot.look, number)
        take_id = identity.take_id(shot_id, look_id)
        return PlannedTake(
            take_id=take_id,
            shot_id=shot_id,
            look_id=look_id,
            fingerprint=media,
            shot=shot,
            look=identity.settled_look(shot.look, number=number, take=take_id),
            number=number,
            seconds=shot.wire_seconds,
            usd=self._price(shot.look.model, shot.part_seconds),
        )

    def _look_id(self, look: Look, number: int) -> str:
        """Return the identity of a look; images that it names are read once."""
        found = self.look_ids.get((look, number))
        if found is None:
            found = self.look_ids[look, number] = identity.look_id(look, number=number)
        return found

    def model(self, name: str) -> Model:
        """Return a model of the table, or what is assumed of one that it does not name."""
        return model_named(self.models, name)

    def _price(self, model: str, seconds: Iterable[Fraction]) -> Fraction | None:
        """Return the assumed price of tasks of so many seconds each."""
        row = self.model(model)
        prices = [identity.price(each, per_second=row.usd_per_second, minimum=row.min_usd) for each in seconds]
        known = [price for price in prices if price is not None]
        return sum(known, Fraction(0)) if len(known) == len(prices) else None

    def line(self, clip: SurveyedClip) -> PlannedClip:
        """Return the plan's line for a clip."""
        where = self.placed.get(clip.index)
        if where is None and not (clip.warnings or clip.keyframes):  # most clips of a long timeline
            reason = self.reasons.get(clip.index, clip.reason)
            return PlannedClip(clip.index, clip.name, clip.track, clip.record_timecode, selected=False, reason=reason)
        takes = self.of_clip.get(clip.index, [])
        seams = self._seams(where, takes) if where else ()
        seen = (*where.notes, *source_notes(where.info)) if where else ()
        notes = [*clip.warnings, *seen, *(note for take in takes for note in take.shot.notes)]
        if seams:
            notes.append(f"Seams between parts at {', '.join(seam.timecode for seam in seams)}.")
        notes += [paid_elsewhere(take) for take in takes if take.paid_in]
        notes += [self.partly[clip.index]] if takes and clip.index in self.partly else []
        if clip.look and takes:
            notes += self._model_notes(clip.look.model)
        return PlannedClip(
            index=clip.index,
            name=clip.name,
            track=clip.track,
            record_timecode=clip.record_timecode,
            selected=bool(takes),
            reason=clip.reason if takes else self.reasons.get(clip.index, clip.reason),
            source_timecode=clip_space_timecode(where, where.visible.first_frame) if where else "",
            frame_count=where.visible.frame_count if where else 0,
            source_key=where.source_key if where else "",
            take_ids=tuple(take.take_id for take in takes),
            seams=seams,
            keyframes=tuple(shown_keyframe(each) for each in clip.keyframes),
            warnings=tuple(dict.fromkeys(notes)),
        )

    def _model_notes(self, name: str) -> list[str]:
        """Say what a person should know of a model."""
        model = self.model(name)
        guess = "" if model.known else did_you_mean(name, self.models)
        unknown = f"The model {name} is in no table; its limits are guesses.{guess} See `otiocomet models`."
        return [note for note in ("" if model.known else unknown, model.reported_retired) if note]

    def _seams(self, where: PlacedClip, takes: Sequence[PlannedTake]) -> tuple[Seam, ...]:
        """Return where parts of takes meet within what a clip shows."""
        shared = {seam for take in takes for seam in take.shot.seams if seam.overlaps(where.visible)}
        return tuple(
            Seam(where.number_of(seam.first_frame), clip_space_timecode(where, seam.first_frame), seam.frame_count)
            for seam in sorted(shared, key=lambda seam: seam.first_frame)
        )

    def problems(self, clips: Iterable[SurveyedClip]) -> list[str]:
        """Return what is wrong with clips that were asked for and are left out."""
        return [
            f"clip '{clip.name}' at {clip.record_timecode} on {clip.track} is left out: {self.reasons[clip.index]}"
            for clip in clips
            if clip.index in self.reasons
        ]


def _treated_alike(take: TakeRecord, clip: PlacedClip) -> bool:
    return take.info.treatment.same_as(clip.info.treatment)

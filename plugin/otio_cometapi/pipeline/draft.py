"""A plan in the making: what was decided for each clip, and for each why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from otio_cometapi.comet.models import model_named
from otio_cometapi.comet.request_builder import look_problems
from otio_cometapi.editorial.shots import shots_for
from otio_cometapi.editorial.spans import placed
from otio_cometapi.jobs import identity
from otio_cometapi.jobs.states import TakeState
from otio_cometapi.jobs.takes import state_of
from otio_cometapi.media.fingerprint import WHOLE_BYTES
from otio_cometapi.media.reading import coded_hashes
from otio_cometapi.pipeline.options import PlanOptions
from otio_cometapi.pipeline.treatment import source_notes
from otio_cometapi.records import (
    MediaInfo,
    Model,
    PlacedClip,
    PlannedClip,
    PlannedTake,
    Shot,
    ShotUse,
    SurveyedClip,
    TakeRecord,
)
from otio_cometapi.settings import DEFAULT_HANDLES
from otio_cometapi.timecode import timecode_text

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
    reasons: dict[int, str] = field(default_factory=dict)
    placed: dict[int, PlacedClip] = field(default_factory=dict)
    takes: list[PlannedTake] = field(default_factory=list)
    of_clip: dict[int, list[PlannedTake]] = field(default_factory=dict)
    compared: dict[tuple[str, str], bool] = field(default_factory=dict)

    def with_sound_looks(self, clips: Iterable[SurveyedClip]) -> list[SurveyedClip]:
        """Leave out the clips whose looks the service would refuse."""
        sound = []
        for clip in clips:
            if clip.look is None:
                continue
            problems = look_problems(clip.look, self.model(clip.look.model))
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
        known: Mapping[tuple[str, str], list[TakeRecord]],
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
                key = (prints[clip.info.path], identity.look_id(look, number=number))
                standing = next((take for take in known.get(key, ()) if _covers(take, clip)), None)
                if standing is None:
                    uncovered.append(clip)
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

    def _has_frames_of(self, clip: PlacedClip, take: TakeRecord) -> bool:
        """Tell whether the file still holds the coded frames that a take was made of; small files are known whole."""
        if take.export is None or clip.info.size_bytes <= WHOLE_BYTES:
            return True
        key = (take.take_id, clip.info.path)
        if key not in self.compared:
            self.compared[key] = coded_hashes(clip.info, take.span)[0] == take.export.frame_hashes
        return self.compared[key]

    def _standing_take(self, take: TakeRecord, clips: list[PlacedClip]) -> PlannedTake:
        state = state_of(take)
        shot = Shot(
            info=replace(take.info, path=clips[0].info.path),
            span=take.span,
            look=take.look,
            uses=tuple(ShotUse.of(clip) for clip in clips),
            pad_frames=take.pad_frames,
            slowdown=take.slowdown,
        )
        seconds = take.seconds if state in _TO_BE_PAID else Fraction(0)
        return PlannedTake(
            take_id=take.take_id,
            shot_id=take.shot_id,
            look_id=take.look_id,
            fingerprint=take.fingerprint,
            shot=shot,
            look=take.look,
            number=take.number,
            seconds=seconds,
            usd=self._price(take.look.model, seconds),
            state=state.value,
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
        )
        self.reasons |= reasons
        return [self._new_take(shot, prints[shot.info.path], number) for shot in shots]

    def _new_take(self, shot: Shot, media: str, number: int) -> PlannedTake:
        shot_id = identity.shot_id(shot, fingerprint=media)
        look_id = identity.look_id(shot.look, number=number)
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
            usd=self._price(shot.look.model, shot.wire_seconds),
        )

    def model(self, name: str) -> Model:
        """Return a model of the table, or what is assumed of one that it does not name."""
        return model_named(self.models, name)

    def _price(self, model: str, seconds: Fraction) -> Fraction | None:
        if not seconds:
            return Fraction(0)
        row = self.model(model)
        return identity.price(seconds, per_second=row.usd_per_second, minimum=row.min_usd)

    def line(self, clip: SurveyedClip) -> PlannedClip:
        """Return the plan's line for a clip."""
        where = self.placed.get(clip.index)
        takes = self.of_clip.get(clip.index, [])
        seen = (*where.notes, *source_notes(where.info)) if where else ()
        notes = [*clip.warnings, *seen, *(note for take in takes for note in take.shot.notes)]
        if clip.look and takes:
            model = self.model(clip.look.model)
            if not model.known:
                notes.append(f"The model {model.id} is in no table; its limits are guesses. See `otiocomet models`.")
            if model.reported_retired:
                notes.append(model.reported_retired)
        return PlannedClip(
            index=clip.index,
            name=clip.name,
            track=clip.track,
            record_timecode=clip.record_timecode,
            selected=bool(takes),
            reason=clip.reason if takes else self.reasons.get(clip.index, clip.reason),
            source_timecode=_clip_space_timecode(where) if where else "",
            frame_count=where.visible.frame_count if where else 0,
            source_key=where.source_key if where else "",
            take_ids=tuple(take.take_id for take in takes),
            warnings=tuple(dict.fromkeys(notes)),
        )

    def problems(self, clips: Iterable[SurveyedClip]) -> list[str]:
        """Return what is wrong with clips that were asked for and are left out."""
        return [
            f"clip '{clip.name}' at {clip.record_timecode} on {clip.track} is left out: {self.reasons[clip.index]}"
            for clip in clips
            if clip.index in self.reasons
        ]


def _covers(take: TakeRecord, clip: PlacedClip) -> bool:
    """Tell whether a take shows what a clip shows, treated alike."""
    return take.span.contains(clip.visible) and take.info.treatment.same_as(clip.info.treatment)


def _clip_space_timecode(where: PlacedClip) -> str:
    frame = where.number_of(where.visible.first_frame)
    return timecode_text(frame, where.info.rate, drop_frame=where.info.drop_frame) or f"frame {frame}"

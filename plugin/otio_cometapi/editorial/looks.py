"""Where a look comes from, field by field."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from otio_cometapi.editorial.clip_facts import clip_facts
from otio_cometapi.editorial.keyframe_fields import KeyframeWish
from otio_cometapi.editorial.look_fields import checked_fields, field_name
from otio_cometapi.editorial.look_file import LookFile
from otio_cometapi.editorial.markers import CometText
from otio_cometapi.editorial.metadata import entries_of, entry_of
from otio_cometapi.editorial.places import ClipPlace
from otio_cometapi.errors import EditorialError, WrongLookError
from otio_cometapi.records import Look
from otio_cometapi.records.extensions import ClipFacts


@dataclass(frozen=True, slots=True)
class LookSources:
    """
    Everything a look may come from, besides the timeline itself.

    Precedence, for every field: marker > clip metadata `cometapi` > the look file's clips > a prompt source > flags >
    environment > the look file's defaults > user configuration > default. Keyframes name their moment, so those of all
    places add up.
    """

    flags: Mapping[str, object] = field(default_factory=dict)
    """Fields given on the command line or by arguments; None counts as not given."""
    environment: Mapping[str, object] = field(default_factory=dict)
    """Fields from the environment, by field name."""
    look_file: LookFile | None = None
    """The look file."""
    user_config: Mapping[str, object] = field(default_factory=dict)
    """Fields from the user's configuration."""
    prompts: Callable[[ClipFacts], Mapping[str, object]] | None = None
    """A studio's prompt source, weaker than the look file's clips and stronger than flags."""
    default_model: str = "gen4_aleph"
    """The model when nobody names one."""


@dataclass(frozen=True, slots=True)
class FoundLook:
    """The look of one clip, or why there is none."""

    look: Look | None
    """What is asked for; None with *problem*."""
    takes: int = 1
    """How many generations are asked for."""
    keyframes: tuple[KeyframeWish, ...] = ()
    """Keyframes that were written for this clip, or for whichever clip shows their moment."""
    problem: str = ""
    """Why the clip has no usable look, a clause."""


@dataclass(slots=True)
class _Layers:
    """Fields laid over one another; keyframes add up instead."""

    fields: dict[str, Any]
    keyframes: list[KeyframeWish] = field(default_factory=list)

    def lay(self, values: Mapping[str, Any]) -> None:
        self.fields.update({name: value for name, value in values.items() if name != "keyframes"})
        self.keyframes.extend(values.get("keyframes", ()))

    def copy(self) -> _Layers:
        return _Layers(dict(self.fields), list(self.keyframes))


class LookTable:
    """`LookSources`, checked once and ready for many clips."""

    def __init__(self, sources: LookSources, *, media_root: Path) -> None:
        """
        Check the sources that do not depend on a clip.

        Raises:
            EditorialError: A variable or configuration value is nothing that its field can hold.
            WrongLookError: An argument is none.
        """
        here = Path.cwd()
        file = sources.look_file
        self._media_root = media_root
        self._patterns = [
            (re.compile(fnmatch.translate(pattern.lower())), fields) for pattern, fields in (file.clips if file else ())
        ]
        weak = _Layers({"model": sources.default_model})
        weak.lay(checked_fields(sources.user_config, where="the user configuration", folder=here))
        weak.lay(file.defaults if file else {})
        weak.lay(checked_fields(sources.environment, where="the environment", folder=here))
        try:
            weak.lay(checked_fields(sources.flags, where="this call", folder=here))
        except EditorialError as exc:
            raise WrongLookError(exc.message, next_step=exc.next_step) from None
        weak.keyframes = [replace(wish, of_any_clip=True) for wish in weak.keyframes]
        self._weak = weak
        self._prompts = sources.prompts

    def look_for(self, clip: Any, markers: Iterable[CometText], *, place: ClipPlace | None = None) -> FoundLook:
        """Return the look of an OTIO clip with the `comet:` *markers* that mean it; *place* is for prompt sources."""
        try:
            said = self._said_by(markers)
            layers = self._weak.copy()
            if self._prompts is not None and place is not None:
                given = self._prompts(clip_facts(place))
                layers.lay(checked_fields(given, where="the prompt source", folder=self._media_root))
            name = (clip.name or "").lower()
            for pattern, values in self._patterns:
                if pattern.match(name):
                    layers.lay(values)
            layers.lay(self._of_metadata(clip))
            layers.lay(said)
        except EditorialError as error:
            return FoundLook(None, problem=str(error).rstrip("."))
        fields = layers.fields
        prompt = fields.get("prompt", "")
        if not prompt:
            return FoundLook(
                None,
                problem="it has no prompt: write one into a marker (comet: make it snow) or a look file, "
                "or give --prompt",
            )
        look = Look(
            prompt=prompt,
            model=fields["model"],
            seed=fields.get("seed"),
            ratio=fields.get("ratio"),
            references=fields.get("references", ()),
            moderation=fields.get("moderation"),
        )
        return FoundLook(look, takes=fields.get("takes", 1), keyframes=tuple(dict.fromkeys(layers.keyframes)))

    def _of_metadata(self, clip: Any) -> dict[str, Any]:
        """Return the fields in a clip's metadata `cometapi`; other keys there (our note of a relink) are no fields."""
        own = entry_of(clip.metadata, "cometapi")
        if not hasattr(own, "items"):
            return {}
        own = {key: value for key, value in entries_of(own) if key != "relinked"}
        return checked_fields(own, where="clip metadata cometapi", folder=self._media_root)

    def _said_by(self, markers: Iterable[CometText]) -> dict[str, Any]:
        """Join what several markers say; two that disagree are an error."""
        said: dict[str, Any] = {}
        for text in markers:
            if text.problems:
                raise EditorialError(f"its comet: marker cannot be read: {'; '.join(text.problems)}")
            for name, value in self._fields_of(text).items():
                if name == "keyframes":
                    said[name] = (*said.get(name, ()), *value)
                    continue
                if name in said and said[name] != value:
                    if name == "prompt":
                        raise EditorialError(f"it has two prompts, '{said[name]}' and '{value}'; keep one marker")
                    raise EditorialError(
                        f"its comet: markers say {name} {said[name]} and {name} {value}; keep one of them"
                    )
                said[name] = value
        return said

    def _fields_of(self, text: CometText) -> dict[str, Any]:
        values: dict[str, Any] = {"prompt": text.prompt} if text.prompt else {}
        for key, value in text.settings:
            name = field_name(key)
            if name in ("references", "keyframes"):
                values[name] = [*values.get(name, []), value]
            elif name in values:
                raise EditorialError(f"its comet: marker has {name} twice; keep one")
            else:
                values[name] = value
        return checked_fields(values, where="its comet: marker", folder=self._media_root)

"""Reading the values of `-A`, `-a` and `-M`: Python literals where they parse, text where they do not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from otio_cometapi.errors import SettingsError, did_you_mean
from otio_cometapi.pipeline.options import Delivery, FinishWish, PlanOptions, Reuse, SourceWish
from otio_cometapi.settings import Settings

_LOOK = ("prompt", "model", "seed", "ratio", "references", "moderation", "takes", "keyframes")
_OTHERS = frozenset(
    {"select", "exclude", "look", "handles", "parts", "overlap", "media_root", "deinterlace", "vfr", "lut", "reuse"}
    | {"prompts_from", "publish", "publish_map"}
)


def plan_options(values: Mapping[str, Any]) -> PlanOptions:
    """
    Return what an adapter's arguments ask for.

    Raises:
        SettingsError: One is not known, or of the wrong kind.
    """
    values = {"keyframes" if name == "keyframe" else name: value for name, value in values.items()}
    check_names(values, {*_OTHERS, *_LOOK, "submit", "budget"})
    return PlanOptions(
        select=_texts(values.get("select")),
        exclude=_texts(values.get("exclude")),
        look={name: _look_value(name, values[name]) for name in _LOOK if values.get(name) not in (None, "")},
        look_file=Path(str(values["look"])) if values.get("look") else None,
        prompts_from=str(values.get("prompts_from") or ""),
        handles=_number("handles", values.get("handles")),
        parts=truth("parts", values.get("parts", False)),
        overlap=_overlap(values.get("overlap")),
        media_root=media_root(values),
        source=SourceWish(
            deinterlace=truth("deinterlace", values.get("deinterlace", False)),
            vfr=str(values.get("vfr") or "refuse"),
            lut=Path(str(values["lut"])) if values.get("lut") else None,
        ),
        reuse=_reuse(values.get("reuse")),
    )


def check_names(given: Iterable[str], known: Iterable[str]) -> None:
    """
    See that every name that was given is one of those that are known.

    Raises:
        SettingsError: One is not; says which was probably meant, and which there are.
    """
    there = sorted(known)
    unknown = sorted(set(given) - set(there))
    if unknown:
        raise SettingsError(
            f"unknown argument: {', '.join(unknown)}.{did_you_mean(unknown[0], there)}",
            next_step=f"Known are {', '.join(there)}.",
        )


def with_places(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """Return settings with where the arguments publish in their place, where they say it."""
    folders = tuple(pair.strip() for text in _texts(values.get("publish_map")) for pair in text.split(";"))
    place = values.get("publish")
    if place not in (None, ""):
        settings = replace(settings, publish=str(place).strip())
    return replace(settings, publish_map=tuple(filter(None, folders))) if any(folders) else settings


def _reuse(value: Any) -> Reuse:
    """Return what is done with takes that another job paid for; OTIO reads ``none`` as text, ``None`` as nothing."""
    try:
        return Reuse(str(value or Reuse.ALL).strip().lower())
    except ValueError as exc:
        raise SettingsError(f"reuse={value} is none of {', '.join(Reuse)}.") from exc


def _look_value(name: str, value: Any) -> Any:
    """Return a look's field; a prompt such as ``2049`` was read as a number by OTIO and is text again."""
    return str(value) if name in ("prompt", "model", "ratio", "moderation") else value


def media_root(values: Mapping[str, Any]) -> Path:
    """Return where relative media URLs begin: the argument, or the current directory."""
    return Path(str(values.get("media_root") or "")).absolute()


def finish_wish(values: Mapping[str, Any]) -> FinishWish:
    """
    Return how media is to be made.

    Raises:
        SettingsError: ``align`` is neither yes nor no.
    """
    align = values.get("align")
    return FinishWish(
        policy=values["conform"],
        codec=values["codec"],
        sound=values["sound"],
        align=None if align in (None, "") else truth("align", align),
    )


def delivery(values: Mapping[str, Any]) -> Delivery:
    """
    Return the host that an output is for.

    Raises:
        SettingsError: ``rebase`` is neither yes nor no.
    """
    rebase = values.get("rebase")
    return Delivery(
        host=str(values.get("host") or ""),
        placement=str(values.get("placement") or ""),
        url_style=str(values.get("url_style") or ""),
        rebase=None if rebase in (None, "") else truth("rebase", rebase),
    )


def takes(value: Any) -> tuple[str, ...]:
    """Return the takes that are asked for, by number or id."""
    return tuple(part.strip() for text in _texts(value) for part in text.split(",") if part.strip())


def truth(name: str, value: Any) -> bool:
    """
    Read a yes or no.

    Raises:
        SettingsError: It is neither.
    """
    found = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False, "none": False, "": False}
    try:
        return found[str(value).strip().lower()]
    except KeyError as exc:
        raise SettingsError(f"{name}={value} is neither 1 nor 0.") from exc


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        return tuple(str(each) for each in value)
    return (str(value),) if value not in (None, "") else ()


def _overlap(value: Any) -> int | None:
    overlap = _number("overlap", value)
    if overlap is not None and overlap < 1:
        raise SettingsError(f"overlap={value}: parts share at least one frame.")
    return overlap


def _number(name: str, value: Any) -> int | None:
    if value in (None, ""):
        return None
    try:
        return int(value)
    except (TypeError, ValueError) as exc:
        raise SettingsError(f"{name}={value} is no whole number.") from exc

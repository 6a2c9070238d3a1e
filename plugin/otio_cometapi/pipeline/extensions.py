"""What a studio has added by entry points: found when it is named, and named when it fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from otio_cometapi.errors import CometError, EditorialError, MediaError, PublishError, WrongUsageError
from otio_cometapi.records.extensions import ClipFacts, ConformCase, ConformPolicy, PromptSource, Publisher, Selector


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of addition. Holds nothing that was found: what is installed is looked up every time."""

    noun: str
    """What one of them is called."""
    group: str
    """The group of entry points that declares them."""
    error: type[CometError]
    """What a failure of one of them becomes."""

    def names(self) -> tuple[str, ...]:
        """Return the names that are installed."""
        return tuple(sorted({each.name for each in entry_points(group=self.group)}))

    def near(self, name: str, built_in: Iterable[str] = ()) -> str:
        """Return a sentence with the name that was probably meant, to follow another one; empty where there is none."""
        found = get_close_matches(name, [*built_in, *self.names()], n=1)
        return f" Did you mean '{found[0]}'?" if found else ""

    def load(self, name: str, built_in: Iterable[str] = ()) -> tuple[Any, Border]:
        """
        Return what is installed under a name, and the border to call it behind.

        Raises:
            CometError: It cannot be imported, or two packages have that name.
            WrongUsageError: There is none.
        """
        found = {each.value: each for each in entry_points(group=self.group, name=name)}
        if not found:
            known = ", ".join([*built_in, *self.names()]) or "none is installed"
            raise WrongUsageError(
                f"there is no {self.noun} '{name}'.{self.near(name, built_in)}", next_step=f"There are: {known}."
            )
        if len(found) > 1:
            raise self.error(
                f"the {self.noun} '{name}' is declared by two packages: {' and '.join(map(_package, found.values()))}.",
                next_step="Remove one of them.",
            )
        (point,) = found.values()
        border = Border(self, point)
        with border:
            return point.load(), border


class Border:
    """
    A `with` block around other people's code, drawn by what passes it.

    Our own errors pass, and so do signals to stop the process; everything else leaves as an error that names the
    addition and its package, the original as its cause.
    """

    def __init__(self, kind: Kind, point: EntryPoint) -> None:
        """Name what is called behind it."""
        self._kind = kind
        self.what = f"the {kind.noun} '{point.name}' of {_package(point)}"

    def __enter__(self) -> Border:
        """Enter the foreign code."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> Literal[False]:
        """Leave the foreign code; raises the kind's error for what it raised."""
        if isinstance(error, Exception) and not isinstance(error, CometError):
            lines = str(error).strip().splitlines()
            said = f"{type(error).__name__}: {lines[0][:300]}" if lines else type(error).__name__
            raise self._kind.error(
                f"{self.what} failed ({said.rstrip('.')}).", next_step="Ask its maker, or do without it."
            ) from error
        return False

    def wrong(self, answer: object, wanted: str) -> CometError:
        """Return the error for an answer that is none."""
        return self._kind.error(
            f"{self.what} returned {type(answer).__name__} where {wanted} was wanted.", next_step="Ask its maker."
        )


def _package(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else point.value


SELECTORS = Kind("selector", "otio_cometapi.selectors", EditorialError)
PROMPT_SOURCES = Kind("prompt source", "otio_cometapi.prompt_sources", EditorialError)
PUBLISHERS = Kind("publisher", "otio_cometapi.publishers", PublishError)
CONFORM_POLICIES = Kind("conform policy", "otio_cometapi.conform_policies", MediaError)


class Selectors:
    """The selectors that are installed, for terms that no built-in kind reads."""

    def names(self) -> tuple[str, ...]:
        """Return their names."""
        return SELECTORS.names()

    def named(self, name: str) -> Selector:
        """
        Return one of them.

        Raises:
            EditorialError: It cannot be imported.
        """
        found, border = SELECTORS.load(name)

        def holds(clip: ClipFacts, value: str, /) -> bool:
            with border:
                answer = found(clip, value)
            if not isinstance(answer, bool):
                raise border.wrong(answer, "True or False")
            return answer

        return holds


def prompt_source(text: str) -> Callable[[ClipFacts], Mapping[str, object]]:
    """
    Return the prompt source that ``NAME`` or ``NAME:ARGUMENT`` names.

    Raises:
        EditorialError: It cannot be imported.
        WrongUsageError: There is none of that name.
    """
    name, _, argument = text.partition(":")
    found, border = PROMPT_SOURCES.load(name)
    source: PromptSource = found

    def fields(clip: ClipFacts) -> Mapping[str, object]:
        with border:
            answer = source(clip, argument)
        if not isinstance(answer, Mapping) or not all(isinstance(key, str) for key in answer):
            raise border.wrong(answer, "a mapping of a look's fields")
        return dict(answer)

    return fields


def conform_policy(name: str) -> ConformPolicy:
    """
    Return the conform policy of that name; it is found when it is first asked, since media may be there already.

    Its errors are `MediaError`.
    """

    def picks(case: ConformCase, /) -> Sequence[int] | None:
        found, border = CONFORM_POLICIES.load(name)
        with border:
            answer = found(case)
            chosen = None if answer is None else list(answer)
        if chosen is None:
            return None
        if not all(isinstance(pick, int) and not isinstance(pick, bool) for pick in chosen):
            raise border.wrong(answer, "whole numbers of frames")
        sound = len(chosen) == case.frame_count and all(0 <= pick < len(case.times) for pick in chosen)
        if not sound or chosen != sorted(chosen):
            raise MediaError(
                f"{border.what} returned {len(chosen)} frames that cannot be shown: {case.frame_count} were wanted, "
                f"each of 0 to {len(case.times) - 1}, and none before the one it follows.",
                next_step="Ask its maker.",
            )
        return chosen

    return picks


def publisher(name: str, address: str) -> Publisher:
    """
    Open a place of an installed publisher.

    Raises:
        PublishError: It cannot be imported or opened.
        SettingsError: It says that the address cannot be meant.
    """
    found, border = PUBLISHERS.load(name)
    with border:
        opened = found(address)
        return _Guarded(opened, border)


class _Guarded:
    """A studio's publisher behind its border."""

    def __init__(self, opened: Publisher, border: Border) -> None:
        self._opened = opened
        self._border = border
        self.where = str(opened.where)
        self.signs = bool(getattr(opened, "signs", True))

    def put(self, path: Path, name: str, *, media_type: str) -> None:
        """Put a file there."""
        with self._border:
            self._opened.put(path, name, media_type=media_type)

    def url(self, name: str, *, expires_s: int) -> str:
        """Return where it can be fetched."""
        with self._border:
            answer = self._opened.url(name, expires_s=expires_s)
        if not isinstance(answer, str):
            raise self._border.wrong(answer, "a URL")
        return answer

    def remove(self, name: str) -> None:
        """Remove it."""
        with self._border:
            self._opened.remove(name)

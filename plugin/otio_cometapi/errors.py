"""
One family of errors, one branch a room.

Every error says what was being done, to which clip, why it failed and what to do next.
"""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_JOINERS = "\u200c\u200d"  # they make one letter or one emoji of two, and steer nothing
_LINE_ENDS = "\t\n\v\f\r\x85\u2028\u2029"
_MOST_MARKS = 8
"""Marks that may stand on one letter; living scripts need four at most."""


def tame(text: str) -> str:
    """
    Return anybody's text on one line, without anything that could steer a terminal or turn its direction.

    Line ends become blanks; control characters, escapes, changes of direction and halves of characters become U+FFFD.
    """
    if text.isascii() and text.isprintable():
        return text
    shown = []
    marks = 0
    for letter in text:
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind[0] == "M" else 0
        if letter in _LINE_ENDS:
            shown.append(" ")
        elif kind[0] == "C" and letter not in _JOINERS:
            shown.append("\N{REPLACEMENT CHARACTER}")
        elif marks <= _MOST_MARKS:
            shown.append(letter)
    return "".join(shown)


def sentence(text: str) -> str:
    """Return *text* with a capital and a full stop, so that another sentence may follow."""
    text = text.strip()
    end = "" if not text or text[-1] in ".!?:;" else "."
    return f"{text[:1].upper()}{text[1:]}{end}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the nearest of *known*, to stand after a sentence; nothing where none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only for mistakes

    by_plain = {each.lower(): each for each in known}
    near = get_close_matches(word.lower(), by_plain, n=1)
    return f" Did you mean '{by_plain[near[0]]}'?" if near else ""


class CometError(Exception):
    """Base of every error that this package raises on purpose."""

    def __init__(
        self,
        message: str,
        *,
        clip: str = "",
        task_id: str = "",
        next_step: str = "",
    ) -> None:
        """
        Say what went wrong.

        Args:
            message: What was being done and why it failed, one sentence.
            clip: Name of the clip it concerns.
            task_id: Id of the remote task it concerns.
            next_step: What the user can do, one sentence.
        """
        self.message = message
        self.clip = clip
        self.task_id = task_id
        self.next_step = next_step
        super().__init__(message)

    def __str__(self) -> str:
        """Return the whole message on one line, fit for a terminal, whatever names stand in it."""
        subject = f"clip '{self.clip}': " if self.clip else ""
        task = f" (task {self.task_id})" if self.task_id else ""
        if not self.next_step:
            return tame(f"{subject}{self.message}{task}")
        end = "" if self.message.endswith((".", "!", "?")) else "."
        return tame(f"{subject}{self.message}{end}{task} {self.next_step}")


class WrongUsageError(CometError):
    """A command or function was called in a way that cannot be meant; nothing was done."""


class SettingsError(CometError):
    """A setting, flag or configuration file is wrong."""


class MissingExtraError(CometError):
    """A command needs an extra that is not installed."""


class EditorialError(CometError):
    """A timeline, selection or look cannot be understood or written."""


class WrongLookError(EditorialError, WrongUsageError):
    """A look's setting in a command or call is nothing that it can be."""


class SelectionError(EditorialError, WrongUsageError):
    """A selection cannot be understood."""


class MediaError(CometError):
    """A media file cannot be read, cut, encoded or made to fit."""


class ConformRefusedError(MediaError):
    """An output does not fit its span under the chosen policy."""


class FarmError(CometError):
    """Work could not be done on a cluster, or its workers do not see what this machine sees."""


class NotThereError(FarmError):
    """A worker does not see a file that it needs; another one may."""

    def __init__(self, message: str, *, worker: str = "", next_step: str = "") -> None:
        """Carry the worker's address, so that the work may go to another one."""
        self.worker = worker
        super().__init__(message, next_step=next_step)


class ApiError(CometError):
    """The service or a file host answered something that ends this attempt."""


class RequestInvalidError(ApiError):
    """A request breaks the service's rules; nothing was sent."""

    def __init__(self, problems: tuple[str, ...], *, clip: str = "") -> None:
        """Carry every problem of the request at once, each a clause."""
        self.problems = problems
        super().__init__(
            "the request was not sent: " + "; ".join(problems),
            clip=clip,
            next_step="Correct this and run again; nothing was spent.",
        )


class RunStoppedError(ApiError):
    """The service refuses everything we send: key, credit or address are wrong."""


class PollError(ApiError):
    """A poll brought no usable answer; the task lives on and may be asked again."""

    def __init__(
        self,
        message: str,
        *,
        task_id: str = "",
        next_step: str = "",
        retry_after_s: float | None = None,
        hopeless: bool = False,
    ) -> None:
        """
        Say why the poll brought nothing.

        Args:
            message: What was being done and why it failed, one sentence.
            task_id: Id of the remote task.
            next_step: What the user can do, one sentence.
            retry_after_s: How long the service asks to wait, in seconds.
            hopeless: Whether the same question would be refused again.
        """
        self.retry_after_s = retry_after_s
        self.hopeless = hopeless
        super().__init__(message, task_id=task_id, next_step=next_step)


class DownloadError(ApiError):
    """An output could not be brought home; it may be tried again."""

    def __init__(self, message: str, *, expired: bool = False, task_id: str = "", next_step: str = "") -> None:
        """Tell whether the URL has expired, so that a new poll brings a new one."""
        self.expired = expired
        super().__init__(message, task_id=task_id, next_step=next_step)


class PublishError(ApiError):
    """An export cannot be fetched by the service from where it was published; it was not sent."""


class JobError(CometError):
    """A job folder or its ledger is missing, damaged, in use or asked for the impossible."""


class BudgetError(CometError):
    """The estimate is above what may be spent; nothing was sent."""

"""What the service's failure codes mean, and what a person can do about each."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FailureMeaning:
    """One kind of failure."""

    meaning: str
    """What happened, a sentence."""
    next_step: str
    """What to do, a sentence."""
    may_pass: bool
    """Whether another take with the same input may succeed. That is a new paid take, so a person asks for it."""
    moderated: bool = False
    """Whether moderation refused it; too many of those suspend an account."""


_INPUT_MODERATED = FailureMeaning(
    "The service's moderation refused the input; that is usually charged like a success.",
    "Change prompt, picture or reference image; repeated refusals can suspend the account.",
    may_pass=False,
    moderated=True,
)
_OUTPUT_MODERATED = FailureMeaning(
    "The service's moderation refused its own output; that is usually charged like a success.",
    "Change the prompt; repeated refusals can suspend the account.",
    may_pass=False,
    moderated=True,
)
_UNSPECIFIED = FailureMeaning(
    "The service failed without saying why.", "Ask for another take after a while.", may_pass=True
)
_PREPARATION = FailureMeaning(
    "The service failed while it prepared the input.", "Ask for another take after a while.", may_pass=True
)
_ASSET = FailureMeaning(
    "The service does not take the file: its size, length, frame rate, format or shape.",
    "Change the export, then ask for another take.",
    may_pass=False,
)
_BAD_OUTPUT = FailureMeaning(
    "The service discarded its output as too poor; text, logos and graphics in the picture are a known cause.",
    "Ask for another take once, better with another prompt or picture.",
    may_pass=True,
)
_PARTNER = FailureMeaning(
    "The company behind the model is not reachable.", "Ask for another take after a while.", may_pass=True
)
_NEW = FailureMeaning(
    "The service gives a reason that this version does not know.",
    "Read the service's message before asking for another take.",
    may_pass=False,
)
_BY_PREFIX = {
    "": _UNSPECIFIED,
    "SAFETY": _INPUT_MODERATED,
    "SAFETY.INPUT": _INPUT_MODERATED,
    "SAFETY.OUTPUT": _OUTPUT_MODERATED,
    "INPUT_PREPROCESSING.SAFETY": _INPUT_MODERATED,
    "INPUT_PREPROCESSING.INTERNAL": _PREPARATION,
    "ASSET.INVALID": _ASSET,
    "INTERNAL": _UNSPECIFIED,
    "INTERNAL.BAD_OUTPUT": _BAD_OUTPUT,
    "THIRD_PARTY.UNAVAILABLE": _PARTNER,
}


def failure_meaning(code: str) -> FailureMeaning:
    """Return what a failure code means, by its longest known prefix; an unknown code is never worth a repetition."""
    steps = code.strip().upper().split(".")
    for length in range(len(steps), 0, -1):
        known = _BY_PREFIX.get(".".join(steps[:length]))
        if known is not None:
            return known
    return _NEW

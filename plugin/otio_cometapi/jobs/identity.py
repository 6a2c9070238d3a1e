"""Identities: what makes two shots, or two takes, the same one."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from otio_cometapi.errors import JobError
from otio_cometapi.records import Look, Shot, Treatment, rate_text

SEEDS = 2**32
"""How many seeds the service knows: 0 to 4294967295."""

_VERSION = "1"


def shot_id(shot: Shot, *, fingerprint: str) -> str:
    """
    Return the identity of what is sent: media, span and what changes the picture.

    Encoder, quality and this package's version do not enter, so that a better encoder buys nothing again.
    """
    span = shot.span
    facts = [
        fingerprint,
        span.first_frame,
        span.frame_count,
        rate_text(span.rate),
        shot.pad_frames,
        shot.slowdown,
        [shot.info.width, shot.info.height],
        # Nothing is added where nothing is done, so that shots of before keep their identity.
        *_treatment_facts(shot.info.treatment),
        *_part_facts(shot),
    ]
    return f"s{_VERSION}-{_digest(facts)}"


def _treatment_facts(treatment: Treatment) -> list[object]:
    """Return what is done to the picture; look-up tables and configurations enter by their content."""
    facts: list[object] = []
    facts += ["deinterlace"] if treatment.deinterlace else []
    facts += ["by time"] if treatment.convert_vfr else []
    facts += [["lut", treatment.lut_sha256]] if treatment.lut else []
    colour = treatment.colour
    if colour is not None:
        facts.append(["colour", colour.config_sha256 or colour.config, colour.source, colour.display, colour.view])
    return facts


def _part_facts(shot: Shot) -> list[object]:
    """Return how a shot is divided, which shows in the picture; nothing where one part is the whole."""
    if len(shot.parts) < 2:
        return []
    spans = [[part.first_frame, part.frame_count] for part in shot.parts]
    return [["parts", spans, "guided" if shot.guided else "unguided"]]


def look_id(look: Look, *, number: int) -> str:
    """
    Return the identity of what is asked for, as take *number* of it.

    References and keyframes enter by their content, keyframes with their source frame too, prompts in Unicode's
    composed form with single blanks. A seed enters as it goes on the wire: take 2 of seed 7 is take 1 of seed 8, since
    their requests are equal and one is enough.

    Raises:
        JobError: A reference cannot be read.
    """
    seed = None if look.seed is None else (look.seed + number - 1) % SEEDS
    facts = [
        " ".join(unicodedata.normalize("NFC", look.prompt).split()),
        look.model,
        seed,
        look.ratio,
        [_reference_identity(reference) for reference in look.references],
        look.moderation,
        number if seed is None else 1,
        # Nothing is added where there is none, so that looks of before keep their identity.
        *_keyframe_facts(look),
    ]
    return f"l{_VERSION}-{_digest(facts)}"


def _keyframe_facts(look: Look) -> list[object]:
    """Return which picture stands for which source frame."""
    found = sorted((each.frame, each.sha256 or _reference_identity(each.image)) for each in look.keyframes)
    return [["keyframes", found]] if found else []


def take_id(shot: str, look: str) -> str:
    """Return the identity of one generation of one shot (its id) with one look (its id)."""
    return f"t{_VERSION}-{_digest([shot, look])}"


def settled_look(look: Look, *, number: int, take: str) -> Look:
    """
    Return the look with the seed that goes on the wire.

    It is the user's, plus the take number less one; else one derived from the take's identity, so that no
    two takes send equal bodies and each can be repeated.
    """
    if look.seed is not None:
        return replace(look, seed=(look.seed + number - 1) % SEEDS)
    derived = int.from_bytes(hashlib.sha256(take.encode()).digest()[:4], "big")
    return replace(look, seed=derived)


def part_seed(*, take: str, part: int) -> int:
    """Return a seed for one part of a take, where the take's own would make it equal to another part's create."""
    return int.from_bytes(hashlib.sha256(f"{take} part {part}".encode()).digest()[:4], "big")


def price(seconds: Fraction, *, per_second: Fraction | None, minimum: Fraction | None) -> Fraction | None:
    """Return the assumed price of a task over *seconds* of video, in dollars; None where none is assumed."""
    if per_second is None:
        return None
    return max(seconds * per_second, minimum or Fraction(0))


def _reference_identity(reference: str) -> str:
    if reference.startswith(("https://", "http://", "data:")):
        return reference
    try:
        return hashlib.sha256(Path(reference).read_bytes()).hexdigest()
    except OSError as exc:
        raise JobError(
            f"the reference image {reference} cannot be read: {exc.strerror or exc}.",
            next_step="Correct its path.",
        ) from exc


def _digest(facts: Sequence[object]) -> str:
    text = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

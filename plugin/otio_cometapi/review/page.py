"""The page: a contact sheet as HTML that stands alone, with its style and scripts beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from otio_cometapi.errors import MissingExtraError, tame
from otio_cometapi.records import Sheet, SheetClip, SheetTake
from otio_cometapi.review.contact_sheet import STANDINGS, Differences, sheet_values, standing_of

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
ASSETS = ("review.css", "timecode.js", "player.js", "inspector.js", "page.js", "icon.svg")
"""What the page loads, from ``assets/`` beside it."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'"
)
"""The page's content security policy: nothing from elsewhere, nothing inline."""


def page(
    sheet: Sheet,
    *,
    live: bool,
    differences: Differences | None = None,
    address: Callable[[int], str] = "?timeline={}".format,
) -> str:
    """
    Return the page as HTML; every string of a stranger in it is escaped.

    Args:
        sheet: What it shows.
        live: Whether it decides; else it is a copy to look at.
        differences: Put into the page, where it cannot ask for them.
        address: Where the page of another timeline is, by its number.

    Raises:
        MissingExtraError: The template library is not installed.
    """
    rows = [{"clip": clip, "standing": standing_of(clip), "thumbnail": _face(clip)} for clip in sheet.clips]
    counts = Counter(row["standing"] for row in rows)
    text: str = (
        _environment()
        .get_template("review.html")
        .render(
            sheet=sheet,
            values=sheet_values(sheet, live=live, differences=differences),
            rows=rows,
            standings=STANDINGS,
            counts=counts,
            live=live,
            policy=POLICY,
            address=address,
        )
    )
    return text


def asset(name: str) -> bytes | None:
    """Return one of `ASSETS`; None for any other name."""
    return (TEMPLATES / name).read_bytes() if name in ASSETS else None


def _face(clip: SheetClip) -> SheetTake:
    """Return the take by which the list shows a clip."""
    return next((take for take in clip.takes if take.take_id == clip.shown), clip.takes[0])


def _tamed(value: object) -> object:
    """Take from plain texts what would turn a line around or cannot be written; markup was judged before."""
    return tame(value) if type(value) is str else value


@lru_cache(maxsize=1)
def _environment() -> Environment:
    try:
        import jinja2  # noqa: PLC0415 - an extra
    except ImportError as exc:
        raise MissingExtraError(
            "the review page needs its extra.", next_step="pip install 'otio-cometapi[review]'"
        ) from exc
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_tamed,
        trim_blocks=True,
        lstrip_blocks=True,
    )

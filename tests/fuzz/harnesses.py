"""
One harness for every place where strangers' bytes come in.

A harness takes any bytes. What the product says to them must be a value or one of its own errors, and must be fit to
be shown; everything else that leaves a harness is a finding.
"""

from __future__ import annotations

import contextlib
import json
import unicodedata
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import opentimelineio as otio

from otio_cometapi.comet.addresses import AddressPolicy, AddressRefusedError, is_public, shown_url, url_parts
from otio_cometapi.comet.remote_text import clean_text
from otio_cometapi.comet.verdicts import Answer, create_verdict, retry_after
from otio_cometapi.comet.wire import error_in, read_task
from otio_cometapi.editorial.criteria import Criteria, glob
from otio_cometapi.editorial.file_limits import is_too_deep
from otio_cometapi.editorial.look_file import look_file_of
from otio_cometapi.editorial.looks import LookSources
from otio_cometapi.editorial.markers import comet_text
from otio_cometapi.editorial.media_urls import is_relative, path_of
from otio_cometapi.editorial.selection import survey
from otio_cometapi.editorial.timeline_io import timeline_from_text, timeline_text
from otio_cometapi.errors import CometError, EditorialError, SelectionError, SettingsError, tame
from otio_cometapi.settings import load

SECRET = "sk-0123456789-secret"
HERE = Path("/nowhere")
WRITERS = ("cmx_3600", "fcp_xml", "Resolve_OTIO", "AAF", "kdenlive", "Hiero", "cometapi", "xges", "fcpx_xml")
STATUSES = (200, 201, 202, 204, 302, 400, 401, 403, 404, 405, 408, 409, 413, 422, 429, 500, 502, 503, 504)
OUR_FIRST_LINE = "could not read the timeline's clips"

Harness = Callable[[bytes], None]


def text_of(data: bytes) -> str:
    """Return bytes as text that holds everything that text can hold, halves of characters included."""
    return data.decode("utf-8", "surrogatepass" if b"\xed" in data else "replace") if _passes(data) else str(data)


def _passes(data: bytes) -> bool:
    try:
        data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return False
    return True


def shown(text: str) -> None:
    """See that a text is fit for a terminal."""
    found = tame(text)
    assert not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in found)
    assert not {"\u202e", "\u2066", "\u2028"} & set(found)


def wire(data: bytes) -> None:
    """Answers to creates and polls."""
    status, body = STATUSES[data[0] % len(STATUSES)] if data else 200, data[1:]
    verdict = create_verdict(Answer(status=status, body=body), model="gen4_aleph", secret=SECRET)
    reading = read_task(body, task_id="t", secret=SECRET)
    error = error_in(body, secret=SECRET)
    said = [verdict.message, verdict.next_step, verdict.task_id, error.sentence(), error.message]
    if reading.snapshot is not None:
        said += [reading.snapshot.failure, reading.snapshot.failure_code, reading.snapshot.remote_word]
        assert reading.snapshot.progress is None or 0 <= reading.snapshot.progress <= 1
    assert SECRET not in "".join(said)
    assert all(text.isprintable() for text in said), said
    text = text_of(body)
    wait = retry_after(text, milliseconds=text, now=1e9)
    assert wait is None or wait >= 0
    assert SECRET not in clean_text(text, secret=SECRET)


def selection(data: bytes) -> None:
    """Values of --select and --exclude."""
    text = text_of(data)
    try:
        criteria = Criteria((text,), (text,))
    except SelectionError as error:
        shown(str(error))
        return
    for term in criteria.selecting:
        glob(term.value)("sh010 [x]")
        shown(str(term))
    for clip in _survey(_timeline({}, "sh010", "comet: x"), criteria):
        shown(clip)


def looks(data: bytes) -> None:
    """Look files, in TOML and as a table."""
    text = text_of(data[1:])
    path = HERE / ("look.toml" if not data or data[0] % 2 else "look.csv")
    try:
        found = look_file_of(text, path)
        _survey(_timeline({}, "sh010", "comet:"), Criteria(("all",)), LookSources(look_file=found))
    except EditorialError as error:
        _ours(error)


def markers(data: bytes) -> None:
    """Names and comments of markers."""
    text = text_of(data)
    found = comet_text(text)
    if found is not None:
        assert all(key == key.lower() for key, _ in found.settings)
        shown(found.prompt)
    if "\x00" not in text and not any(0xD800 <= ord(letter) < 0xE000 for letter in text):
        for reason in _survey(_timeline({}, text[:40], text), Criteria()):
            shown(reason)


def metadata(data: bytes) -> None:
    """Metadata of clips, references, markers and effects, under the keys of every writer; and whole timelines."""
    text = data.decode("utf-8", "replace")
    assert isinstance(is_too_deep([data[:7], data[7:]] if not data[:7].endswith(b"\\") else [data]), bool)
    try:
        timeline = timeline_from_text(text)
    except EditorialError:
        timeline = None
    if timeline is not None:
        _look_at(timeline)
    try:
        value = json.loads(text)
        made = _timeline(dict.fromkeys(WRITERS, value) if not isinstance(value, dict) else value, "a", "comet:x")
    except (ValueError, RecursionError, TypeError, OverflowError):
        return  # no JSON, or none that OTIO's metadata can hold
    _look_at(made)


def urls(data: bytes) -> None:
    """Addresses of outputs, of media and of the service."""
    text = text_of(data)
    for policy in (AddressPolicy(), AddressPolicy(allow_loopback=True)):
        try:
            parts = policy.check_url(text)
        except AddressRefusedError as error:
            shown(str(error))
            continue
        assert parts.scheme == "https" or policy.allow_loopback
        host = (parts.hostname or "").partition("%")[0]
        with contextlib.suppress(ValueError):  # a name is no address
            assert is_public(ip_address(host)) or policy.allow_loopback
    parts_shown = shown_url(text)
    found = url_parts(text)
    if found is not None and len(found.query) > 3:
        assert f"?{found.query}" not in parts_shown
    place = path_of(text, media_root=HERE)
    assert place.path is None or place.path.is_absolute() or str(place.path)[1:2] == ":"  # a drive of Windows
    assert is_relative(text) in (True, False)
    try:
        assert load({"COMETAPI_CONFIG_DIR": "/nowhere", "COMETAPI_BASE_URL": text, "COMETAPI_KEY": "k"}).base_url
    except SettingsError as error:
        shown(str(error))


def _timeline(values: dict[str, object], name: str, marker: str) -> otio.schema.Timeline:
    """Return a timeline of one clip that holds *values* as metadata wherever metadata is read."""
    rate = 24.0
    span = otio.opentime.TimeRange(otio.opentime.RationalTime(0, rate), otio.opentime.RationalTime(48, rate))
    reference = otio.schema.ExternalReference("/nowhere/a.mov", span, metadata=values)
    clip = otio.schema.Clip(name, reference, span, metadata=values)
    note = otio.schema.Marker(name=marker, marked_range=span, metadata=values)
    clip.markers.append(note)
    track = otio.schema.Track("V1", [clip], kind=otio.schema.TrackKind.Video)
    made = otio.schema.Timeline("t", metadata=values)
    made.tracks.append(track)
    return made


def _survey(timeline: object, criteria: Criteria, sources: LookSources | None = None) -> list[str]:
    """Survey a timeline; return every text of it that people are shown."""
    try:
        found = survey(timeline, criteria=criteria, looks=sources or LookSources(), media_root=HERE)
    except EditorialError as error:
        _ours(error)
        return []
    return [text for clip in found.clips for text in (clip.name, clip.reason, *clip.warnings)]


def _look_at(timeline: object) -> None:
    for text in _survey(timeline, Criteria(("all", "meta:a.b=c", "marker:*"))):
        shown(text)
    assert timeline_text(timeline)


def _ours(error: CometError) -> None:
    """See that an error is one that was meant: a foreign one that the border caught in our own code is a finding."""
    shown(str(error))
    cause = error.__cause__
    if error.message.startswith(OUR_FIRST_LINE) and cause is not None:
        assert isinstance(cause, otio.exceptions.OTIOError | UnicodeError), repr(cause)


HARNESSES: dict[str, Harness] = {
    "wire": wire,
    "selection": selection,
    "looks": looks,
    "markers": markers,
    "metadata": metadata,
    "urls": urls,
}
"""Every harness by its name."""

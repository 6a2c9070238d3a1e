"""Reading and writing timelines, in any format that OpenTimelineIO has an adapter for."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Mapping
from contextlib import suppress
from inspect import signature
from pathlib import Path
from typing import Any

import opentimelineio as otio

from otio_cometapi.editorial.bundles import BUNDLES, write_bundle
from otio_cometapi.editorial.edl_dissolves import mend_addresses
from otio_cometapi.editorial.file_limits import check_file, check_text
from otio_cometapi.editorial.otio_errors import AdapterBorder, cause_of
from otio_cometapi.editorial.rates import snapped_rate
from otio_cometapi.editorial.write_losses import losses_of
from otio_cometapi.editorial.write_refusals import refused_clips
from otio_cometapi.errors import EditorialError, WrongUsageError, did_you_mean

_IN_FORMATS = frozenset(("edl", "xml", "aaf", "ale", "fcpxml", "xges", "ma", "mb", "svg"))
"""Suffixes whose adapters come with the extra `formats`."""

_WRITING_HOOKS = ("pre_adapter_write", "post_adapter_write")
_ANOTHER = "Choose another output, such as a file that ends with .otio."

_OTIOS_OWN = ("hook_function_argument_map", "media_linker_argument_map")
"""Arguments that OTIO takes for a studio's hooks, whatever the adapter."""

_RATE_ARGUMENT = {"cmx_3600": "rate", "ale": "fps"}
"""Adapters that must be told the rate, and the argument's name."""


def read_timeline(path: Path, *, rate: float | None = None, arguments: Mapping[str, object] | None = None) -> Any:
    """
    Read a timeline file with the adapter that OTIO finds for its suffix; no media linker runs.

    Args:
        path: The file (or bundle folder).
        rate: Frames per second for formats that name none (EDL, ALE); others ignore it.
        arguments: Further arguments for the adapter.

    Returns:
        A Timeline, or a collection where the file holds one.

    Raises:
        EditorialError: The file is missing, no adapter is installed, or its content cannot be read.
        WrongUsageError: The adapter has no such argument.
    """
    if not path.exists():
        raise EditorialError(f"could not read '{path}': no such file", next_step="Check the path of the timeline.")
    adapter = adapter_for(path, "read")
    options: dict[str, object] = dict(arguments or {})
    if rate is not None and adapter.name in _RATE_ARGUMENT:
        exact = snapped_rate(rate)
        options.setdefault(_RATE_ARGUMENT[adapter.name], float(exact) if exact else rate)
    check_file(path)
    _check_arguments(adapter, arguments or {})
    step = "Open it in the host that wrote it and export it again."
    if adapter.name in _RATE_ARGUMENT:
        step = "If the timeline is not at 24 frames per second, give its rate: --rate 25. Else export it again."
    with AdapterBorder(f"read '{path}'", next_step=step):
        found = adapter.read_from_file(
            os.fspath(path),
            media_linker_name=otio.media_linker.MediaLinkingPolicy.DoNotLinkMedia,
            **options,
        )
        known = _known(found, f"'{path}'")
        if adapter.name == "cmx_3600":
            mend_addresses(known)
    return known


def _check_arguments(adapter: Any, given: Mapping[str, object]) -> None:
    """See that an adapter has the arguments that it is to get, where its function lists them all."""
    if not given:
        return
    name = next((name for name in ("read_from_file", "read_from_string") if adapter.has_feature(name)), "")
    taken = signature(getattr(adapter.module(), name)).parameters.values() if name else ()
    if not taken or any(each.kind is each.VAR_KEYWORD for each in taken):
        return
    known = [each.name for each in taken][1:]  # the first is the file
    for word in given:
        if word not in known and word not in _OTIOS_OWN:
            there = f"It takes {', '.join(known)}." if known else "It takes none."
            raise WrongUsageError(
                f"the adapter {adapter.name} takes no argument '{word}'.{did_you_mean(word, known)}", next_step=there
            )


def adapter_for(path: Path, action: str) -> Any:
    """
    Return the adapter that OTIO finds for a file's suffix.

    Args:
        path: The file.
        action: ``"read"`` or ``"write"``, for the error's sentence.

    Raises:
        EditorialError: None is installed; names what to install where that helps.
    """
    suffix = path.suffix.lower().lstrip(".")
    try:
        return otio.adapters.from_filepath(os.fspath(path))
    except otio.exceptions.OTIOError as exc:
        if suffix in _IN_FORMATS:
            step = "Install it: pip install 'otio-cometapi[formats]'"
        else:
            known = ", ".join(sorted(otio.adapters.suffixes_with_defined_adapters()))
            step = f"The formats that can be used here are: {known}."
        kind = f".{suffix} files" if suffix else "files without a suffix"
        raise EditorialError(
            f"could not {action} '{path}': no adapter for {kind} is installed", next_step=step
        ) from exc


def _known(found: Any, what: str) -> Any:
    if isinstance(found, otio.core.SerializableObject) and not found.is_unknown_schema:
        return found
    raise EditorialError(
        f"could not read {what}: it holds no timeline", next_step="Export the timeline from the host as .otio."
    )


def write_timeline(
    timeline: Any,
    path: Path,
    *,
    arguments: Mapping[str, object] | None = None,
    media_root: Path | None = None,
) -> tuple[str, ...]:
    """
    Write a timeline under *path* in the format of its suffix; a file under that name is whole or the old one.

    Bundles (`.otioz`, `.otiod`) are written by this package, with all references, unless *arguments* ask for OTIO's.

    Args:
        timeline: What to write; not changed.
        path: The file to write.
        arguments: Arguments for the adapter.
        media_root: Where relative addresses begin that a bundle takes in; default: the folder of *path*.

    Returns:
        What this format loses of this timeline, each a sentence.

    Raises:
        EditorialError: The format cannot be written, or the place cannot.
    """
    adapter = adapter_for(path, "write")
    part = path.with_name(f".{path.stem[:100]}.{secrets.token_hex(4)}.part{path.suffix}")
    notes: tuple[str, ...] = ()
    try:
        if path.suffix.lower() in BUNDLES and not arguments:
            with AdapterBorder(f"write '{path}'", next_step=_ANOTHER):
                notes = write_bundle(timeline, part, media_root=media_root or path.absolute().parent)
        else:
            _write_by(adapter, timeline, part, path=path, arguments=dict(arguments or {}))
        if not part.exists():
            raise EditorialError(f"could not write '{path}': the adapter wrote no file", next_step=_ANOTHER)
        _in_place_of(part, path)
    finally:
        if part.is_file():
            with suppress(OSError):  # where it cannot be removed, the first error counts
                part.unlink(missing_ok=True)
        elif part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
    with AdapterBorder("read the timeline's clips"):
        return (*notes, *losses_of(timeline, path.suffix))


def _leaves_alone(adapter: Any) -> bool:
    """Tell whether a writer does not change what it is given: OTIO's own of JSON does not, others and hooks may."""
    return adapter.name == "otio_json" and not any(otio.hooks.scripts_attached_to(hook) for hook in _WRITING_HOOKS)


def _write_by(adapter: Any, timeline: Any, part: Path, *, path: Path, arguments: dict[str, object]) -> None:
    """Have an adapter write; where it fails at clips that it cannot hold, name them in the place of its own words."""
    try:
        with AdapterBorder(f"write '{path}'", next_step=_ANOTHER):
            # Adapters and hooks get the object itself and may change it.
            given = timeline if _leaves_alone(adapter) else timeline.clone()
            adapter.write_to_file(given, os.fspath(part), **arguments)
    except EditorialError as exc:
        refused = refused_clips(timeline, part, adapter, arguments)
        if not refused:
            raise
        step = "Take them out of the timeline, or choose another output, such as a file that ends with .otio."
        raise EditorialError(f"could not write '{path}': {refused}.", next_step=step) from exc


def _in_place_of(part: Path, path: Path) -> None:
    try:
        if part.is_file():
            with part.open("rb") as file:
                os.fsync(file.fileno())
        part.replace(path)
    except OSError as exc:
        raise EditorialError(
            f"could not write '{path}': {cause_of(exc)}", next_step="Choose an output that can be written."
        ) from exc


def timeline_text(timeline: Any) -> str:
    """
    Return a timeline as OTIO JSON; no hook runs.

    Raises:
        EditorialError: It holds something that JSON cannot.
    """
    with AdapterBorder("write the timeline as OTIO JSON"):
        return str(timeline.to_json_string())


def timeline_from_text(text: str) -> Any:
    """
    Return the timeline that `timeline_text` wrote; no hook runs.

    Raises:
        EditorialError: The text holds no timeline.
    """
    check_text(text)
    with AdapterBorder("read the timeline", next_step="Plan the timeline again."):
        return _known(otio.core.deserialize_json_from_string(text), "the timeline")


def content_sha256(timeline: Any) -> str:
    """Return a hash of everything that the timeline says, whatever file it came from."""
    return hashlib.sha256(timeline_text(timeline).encode()).hexdigest()

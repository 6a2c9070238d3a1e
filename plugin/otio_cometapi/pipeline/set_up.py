"""What is installed and set up here: packages, plugin, formats, codecs, settings, keys, models, books."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path

from otio_cometapi import __version__
from otio_cometapi.errors import CometError, sentence
from otio_cometapi.jobs.ledger_look import LedgerLook, ledger_at, ledger_of_job
from otio_cometapi.jobs.store import Store
from otio_cometapi.records import Model
from otio_cometapi.records.findings import Finding, Level
from otio_cometapi.settings import Settings, cache_folder, config_folder, data_folder, state_folder
from otio_cometapi.settings.key_store import KeySource
from otio_cometapi.settings.variables import VARIABLES

_EXTRAS = {
    "formats": "otio_fcpx_xml_adapter",
    "mock": "jsonschema",
    "review": "waitress",
    "keyring": "keyring",
    "color": "PyOpenColorIO",
    "shared": "psycopg",
    "publish": "obstore",
}
"""Extras, and a package that comes with each."""


def versions() -> Iterator[Finding]:
    """Say what runs here."""
    extras = ", ".join(extra for extra, package in _EXTRAS.items() if find_spec(package)) or "none"
    python = platform.python_version()
    said = f"otio-cometapi {__version__}, Python {python} on {sys.platform}; extras: {extras}."
    yield Finding("version", Level.OK, said)


def plugin() -> Iterator[Finding]:
    """Look whether OpenTimelineIO has found us."""
    from otio_cometapi.editorial.installation import installation  # noqa: PLC0415 - imports OTIO

    found = installation()
    if found.adapter and found.media_linker:
        said = f"OpenTimelineIO {found.otio_version} knows the adapter and the media linker 'cometapi'."
        yield Finding("plugin", Level.OK, said)
        return
    step = "Install the package into the Python that runs OTIO: pip install otio-cometapi."
    if found.hindrance:
        step = "Unset that variable."
    why = found.hindrance or "the package is not installed, only found on the path"
    said = f"OpenTimelineIO does not know the adapter 'cometapi': {why}. `otiocomet` works, `otioconvert` does not."
    yield Finding("plugin", Level.PROBLEM, said, step)


def formats() -> Iterator[Finding]:
    """Look which timelines can be read here."""
    from otio_cometapi.editorial.installation import FORMATS, installation  # noqa: PLC0415 - imports OTIO

    missing = installation().missing_formats
    if not missing:
        yield Finding("formats", Level.OK, f".otio, {', '.join(f'.{suffix}' for suffix in FORMATS)} can be read.")
        return
    names = ", ".join(f".{suffix} ({FORMATS[suffix]})" for suffix in missing)
    step = "Where you need one: pip install 'otio-cometapi[formats]'."
    yield Finding("formats", Level.NOTE, f"No adapter is installed for {names}.", step)


def codecs() -> Iterator[Finding]:
    """Look whether the codec library is whole."""
    step = "Install the wheel, which has them all: pip install --force-reinstall --only-binary av av."
    try:
        from otio_cometapi.media.codecs import missing_codecs  # noqa: PLC0415 - imports the codec library
    except ImportError as exc:
        yield Finding("codecs", Level.PROBLEM, f"The codec library cannot be loaded: {exc}.", step)
        return
    missing = missing_codecs()
    if missing:
        yield Finding("codecs", Level.PROBLEM, f"The codec library lacks {', '.join(missing)}.", step)
    else:
        yield Finding("codecs", Level.OK, "H.264, ProRes and DNxHR can be written, and what cameras write can be read.")


def variables(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Look for variables that look like ours and are not."""
    ours = [name for name in environment if name.startswith(("COMETAPI_", "COMET_API_", "COMETAPI"))]
    wrong = sorted(name for name in ours if name not in VARIABLES)
    for name in wrong:
        near = get_close_matches(name, VARIABLES, n=1)
        step = f"Did you mean {near[0]}?" if near else "Unset it; README.md lists those that there are."
        yield Finding("environment", Level.PROBLEM, f"{name} is set, and nothing reads it.", step)
    if not wrong:
        known = ", ".join(sorted(name for name in ours if environment[name])) or "none"
        yield Finding("environment", Level.OK, f"Variables that are set: {known}.")


def folders(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Look whether the user's own folders can be written, or made."""
    places = {
        "COMETAPI_CONFIG_DIR": config_folder(environment),
        "COMETAPI_DATA_DIR": data_folder(environment),
        "COMETAPI_STATE_DIR": state_folder(environment),
        "COMETAPI_CACHE_DIR": cache_folder(environment),
    }
    fine = True
    for variable, folder in places.items():
        standing = next((each for each in (folder, *folder.parents) if os.path.lexists(each)), folder)
        effective = os.access in os.supports_effective_ids
        if standing.is_dir() and os.access(standing, os.W_OK | os.X_OK, effective_ids=effective):
            continue
        fine = False
        why = "is not yours to write" if standing.is_dir() else "is no folder"
        step = f"Mend its permissions, or set {variable} to a folder that is yours."
        yield Finding("folders", Level.PROBLEM, f"{folder} cannot be used: {standing} {why}.", step)
    if fine:
        yield Finding("folders", Level.OK, "Configuration, index, book of the day and cache can be written.")


def keys(sources: Sequence[KeySource], folder: Path) -> Iterator[Finding]:
    """Say where the key comes from, and what is wrong with the places that hold one."""
    for source in sources:
        if source.problem:
            yield Finding("key", Level.PROBLEM, sentence(source.problem), source.next_step)
    used = next((source for source in sources if source.used), None)
    if used is None and not any(source.problem for source in sources):
        step = f"Make one in the service's console, then `otiocomet auth login`, or set COMETAPI_KEY. {_PRACTICE}"
        yield Finding("key", Level.PROBLEM, f"There is no API key: not in COMETAPI_KEY, {folder}, nor a keyring.", step)
    if used is None:
        return
    others = [source for source in sources if not source.used and not source.problem]
    differing = [source for source in others if not source.same]
    where = _named(used)
    if differing:
        told = ", ".join(_named(source) for source in differing)
        step = "Keep one: `otiocomet auth logout` drops file and keyring, or unset the variable."
        yield Finding("key", Level.NOTE, f"The key comes from {where}; another one in {told} is not used.", step)
    else:
        yield Finding("key", Level.OK, f"The key comes from {where}.")


_PRACTICE = "To practise without one: `otiocomet demo`."


def _named(source: KeySource) -> str:
    if source.where == source.place.value:
        return source.where
    return f"the {source.place.value} {source.where}" if not source.place.value.isupper() else f"{source.where}"


def model(name: str, models: Mapping[str, Model]) -> Finding:
    """Say what is known of the model that looks get where nothing names another."""
    known = models.get(name)
    if known is None:
        near = get_close_matches(name, models, n=1)
        step = f"Did you mean {near[0]}?" if near else "`otiocomet models` lists those that are known."
        return Finding("model", Level.NOTE, f"The usual model is {name}, which no table knows.", step)
    if known.reported_retired:
        others = ", ".join(each for each in models if not models[each].reported_retired)
        step = f"If the service refuses it, choose another: --model {others}; a refusal costs nothing."
        return Finding("model", Level.NOTE, f"The usual model is {name}. {known.reported_retired}", step)
    return Finding("model", Level.OK, f"The usual model is {name}.")


def ledgers(job: Path | None, settings: Settings, *, offline: bool) -> Iterator[Finding]:
    """Look at the job's ledger and at the server of shared ones, without changing anything."""
    try:
        if job is not None:
            look = ledger_of_job(job, url=settings.ledger_url)
            yield _ledger(look, f"The ledger of {job.name}")
        elif not settings.ledger_url:
            yield Finding("ledger", Level.OK, "Each job keeps its own; name a job to have it looked at.")
        if settings.ledger_url and offline:
            yield Finding("ledger", Level.LEFT_OUT, "The shared ledger was not asked: --offline.")
        elif settings.ledger_url:
            yield _ledger(ledger_at(settings.ledger_url), "The shared ledger")
    except CometError as exc:
        yield Finding("ledger", Level.PROBLEM, sentence(exc.message), exc.next_step)


def _ledger(look: LedgerLook, what: str) -> Finding:
    if look.new:
        said = f"{what}, {look.where}, was made by a newer version of otio-cometapi (schema {look.version})."
        return Finding("ledger", Level.PROBLEM, said, "Install that version or a later one.")
    if look.old:
        said = f"{what} has version {look.version} of its tables; the next command brings it to {look.current}."
        return Finding("ledger", Level.NOTE, said, "Copy the job folder first, if older installations use it as well.")
    return Finding("ledger", Level.OK, f"{what} can be read: {look.where}.")


def store(settings: Settings, *, offline: bool) -> Iterator[Finding]:
    """Look whether the store of outputs can be read."""
    if not settings.store:
        return
    if offline and "://" in settings.store:
        yield Finding("store", Level.LEFT_OUT, "The store was not asked: --offline.")
        return
    try:
        found = Store(settings.store)
        found.has("0" * 64)
    except CometError as exc:
        yield Finding("store", Level.PROBLEM, sentence(exc.message), exc.next_step or "Check COMETAPI_STORE.")
        return
    if "://" not in settings.store and not Path(settings.store).expanduser().is_dir():
        step = "Mount it, make it, or correct COMETAPI_STORE."
        yield Finding("store", Level.PROBLEM, f"The store {found.where} is no folder.", step)
        return
    yield Finding("store", Level.OK, f"The store of outputs can be read: {found.where}.")

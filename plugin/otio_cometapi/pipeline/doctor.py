"""Doctor: look at everything a first run stumbles over, and say of each mistake what to do next."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from otio_cometapi.clock import Clock, SystemClock
from otio_cometapi.comet.models import load_models
from otio_cometapi.comet.service_look import look_at_service
from otio_cometapi.comet.transport import proxies_for, trusted_certificates
from otio_cometapi.errors import ApiError, CometError, SettingsError, sentence
from otio_cometapi.pipeline import disk, set_up, verdict_on_service
from otio_cometapi.pipeline.host_doctor import in_short
from otio_cometapi.pipeline.host_places import Machine
from otio_cometapi.records.findings import Finding, Level
from otio_cometapi.settings import DEFAULT_MODEL, Settings, config_folder, load
from otio_cometapi.settings.config_file import CONFIG_NAME, configuration
from otio_cometapi.settings.key_store import key_sources


@dataclass(frozen=True, slots=True)
class Ward:
    """What is looked at."""

    job: Path | None = None
    """The job; None: no job's ledger is looked at."""
    work: Path = field(default_factory=Path.cwd)
    """The folder in which jobs and timelines are to be written."""
    offline: bool = False
    """Whether to leave out everything that needs a network."""
    variables: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    """The environment."""
    clock: Clock = field(default_factory=SystemClock)
    """What time it is here."""


def doctor(ward: Ward) -> tuple[Finding, ...]:
    """
    Look at everything, in the order in which a run would stumble over it. Nothing is changed, created or charged.

    One question goes to the service (with the key, to its host alone), and one to the shared ledger and the store
    where they are set; with `offline` none.
    """
    folder = config_folder(ward.variables)
    sources = key_sources(ward.variables, folder)
    settings, troubles = _settings(ward.variables)
    found = [*set_up.versions(), *set_up.plugin(), *set_up.formats(), *set_up.codecs()]
    found += [*troubles, *set_up.variables(ward.variables), *set_up.folders(ward.variables)]
    found += set_up.keys(sources, folder)
    found += _hosts(ward.variables)
    found += disk.disks(_job_disk(ward))
    if settings is None:
        return (*found, Finding("service", Level.LEFT_OUT, "Not asked: the settings have to be mended first."))
    found += _model(settings)
    found += _network_settings(settings)
    found += _books(ward, settings)
    if ward.offline:
        return (*found, Finding("service", Level.LEFT_OUT, "Not asked: --offline."))
    try:
        key = load(ward.variables).key
    except CometError:  # told above
        key = ""
    try:
        look = look_at_service(settings.base_url, key=key, clock=ward.clock)
    except CometError as exc:
        return (*found, _problem("service", exc))
    return (*found, *verdict_on_service.findings(look, has_key=bool(key), simulator=settings.loopback))


def _hosts(variables: Mapping[str, str]) -> Iterator[Finding]:
    try:
        machine = Machine(variables)
    except SettingsError:  # without a home folder no host's panel is there
        return
    yield from in_short(machine)


def _settings(variables: Mapping[str, str]) -> tuple[Settings | None, list[Finding]]:
    """Return the settings as far as they can be read, the key aside, and what is wrong with them."""
    folder = config_folder(variables)
    without_key = {**variables, "COMETAPI_KEY": "not-asked-for"}
    try:
        config = configuration(folder)
        settings = replace(load(without_key), key="")
    except CometError as exc:
        return None, [_problem("configuration", exc)]
    file = folder / CONFIG_NAME
    said = f"There is no {file}; the defaults hold."
    if file.is_file():
        said = f"{file} sets {', '.join(config) or 'nothing; the defaults hold'}."
    return settings, [Finding("configuration", Level.OK, said)]


def _problem(check: str, error: CometError) -> Finding:
    return Finding(check, Level.PROBLEM, sentence(error.message), error.next_step or "See `otiocomet config show`.")


def _job_disk(ward: Ward) -> Path:
    return ward.job.parent if ward.job else ward.work


def _model(settings: Settings) -> Iterable[Finding]:
    """Look at the model that looks get where nothing names one."""
    try:
        models = load_models(settings.models_file)
    except CometError as exc:
        return [_problem("model", exc)]
    name = str(settings.look_environment.get("model") or settings.look_defaults.get("model") or DEFAULT_MODEL)
    return [set_up.model(name, models)]


def _network_settings(settings: Settings) -> Iterable[Finding]:
    """Look at what the environment says of proxies and certificates."""
    try:
        bundle = trusted_certificates()
    except ApiError as exc:
        yield Finding(
            "certificates",
            Level.PROBLEM,
            sentence(exc.message),
            "Correct the variable, or unset it to trust the usual authorities.",
        )
    else:
        said = f"Trusted as in {bundle}." if isinstance(bundle, str) else "The usual authorities are trusted."
        yield Finding("certificates", Level.OK, said)
    yield verdict_on_service.proxy(proxies_for(settings.base_url), settings.base_url)


def _books(ward: Ward, settings: Settings) -> Iterable[Finding]:
    """Look at ledgers and store; those on a server are left out offline."""
    yield from set_up.ledgers(ward.job, settings, offline=ward.offline)
    yield from set_up.store(settings, offline=ward.offline)


def key_at_service(settings: Settings, *, clock: Clock | None = None) -> tuple[Finding, ...]:
    """
    Ask the service whether it takes the key; nothing is created or charged.

    Raises:
        SettingsError: Address or key cannot be used.
    """
    look = look_at_service(settings.base_url, key=settings.key, clock=clock or SystemClock())
    return verdict_on_service.findings(look, has_key=bool(settings.key), simulator=settings.loopback)

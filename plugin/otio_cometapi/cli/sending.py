"""Settings of the commands that send, with what their flags say, and what to know of it before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from otio_cometapi import settings as settings_module
from otio_cometapi.cli.flags import limited
from otio_cometapi.errors import tame
from otio_cometapi.pipeline.publish import unmapped
from otio_cometapi.settings import Settings


def sending_settings(flags: Mapping[str, Any], job: Path) -> Settings:
    """
    Return the settings with what flags say in their place; say on standard error which folder serves no clip of *job*.

    Raises:
        SettingsError: One cannot be read.
        WrongUsageError: A limit cannot be.
    """
    settings = limited(settings_module.load(), flags)
    for sentence in unmapped(settings, job):
        click.echo(tame(f"note: {sentence}"), err=True)
    return settings

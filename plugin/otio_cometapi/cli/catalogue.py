"""`otiocomet models`."""

from __future__ import annotations

import click

from otio_cometapi import settings as settings_module
from otio_cometapi.cli.doors import door, print_json
from otio_cometapi.cli.flags import JSON
from otio_cometapi.cli.tables import show_models
from otio_cometapi.pipeline.read import models as known_models
from otio_cometapi.records.plain import plain


@click.command()
@JSON
@door
def models(*, as_json: bool) -> int:
    """
    List the models, their limits and assumed prices.

    \b
    otiocomet models --json
    """
    found = known_models(settings_module.load())
    if as_json:
        print_json({"models": [plain(model) for model in found]})
    else:
        show_models(found)
    return 0

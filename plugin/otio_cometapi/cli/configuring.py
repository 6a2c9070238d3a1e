"""`otiocomet config`: the user's configuration, and where every setting comes from."""

from __future__ import annotations

import os

import click

from otio_cometapi import settings as settings_module
from otio_cometapi.cli.doors import door, print_json
from otio_cometapi.cli.drawing import Column, print_table
from otio_cometapi.cli.flags import JSON
from otio_cometapi.cli.sentences import line
from otio_cometapi.errors import WrongUsageError
from otio_cometapi.pipeline.options import Exit
from otio_cometapi.pipeline.written import put_text
from otio_cometapi.records.plain import plain
from otio_cometapi.settings.config_file import CONFIG_NAME, EXAMPLE
from otio_cometapi.settings.origins import origins

_COLUMNS = (Column("setting"), Column("value", text=True), Column("from", text=True))


@click.group()
def config() -> None:
    """
    Show the configuration file's place, every setting and where it comes from, or begin a file.

    \b
    otiocomet config path
    otiocomet config show
    """


@config.command()
@JSON
@door
def path(*, as_json: bool) -> int:
    """
    Print where the configuration file is looked for, whether there is one or not.

    \b
    otiocomet config path
    """
    file = settings_module.config_folder() / CONFIG_NAME
    if as_json:
        print_json({"path": str(file), "exists": file.is_file()})
    else:
        click.echo(str(file))
    return Exit.DONE


@config.command()
@JSON
@door
def show(*, as_json: bool) -> int:
    """
    Show every setting as it holds, and whether a variable, the file or the default says so. The key is not shown.

    \b
    otiocomet config show
    """
    found = origins(settings_module.load({**os.environ, "COMETAPI_KEY": "not-asked-for"}), os.environ)
    if as_json:
        print_json({"settings": [plain(each) for each in found]})
    else:
        print_table("Settings", _COLUMNS, [[each.name, each.value, each.source] for each in found])
    return Exit.DONE


@config.command()
@JSON
@door
def init(*, as_json: bool) -> int:
    """
    Begin a configuration file in which every line is a comment; one that stands is left alone.

    \b
    otiocomet config init
    """
    folder = settings_module.config_folder()
    file = folder / CONFIG_NAME
    if os.path.lexists(file):
        raise WrongUsageError(f"{file} stands already.", next_step="`otiocomet config show` says what it sets.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    put_text(file, EXAMPLE)
    if as_json:
        print_json({"path": str(file), "exists": True})
    else:
        line(f"Written: {file}. Take the # from a line to set it.")
    return Exit.DONE

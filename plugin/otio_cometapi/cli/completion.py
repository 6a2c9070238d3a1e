"""`otiocomet completion`: what a shell needs to complete commands, options and their values."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from otio_cometapi.cli.doors import door

SHELLS = ("bash", "zsh", "fish")

_MENDED = {
    "[-1] == loadautofunc ]]": "[-1] == (loadautofunc|shfunc) ]]",
    'string split ","': 'string split -m 1 ","',
}
"""
What click's scripts lack. In zsh they complete when they have just been read; a second tab would only register them
anew. In fish they would cut a description at its first comma.
"""


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@door
def completion(shell: str) -> int:
    """
    Print what makes a shell complete `otiocomet`: commands, options, models, hosts, files.

    \b
    otiocomet completion bash > ~/.local/share/bash-completion/completions/otiocomet
    otiocomet completion zsh > ~/.zfunc/_otiocomet        (a folder of your fpath)
    otiocomet completion fish > ~/.config/fish/completions/otiocomet.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    top = click.get_current_context().find_root().command
    maker = kind(top, {}, "otiocomet", "_OTIOCOMET_COMPLETE")
    text = maker.source_template % maker.source_vars()
    for theirs, ours in _MENDED.items():
        text = text.replace(theirs, ours)
    click.echo(text)
    return 0

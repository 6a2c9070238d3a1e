"""`otiocomet completion`: what a shell needs to complete commands, options and their values."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from otio_cometapi.cli.doors import door

SHELLS = ("bash", "zsh", "fish")

_ONCE, _ALWAYS = "[-1] == loadautofunc ]]", "[-1] == (loadautofunc|shfunc) ]]"
"""click's script for zsh completes when zsh has just read it; a second tab would only register it anew."""


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
    click.echo((maker.source_template % maker.source_vars()).replace(_ONCE, _ALWAYS))
    return 0

"""The command line: arguments in, tables and exit codes out. Nothing is decided here."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from otio_cometapi import __version__
from otio_cometapi.errors import did_you_mean

COMMANDS: dict[str, tuple[str, str]] = {
    "plan": ("planning", "Show what would be sent, at what price, and why the rest is left out."),
    "run": ("running", "Go the whole road: send the chosen clips and write the relinked timeline."),
    "export": ("running", "Plan a timeline into a job and cut its frames; sends nothing."),
    "submit": ("running", "Send what a job has ready. The only verb besides run and resume that spends."),
    "collect": ("running", "Follow a job's tasks and bring finished outputs home."),
    "relink": ("relinking", "Write a job's timeline with its finished takes; offline."),
    "restore": ("relinking", "Put the originals back, in a timeline whose host forgot them; offline."),
    "status": ("watching", "Show where every take of a job stands."),
    "resume": ("running", "Go on from wherever a job stood; nothing is sent twice."),
    "resolve": ("watching", "Decide on a take whose fate only a person can know."),
    "review": ("reviewing", "Look at a job's takes beside their originals, and decide; what is approved is relinked."),
    "judge": ("judging", "Say what you think of a take: approve, reject, choose; `relink` goes by it."),
    "cancel": ("cancelling", "Stop what was not sent; with --remote, also tasks that wait at the service."),
    "report": ("reporting", "List every clip and take with timecodes, look, task, state and cost."),
    "strip": ("picturing", "Draw a job's timeline: what was replaced, waits, failed and was left out."),
    "clean": ("housekeeping", "Say what a job can do without, by kind, and remove it when told to."),
    "move": ("housekeeping", "Bring a job to another place, so that everything still links."),
    "farm": ("farming", "One job on a render farm: a template for it, and the steps that it runs."),
    "models": ("catalogue", "List the models, their limits and assumed prices."),
    "auth": ("account", "Keep the API key, say where it comes from, or forget it."),
    "config": ("configuring", "Show where every setting comes from."),
    "host": ("hosting", "Put a panel into Blender or DaVinci Resolve, look at it, take it away."),
    "doctor": ("health", "Look at everything that a first run stumbles over, and say what to do next."),
    "completion": ("completion", "Print what makes bash, zsh or fish complete commands."),
    "mock": ("simulator", "Start the simulator of the service on this machine."),
    "demo": ("simulator", "Show the whole road against the simulator, with pictures it makes itself."),
}
"""Every command: the module that holds it, and its line in the help."""


_WANTS_JSON = "otiocomet.wants_json"


class LazyGroup(click.Group):
    """Imports a command's module when the command is called, so that `--help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Name the commands in the order of the road."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command, from its module."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"otio_cometapi.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, cmd_name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Complete the command's name without importing the commands."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only for shells

        found = [CompletionItem(name, help=line) for name, (_, line) in COMMANDS.items() if name.startswith(incomplete)]
        return [*found, *(click.Command.shell_complete(self, ctx, incomplete))]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take note of whether an object is wanted, since a command that is called wrongly never learns it."""
        ctx.meta[_WANTS_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; wrong usage and Ctrl-C before it has begun end as they do in it."""
        try:
            return super().invoke(ctx)
        except click.UsageError as exc:
            if ctx.meta[_WANTS_JSON]:
                from otio_cometapi.cli.doors import print_problem  # noqa: PLC0415 - imports settings and more

                print_problem(exc.format_message(), code=2)
            raise
        except KeyboardInterrupt:
            click.echo("\notiocomet: interrupted; nothing was begun.", err=True)
            ctx.exit(130)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was probably meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = did_you_mean(args[0], COMMANDS)
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="otiocomet")
def cli() -> None:
    """
    Send clips of a timeline through an AI video model and get the timeline back, frame for frame.

    \b
    otiocomet demo                                  see it work, offline
    otiocomet plan edit.otio                        what would be sent, and its price
    otiocomet run edit.otio -o relinked.otio        do it

    Exit codes: 0 all done; 1 nothing could be done; 2 wrong usage; 3 partly done, or something waits for a
    person; 4 stopped for money; 130 interrupted.
    """


def main() -> None:
    """Run the command line."""
    cli(prog_name="otiocomet")

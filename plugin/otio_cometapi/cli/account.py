"""`otiocomet auth`: where the key is kept. It is never printed."""

from __future__ import annotations

import os
import sys

import click

from otio_cometapi import settings as settings_module
from otio_cometapi.cli.doors import door, print_json
from otio_cometapi.cli.flags import JSON
from otio_cometapi.cli.health import show_findings
from otio_cometapi.cli.sentences import line
from otio_cometapi.errors import WrongUsageError
from otio_cometapi.pipeline.doctor import key_at_service
from otio_cometapi.pipeline.options import Exit
from otio_cometapi.records.findings import Finding, Level
from otio_cometapi.records.plain import plain
from otio_cometapi.settings import key_store
from otio_cometapi.settings.key_store import KeyPlace, KeySource


@click.group()
def auth() -> None:
    """
    Keep the API key, say where it comes from, or forget it. It is never printed.

    The key comes from the first of these that has one: the variable COMETAPI_KEY; the file that COMETAPI_KEY_FILE
    names; the file `key` in the configuration folder; the keyring.

    \b
    otiocomet auth login
    otiocomet auth status --check
    """


@auth.command()
@click.option("--file", "as_file", is_flag=True, help="Keep it in a file of the configuration folder, mode 600.")
@JSON
@door
def login(*, as_file: bool, as_json: bool) -> int:
    """
    Keep the API key: in the keyring where there is one, else in a file that only you can read.

    The key is asked for without being shown, or read from standard input. A key that was kept before is replaced.

    \b
    otiocomet auth login
    pass show comet | otiocomet auth login --file
    """
    key = _key_from_person() if sys.stdin.isatty() else sys.stdin.readline(8192)
    if not key.strip():
        raise WrongUsageError("no key was given; nothing has changed.", next_step="Type it, or pipe it in.")
    folder = settings_module.config_folder()
    if as_file or not key_store.keyring_name():
        where = f"the file {key_store.keep_in_file(key.strip(), folder)}"
    else:
        where = f"the keyring ({key_store.keep_in_keyring(key.strip(), folder)})"
    sources = key_store.key_sources(os.environ, folder)
    first = sources[0] if sources else None
    stronger = first if first and first.place in (KeyPlace.VARIABLE, KeyPlace.NAMED_FILE) else None
    if as_json:
        print_json({"kept_in": where, "sources": [plain(each) for each in sources]})
        return Exit.DONE
    line(f"The key is kept in {where}.")
    if stronger:
        line(f"note: {stronger.place} is set and wins over it; unset it to use the key that is kept.")
    else:
        line("`otiocomet auth status --check` asks the service whether it takes it.")
    return Exit.DONE


def _key_from_person() -> str:
    try:
        typed: str = click.prompt("API key", hide_input=True, default="", show_default=False, err=True)
    except click.Abort as exc:
        raise KeyboardInterrupt from exc
    return typed


@auth.command()
@click.option("--check", is_flag=True, help="Ask the service whether it takes the key; costs nothing.")
@JSON
@door
def status(*, check: bool, as_json: bool) -> int:
    """
    Say where the key comes from, and which places hold another. Asks nothing of the service but with --check.

    Exit code 0 where there is a key (with --check: which the service takes), else 1.

    \b
    otiocomet auth status
    otiocomet auth status --check
    """
    sources = key_store.key_sources(os.environ, settings_module.config_folder())
    used = next((each for each in sources if each.used), None)
    findings: tuple[Finding, ...] = ()
    if check and used:
        findings = key_at_service(settings_module.load())
    good = bool(used) and not any(each.level is Level.PROBLEM for each in findings)
    if as_json:
        print_json(
            {
                "key": used is not None,
                "sources": [plain(each) for each in sources],
                "findings": [plain(each) for each in findings],
                "exit": int(Exit.DONE if good else Exit.NOTHING),
            }
        )
        return Exit.DONE if good else Exit.NOTHING
    for source in sources:
        line(_described(source))
    if not sources:
        line("There is no API key. `otiocomet auth login` keeps one.")
    show_findings(findings)
    return Exit.DONE if good else Exit.NOTHING


def _described(source: KeySource) -> str:
    name = source.place.value if source.where == source.place.value else f"{source.place.value} ({source.where})"
    if source.problem:
        return f"{name}: cannot be used, {source.problem}. {source.next_step}"
    if source.used:
        return f"{name}: used."
    return f"{name}: not used; {'the same key' if source.same else 'another key'}."


@auth.command()
@JSON
@door
def logout(*, as_json: bool) -> int:
    """
    Forget the key: out of the configuration folder and the keyring.

    What a variable holds, or the file that COMETAPI_KEY_FILE names, is yours to remove, and is named.

    \b
    otiocomet auth logout
    """
    folder = settings_module.config_folder()
    gone = key_store.forget(folder)
    left = [each for each in key_store.key_sources(os.environ, folder) if each.place is not KeyPlace.KEYRING]
    if as_json:
        print_json({"forgotten": list(gone), "sources": [plain(each) for each in left]})
        return Exit.DONE
    for place in gone:
        line(f"Forgotten: {place}.")
    if not gone:
        line("Neither the configuration folder nor the keyring held a key.")
    for source in left:
        line(f"note: {source.place} still gives one; remove it yourself.")
    return Exit.DONE

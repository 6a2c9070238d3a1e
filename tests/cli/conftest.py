"""A person's own folders, without a key, and the command line in this process."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from otio_cometapi.cli import cli

Called = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield a person's place: no key, no keyring, no proxy; the work lies beside it."""
    import keyring
    from keyring.backends.fail import Keyring as NoKeyring

    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("COMETAPI_CONFIG_DIR", str(tmp_path / "config"))
    for name in [each for each in os.environ if each.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    yield tmp_path
    keyring.set_keyring(before)


@pytest.fixture
def called(home: Path) -> Called:
    """Return a function that runs a command in this process, with a pipe for its input and output."""

    def call(*arguments: str, given: str = "") -> Result:
        return CliRunner().invoke(cli, list(arguments), input=given, prog_name="otiocomet")

    return call

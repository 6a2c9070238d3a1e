"""`auth` and `config`: where the key is kept, which place wins, and that nobody ever sees it."""

from __future__ import annotations

import json
import os
import pty
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from otio_cometapi import settings
from support import road
from support.folder_keyring import FolderKeyring
from support.gateway import Said, hosts
from support.host_process import script

Called = Callable[..., Result]
KEY = "sk-very-secret-123"
OTHER = "sk-another-456"


@pytest.fixture
def with_keyring(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Yield the folder of a keyring that works."""
    import keyring

    folder = home / "keyring"
    folder.mkdir()
    before = keyring.get_keyring()
    monkeypatch.setenv("TEST_KEYRING", str(folder))
    keyring.set_keyring(FolderKeyring())
    yield folder
    keyring.set_keyring(before)


def test_login_without_a_keyring_keeps_a_file_of_the_owner_alone(called: Called, home: Path) -> None:
    """The key from a pipe stands in a file of mode 600 in a folder of mode 700; it is loaded, and not printed."""
    done = called("auth", "login", given=f"{KEY}\n")
    file = home / "config" / "key"
    assert done.exit_code == 0, done.output
    assert str(file) in done.output
    assert KEY not in done.output
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert settings.load().key == KEY


def test_login_prefers_the_keyring_and_drops_the_file_that_would_win(called: Called, with_keyring: Path) -> None:
    """A key that was in the file before is gone from there, since it would win over the new one."""
    called("auth", "login", "--file", given=OTHER)
    done = called("auth", "login", given=KEY)
    assert "keyring (test keyring)" in done.output
    assert settings.load().key == KEY
    assert not (with_keyring.parent / "config" / "key").exists()


def test_login_to_a_file_drops_the_keyrings_key(called: Called, with_keyring: Path) -> None:
    """One key is kept, in one place."""
    called("auth", "login", given=OTHER)
    called("auth", "login", "--file", given=KEY)
    assert list(with_keyring.iterdir()) == []
    assert settings.load().key == KEY


def test_a_login_says_what_wins_over_it(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """With COMETAPI_KEY set the key that is kept is not used, and that is told."""
    monkeypatch.setenv("COMETAPI_KEY", OTHER)
    done = called("auth", "login", given=KEY)
    assert "COMETAPI_KEY is set and wins over it" in done.output
    assert OTHER not in done.output


@pytest.mark.parametrize(("given", "code"), [("", 2), ("\n", 2), ("Bearer sk-1 2\n", 1)])
def test_what_is_no_key_is_not_kept(called: Called, home: Path, given: str, code: int) -> None:
    """Nothing, or a text with blanks, changes nothing, and is not shown."""
    done = called("auth", "login", given=given)
    assert done.exit_code == code
    assert not (home / "config" / "key").exists()
    assert "sk-1" not in done.output


def test_a_typed_key_is_not_echoed(home: Path) -> None:
    """On a terminal the key is asked for, and what is typed does not appear."""
    ours, theirs = pty.openpty()
    environment = {**road.environment(base_url="https://api.example.com", home=home), "COMETAPI_KEY": ""}
    environment["COMETAPI_CONFIG_DIR"] = str(home / "config")
    environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
    process = subprocess.Popen(
        [script("otiocomet"), "auth", "login"], stdin=theirs, stdout=theirs, stderr=theirs, env=environment
    )
    os.close(theirs)
    shown = b""
    while b"API key" not in shown:
        shown += os.read(ours, 1024)
    os.write(ours, f"{KEY}\n".encode())
    while True:
        try:
            piece = os.read(ours, 1024)
        except OSError:  # the terminal's other end is closed
            break
        shown += piece
        if not piece:
            break
    os.close(ours)
    assert process.wait(30) == 0, shown
    assert KEY.encode() not in shown
    assert (home / "config" / "key").read_text() == f"{KEY}\n"


def test_status_names_every_place_and_which_wins(
    called: Called, with_keyring: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three places hold keys: the order is told, and which of the others hold the same."""
    called("auth", "login", given=KEY)
    (home / "config").mkdir(exist_ok=True)
    (home / "config" / "key").write_text(OTHER)
    (home / "config" / "key").chmod(0o600)
    monkeypatch.setenv("COMETAPI_KEY", KEY)
    said = json.loads(called("auth", "status", "--json").output)
    assert [(each["place"], each["used"], each["same"]) for each in said["sources"]] == [
        ("COMETAPI_KEY", True, True),
        ("key file", False, False),
        ("keyring", False, True),
    ]
    shown = called("auth", "status").output
    assert "COMETAPI_KEY: used." in shown
    assert "not used; another key" in shown
    assert KEY not in shown + json.dumps(said)
    assert OTHER not in shown + json.dumps(said)


def test_a_named_file_that_is_missing_is_told_and_nothing_else_is_used(
    called: Called, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wrong COMETAPI_KEY_FILE stands in the way of the file below it, as it does for every command."""
    called("auth", "login", given=KEY)
    monkeypatch.setenv("COMETAPI_KEY_FILE", str(home / "nothing"))
    done = called("auth", "status")
    assert done.exit_code == 1
    assert "is not there. Correct COMETAPI_KEY_FILE" in done.output
    assert "used." not in done.output.replace("not used", "")


def test_status_without_a_key_says_what_keeps_one(called: Called) -> None:
    """Exit code 1, and the command to type."""
    done = called("auth", "status")
    assert done.exit_code == 1
    assert "otiocomet auth login" in done.output


def test_logout_forgets_both_places_and_names_the_rest(
    called: Called, with_keyring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File and keyring are empty after it; the variable is the person's own."""
    called("auth", "login", given=KEY)
    monkeypatch.setenv("COMETAPI_KEY", OTHER)
    done = called("auth", "logout")
    assert "Forgotten: test keyring." in done.output
    assert "COMETAPI_KEY still gives one" in done.output
    assert list(with_keyring.iterdir()) == []


@pytest.mark.parametrize(("status", "words", "code"), [(401, "refuses the key", 1), (404, "takes the key", 0)])
def test_status_asks_the_service_only_when_told_to(
    called: Called, monkeypatch: pytest.MonkeyPatch, status: int, words: str, code: int
) -> None:
    """Without --check no request is made; with it one, a GET, and the answer is told."""
    monkeypatch.setenv("COMETAPI_KEY", KEY)
    with hosts(lambda _: Said.json(status, {"error": "as it is"})) as (host,):
        monkeypatch.setenv("COMETAPI_BASE_URL", host.url)
        assert called("auth", "status").exit_code == 0
        assert host.asked == []
        done = called("auth", "status", "--check")
        assert [each.method for each in host.asked] == ["GET"]
        assert host.asked[0].header("authorization") == f"Bearer {KEY}"
    assert (done.exit_code, words in done.output) == (code, True), done.output


def test_config_path_and_init(called: Called, home: Path) -> None:
    """`path` tells where the file is looked for; `init` makes it once, and every line of it is a comment."""
    file = home / "config" / "config.toml"
    assert called("config", "path").output == f"{file}\n"
    assert called("config", "init").exit_code == 0
    assert all(not line or line.startswith("#") for line in file.read_text().splitlines())
    assert settings.load().budget == ""
    assert called("config", "init").exit_code == 2


def test_the_example_configuration_is_right(called: Called, home: Path) -> None:
    """With its # taken away every line of the file that `init` writes is taken."""
    called("config", "init")
    file = home / "config" / "config.toml"
    lines = [line.removeprefix("# ") for line in file.read_text().splitlines()]
    texts = [line.partition("   ")[0].rstrip() for line in lines]
    file.write_text("\n".join(texts))
    assert called("config", "show").exit_code == 0, file.read_text()


def test_config_show_says_where_every_setting_comes_from(
    called: Called, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Variable, file and default are told apart; neither key nor password is shown."""
    (home / "config").mkdir()
    (home / "config" / "config.toml").write_text('budget = "20usd"\n[defaults]\nmodel = "aleph2"\n')
    monkeypatch.setenv("COMETAPI_DAY_LIMIT", "60s")
    monkeypatch.setenv("COMETAPI_KEY", KEY)
    monkeypatch.setenv("COMETAPI_LEDGER_URL", "postgresql://me:hidden@db.example:5432/comet?x=hidden")
    text = called("config", "show", "--json").output
    found = {each["name"]: (each["value"], each["source"]) for each in json.loads(text)["settings"]}
    assert found["budget"] == ("20usd", str(home / "config" / "config.toml"))
    assert found["day_limit"] == ("60s", "COMETAPI_DAY_LIMIT")
    assert found["defaults.model"] == ("aleph2", str(home / "config" / "config.toml"))
    assert found["base_url"] == ("https://api.cometapi.com", "default")
    assert found["ledger_url"][0] == "postgresql://db.example:5432/comet"
    assert "hidden" not in text
    assert KEY not in text

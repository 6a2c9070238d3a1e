"""Settings: which source wins, what is refused, and that the key never shows."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

import pytest

from otio_cometapi.errors import SettingsError
from otio_cometapi.settings import DEFAULT_BASE_URL, Settings, is_loopback, keys, load

KEY = "sk-very-secret-123"


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's own keyring out of the tests."""
    monkeypatch.setattr(keys, "keyring_key", lambda: "")


def loaded(folder: Path, config: str | None = None, **variables: str) -> Settings:
    """Load the settings of a configuration folder and variables."""
    if config is not None:
        (folder / "config.toml").write_text(config, "utf-8")
    places = {f"COMETAPI_{name.upper()}_DIR": str(folder / name) for name in ("data", "cache")}
    return load({"COMETAPI_CONFIG_DIR": str(folder), **places, **variables})


def key_file(path: Path, key: str = KEY) -> Path:
    """Write a key as its owner keeps it."""
    path.write_text(f"{key}\n")
    path.chmod(0o600)
    return path


def test_defaults_stand_without_anything(tmp_path: Path) -> None:
    """No configuration and no variable: the service's address, no key, nothing sent by OTIO's tools."""
    assert loaded(tmp_path) == Settings(data_dir=tmp_path / "data", cache_dir=tmp_path / "cache")
    assert Settings().base_url == DEFAULT_BASE_URL
    assert not Settings().adapter_submits


def test_the_configuration_is_over_the_defaults(tmp_path: Path) -> None:
    """What the user's file says counts."""
    config = 'base_url = "https://c.example/"\nallowed_media_roots = ["/a:b", "/c"]\n[defaults]\nmodel = "aleph2"\n'
    found = loaded(tmp_path, config)
    assert found.base_url == "https://c.example"
    assert found.look_defaults == {"model": "aleph2"}
    assert found.allowed_media_roots == (Path("/a:b"), Path("/c"))


def test_the_environment_is_over_the_configuration(tmp_path: Path) -> None:
    """Variables win over the user's file; looks keep both, for their own order."""
    config = 'base_url = "https://c.example"\nallowed_media_roots = ["/c"]\n[defaults]\nmodel = "aleph2"\n'
    found = loaded(
        tmp_path,
        config,
        COMETAPI_BASE_URL="https://e.example",
        COMETAPI_MODEL="gen4_aleph",
        COMETAPI_ALLOWED_MEDIA_ROOTS=f"/e{os.pathsep}/f",
        COMETAPI_ADAPTER_SUBMIT="1",
    )
    assert found.base_url == "https://e.example"
    assert (found.look_environment, found.look_defaults) == ({"model": "gen4_aleph"}, {"model": "aleph2"})
    assert found.allowed_media_roots == (Path("/e"), Path("/f"))
    assert found.adapter_submits


@pytest.mark.parametrize("name", ["BASE_URL", "KEY", "MODEL", "ALLOWED_MEDIA_ROOTS", "ADAPTER_SUBMIT"])
def test_an_empty_variable_is_none(tmp_path: Path, name: str) -> None:
    """A variable that is set to nothing changes nothing."""
    assert loaded(tmp_path, **{f"COMETAPI_{name}": ""}) == loaded(tmp_path)


@pytest.mark.parametrize("value", ["0", "true", "yes", " 1"])
def test_only_1_lets_otios_tools_send(tmp_path: Path, value: str) -> None:
    """Nothing but the documented word spends money."""
    assert not loaded(tmp_path, COMETAPI_ADAPTER_SUBMIT=value).adapter_submits


def test_the_models_file_is_found_beside_the_configuration(tmp_path: Path) -> None:
    """The user's model table lies in the same folder."""
    (tmp_path / "models.toml").touch()
    assert loaded(tmp_path).models_file == tmp_path / "models.toml"


# -- the key


def test_the_key_comes_from_the_environment_first(tmp_path: Path) -> None:
    """The variable wins over the file; blanks around it are none of it."""
    key_file(tmp_path / "key", "of-the-file")
    assert loaded(tmp_path, COMETAPI_KEY=f" {KEY}\n").key == KEY


def test_the_key_comes_from_its_file(tmp_path: Path) -> None:
    """Without the variable the file counts, without its line break."""
    key_file(tmp_path / "key")
    assert loaded(tmp_path).key == KEY


def test_the_file_that_is_named_is_taken(tmp_path: Path) -> None:
    """COMETAPI_KEY_FILE stands before the file of the configuration folder, and behind COMETAPI_KEY."""
    key_file(tmp_path / "key", "of-the-folder")
    named = key_file(tmp_path / "secret")
    assert loaded(tmp_path, COMETAPI_KEY_FILE=str(named)).key == KEY
    assert loaded(tmp_path, COMETAPI_KEY_FILE=str(named), COMETAPI_KEY="of-the-variable").key == "of-the-variable"


def test_a_named_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A wrong COMETAPI_KEY_FILE is told; no other key is taken in its place."""
    key_file(tmp_path / "key")
    with pytest.raises(SettingsError, match=r"not there.*COMETAPI_KEY_FILE"):
        loaded(tmp_path, COMETAPI_KEY_FILE=str(tmp_path / "nothing"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o606, 0o620, 0o777])
def test_a_key_file_that_is_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    """Whoever else may read or change the user's file, its mode and the command that closes it are told; no key is."""
    key_file(tmp_path / "key").chmod(mode)
    with pytest.raises(SettingsError, match=f"mode {mode:03o}.*chmod 600") as caught:
        loaded(tmp_path)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o700])
def test_a_key_file_of_the_owner_alone_is_taken(tmp_path: Path, mode: int) -> None:
    """Every mode that shuts others out will do."""
    key_file(tmp_path / "key").chmod(mode)
    assert loaded(tmp_path).key == KEY


def test_a_key_through_a_pipe_is_taken(tmp_path: Path) -> None:
    """What a password store writes into a pipe (`COMETAPI_KEY_FILE=<(pass show comet)`) is as good as a file."""
    reader, writer = os.pipe()
    os.write(writer, f"{KEY}\n".encode())
    os.close(writer)
    try:
        assert loaded(tmp_path, COMETAPI_KEY_FILE=f"/dev/fd/{reader}").key == KEY
    finally:
        os.close(reader)


@pytest.mark.parametrize("content", [b"k" * 5000, b"\xff\xfe secret"], ids=["endless", "no text"])
def test_a_file_that_holds_no_key_is_refused_without_being_shown(tmp_path: Path, content: bytes) -> None:
    """A file that is too large or no text is named; nothing of its content is, in the chain of causes neither."""
    path = key_file(tmp_path / "key")
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="key file") as caught:
        loaded(tmp_path)
    shown = "".join(traceback.format_exception(caught.value))
    assert "kkkk" not in shown
    assert "secret" not in shown


def test_the_key_comes_from_the_keyring_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without variable and file the keyring is asked."""
    monkeypatch.setattr(keys, "keyring_key", lambda: KEY)
    assert loaded(tmp_path).key == KEY


def test_a_key_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """The error names the file and the next step."""
    (tmp_path / "key").mkdir()
    with pytest.raises(SettingsError, match=r"key file .* cannot be read.*permissions"):
        loaded(tmp_path)


def test_the_key_never_shows(tmp_path: Path) -> None:
    """Neither repr nor str tells it."""
    found = loaded(tmp_path, COMETAPI_KEY=KEY)
    assert found.key == KEY
    assert KEY not in repr(found) + str(found)


@pytest.mark.parametrize("key", [f"Bearer {KEY}", f"{KEY}\nX-Other: 1", f"“{KEY}”", f"{KEY}\x00"], ids=ascii)
def test_a_key_that_cannot_travel_is_refused_without_being_shown(tmp_path: Path, key: str) -> None:
    """A wrongly pasted key is an error of words, before any header is made of it."""
    with pytest.raises(SettingsError, match="holds blanks or characters") as caught:
        loaded(tmp_path, COMETAPI_KEY=key)
    assert KEY not in str(caught.value)


# -- the address


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080",
        "http://127.0.0.1:8080",
        "http://127.9.9.9",
        "http://[::1]:8080",
        "https://api.example",
        "https://api.example/runwayml",
    ],
)
def test_safe_addresses_are_taken(tmp_path: Path, url: str) -> None:
    """Https anywhere, plain http on this machine; a trailing slash is dropped."""
    assert loaded(tmp_path, COMETAPI_BASE_URL=f" {url}/ ").base_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example",
        "http://10.0.0.1",
        "http://localhost.example",
        "http://127.0.0.1.example",
        "http://0.0.0.0",
        "http://[::ffff:8.8.8.8]",
    ],
)
def test_plain_http_is_for_this_machine_only(tmp_path: Path, url: str) -> None:
    """The key never travels in the clear."""
    with pytest.raises(SettingsError, match=r"in the clear.*Use https"):
        loaded(tmp_path, COMETAPI_BASE_URL=url)


@pytest.mark.parametrize(
    "url",
    [
        "api.example",
        "ftp://api.example",
        "https://",
        "https://user:hidden@api.example",
        "https://@api.example",
        "https://[::1",
        "https://api.example:port",
        "https://api.example/?key=hidden",
        "https://api.example/#hidden",
        "file:///hidden",
    ],
)
def test_what_is_no_address_is_refused_without_being_shown(tmp_path: Path, url: str) -> None:
    """An address that may hold a password is not repeated in the error."""
    with pytest.raises(SettingsError, match=r"is not an address.*https://api\.cometapi\.com") as caught:
        loaded(tmp_path, COMETAPI_BASE_URL=url)
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://LOCALHOST:1", True),
        ("http://[::1]", True),
        ("https://127.0.0.1", True),
        ("http://[::1", False),
        ("nothing", False),
        ("http://192.168.0.1", False),
    ],
)
def test_loopback_is_told_from_the_host_alone(url: str, expected: bool) -> None:
    """Names and numbers of this machine, and nothing else."""
    assert is_loopback(url) is expected
    assert Settings(base_url=url).loopback is expected


# -- a configuration that is wrong


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("base_url = ", r"config\.toml cannot be read"),
        ("base_url = 5", "is not an address"),
        ("defaults = 5", r"defaults in .*config\.toml is not a table of prompt, model"),
        ('# mine\n\n[defaults]\nprmpt = "x"', r"line 4: \[defaults\] knows no 'prmpt'; did you mean 'prompt'"),
        ('bugdet = "20usd"', r"line 1: there is no 'bugdet'; did you mean 'budget'"),
        (
            'base_url = "https://a.example"\n"day limit" = "1usd"',
            "line 2: there is no 'day limit'; did you mean 'day_limit'",
        ),
        ('[default]\nmodel = "aleph2"', "line 1: there is no 'default'; did you mean 'defaults'"),
        ('budget = "1usd"\nmodel = "aleph2"', r"line 2: there is no 'model'; looks stand below \[defaults\]: model = "),
        ('key = "sk-secret"', "the API key does not belong here: `otiocomet auth login` keeps it"),
        ("xyzzy = 1", "there is no 'xyzzy'; there are base_url, budget"),
        ('allowed_media_roots = "/a"', "allowed_media_roots in .* is not a list of texts"),
        ("allowed_media_roots = [1]", "allowed_media_roots in .* is not a list of texts"),
    ],
)
def test_a_broken_configuration_is_refused(tmp_path: Path, config: str, words: str) -> None:
    """The error names the file and what is wrong with it."""
    with pytest.raises(SettingsError, match=words):
        loaded(tmp_path, config)


def test_a_configuration_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """Bytes that are no UTF-8 are told as such."""
    (tmp_path / "config.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read"):
        loaded(tmp_path)

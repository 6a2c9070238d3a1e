"""The store: outputs by content, whole or not at all."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import fsspec
import pytest

from otio_cometapi.errors import JobError, MissingExtraError, SettingsError
from otio_cometapi.jobs import store as stores
from otio_cometapi.jobs.store import Store

CONTENT = b"picture" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Return a file that looks like an output."""
    path = tmp_path / "output.mp4"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture(params=["a folder", "a URL"])
def store(tmp_path: Path, request: pytest.FixtureRequest) -> Store:
    """Return an empty store of each kind."""
    if request.param == "a folder":
        return Store(str(tmp_path / "store"))
    return Store(f"memory://{tmp_path.name}/store")


def test_a_content_comes_out_as_it_went_in(store: Store, output: Path, tmp_path: Path) -> None:
    """It is known by its SHA-256, and by nothing else."""
    assert not store.has(SHA256)
    assert store.put(output) == SHA256
    assert store.has(SHA256)
    assert store.get(SHA256, tmp_path / "in" / "copy.mp4")
    assert (tmp_path / "in" / "copy.mp4").read_bytes() == CONTENT


def test_the_same_content_is_kept_once(store: Store, output: Path) -> None:
    """A second job that brings it writes nothing."""
    store.put(output)
    store.put(output)
    assert store.has(SHA256)


def test_what_is_not_there_is_no_error(store: Store, tmp_path: Path) -> None:
    """The caller looks elsewhere, and no file appears."""
    assert not store.get("ab" * 32, tmp_path / "copy.mp4")
    assert not store.get("", tmp_path / "copy.mp4")
    assert not (tmp_path / "copy.mp4").exists()


def test_another_content_than_its_name_says_is_refused(output: Path, tmp_path: Path) -> None:
    """A damaged file of the store never becomes an output."""
    store = Store(str(tmp_path / "store"))
    store.put(output)
    (tmp_path / "store" / SHA256[:2] / f"{SHA256}.mp4").write_bytes(b"damaged")
    with pytest.raises(JobError, match="another content"):
        store.get(SHA256, tmp_path / "copy.mp4")
    assert not (tmp_path / "copy.mp4").exists()
    assert list(tmp_path.glob(".*.part")) == []


def test_a_damaged_file_is_written_anew(output: Path, tmp_path: Path) -> None:
    """Who has the content mends the store."""
    store = Store(str(tmp_path / "store"))
    store.put(output)
    (tmp_path / "store" / SHA256[:2] / f"{SHA256}.mp4").write_bytes(b"cut")
    store.put(output)
    assert store.get(SHA256, tmp_path / "copy.mp4")


def test_a_write_that_fails_leaves_nothing(output: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk no half file stands under a final name, nor beside it."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stores.shutil, "copyfileobj", full)
    with pytest.raises(JobError, match=r"cannot be written: No space left.*COMETAPI_STORE"):
        Store(str(tmp_path / "store")).put(output)
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


def test_a_url_shows_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """What people are told of a store has neither user, password nor query."""
    monkeypatch.setattr(fsspec.core, "url_to_fs", lambda _: (object(), "/outputs/"))
    assert Store("sftp://anna:secret@host/outputs?key=1").where == "sftp://host/outputs"


def test_an_unknown_kind_of_url_is_a_setting_to_correct() -> None:
    """The variable is named, the kind is not guessed."""
    with pytest.raises(SettingsError, match="COMETAPI_STORE"):
        Store("nonsense://host/outputs")


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without fsspec a URL is refused with the line that installs it; a folder needs no extra."""
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtraError, match=r"otio-cometapi\[shared\]"):
        Store("s3://bucket/outputs")
    assert Store("somewhere").where == "somewhere"

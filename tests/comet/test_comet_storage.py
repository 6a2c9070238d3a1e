"""Addresses of storage, where credentials come from, and folders that are shown: all that needs no server."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

import pytest

from otio_cometapi.comet.publish import PublicFolders
from otio_cometapi.comet.storage import S3Storage, parsed
from otio_cometapi.errors import PublishError, SettingsError
from support.raw_http import RawServer, reply

SECRET = "SECRETSECRETSECRET"
DENIED = (
    "<?xml version='1.0'?><Error><Code>SignatureDoesNotMatch</Code><Message>no</Message>"
    "<AWSAccessKeyId>AKIAEXAMPLEKEYID0001</AWSAccessKeyId></Error>"
)


@pytest.fixture(autouse=True)
def _no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


def test_an_address_has_all_its_parts() -> None:
    """Bucket, prefix, endpoint, region and public address are read; none of them is a secret."""
    found = parsed(
        "s3://shots/show%201/ep1/?endpoint=https://s3.example.com/&region=auto&public=https://cdn.example.com"
    )
    assert (found.bucket, found.prefix, found.endpoint) == ("shots", "show 1/ep1", "https://s3.example.com")
    assert (found.region, found.public) == ("auto", "https://cdn.example.com")


def test_a_signed_url_holds_as_long_as_asked_and_a_week_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """The query says for how many seconds it holds; the secret key is not in it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEKEYID0001")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    storage = S3Storage("s3://shots/ep1?endpoint=https://s3.example.com")
    url = storage.url("a.mp4", expires_s=90_000)
    assert url.startswith("https://s3.example.com/shots/ep1/a.mp4?X-Amz-Algorithm=AWS4-HMAC-SHA256&")
    assert "X-Amz-Expires=90000&" in url
    assert "X-Amz-Expires=604800&" in storage.url("a.mp4", expires_s=10_000_000)
    assert SECRET not in url


def test_a_public_address_needs_no_signature() -> None:
    """Where the bucket is shown by a host of its own, the URL is that host's, and no credential is needed for it."""
    storage = S3Storage("s3://shots/ep1?public=https://cdn.example.com/ep1")
    assert storage.url("a b.mp4", expires_s=60) == "https://cdn.example.com/ep1/a%20b.mp4"
    assert not storage.signs


def test_credentials_come_from_amazons_own_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without variables the profile of the shared files signs, in that profile's region."""
    (tmp_path / "credentials").write_text(f"[studio]\naws_access_key_id = AKSTUDIO\naws_secret_access_key = {SECRET}\n")
    (tmp_path / "config").write_text("[profile studio]\nregion = eu-north-1\n")
    monkeypatch.setenv("AWS_PROFILE", "studio")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    url = S3Storage("s3://shots?endpoint=https://s3.example.com").url("a.mp4", expires_s=60)
    assert "X-Amz-Credential=AKSTUDIO%2F" in url
    assert "%2Feu-north-1%2F" in url


def test_a_broken_credentials_file_is_not_repeated(tmp_path: Path) -> None:
    """A line that cannot be understood may be a key: it stands in no message and in no traceback."""
    (tmp_path / "credentials").write_text(f"{SECRET}\n")
    with pytest.raises(SettingsError) as refused:
        S3Storage("s3://shots")
    assert SECRET not in "".join(traceback.format_exception(refused.value))


def test_what_a_storage_answers_is_told_without_its_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Status and code are told with the next step; the answer, which repeats the key's id, is not."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLEKEYID0001")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    (tmp_path / "a.mp4").write_bytes(b"film")
    with RawServer(reply(403, DENIED)) as server, caplog.at_level(logging.DEBUG):
        storage = S3Storage(f"s3://shots?endpoint={server.url}")
        with pytest.raises(PublishError) as refused:
            storage.put(tmp_path / "a.mp4", "a.mp4", media_type="video/mp4")
        seen = server.requests[0]
    assert (seen.method, seen.body, seen.headers["content-type"]) == ("PUT", b"film", "video/mp4")
    assert "HTTP 403 Forbidden (SignatureDoesNotMatch)" in str(refused.value)
    assert "AWS_ACCESS_KEY_ID" in refused.value.next_step
    told = "".join(traceback.format_exception(refused.value)) + caplog.text
    assert "AKIAEXAMPLEKEYID0001" not in told
    assert SECRET not in told


def test_the_longest_folder_decides() -> None:
    """A file is shown where the nearest folder above it is; names are quoted, and other files are shown nowhere."""
    folders = PublicFolders(["/mnt=https://cdn.example.com/", "/mnt/ep 1=https://ep1.example.com/x"])
    assert folders.url_of(Path("/mnt/ep 1/a b.mp4")) == "https://ep1.example.com/x/a%20b.mp4"
    assert folders.url_of(Path("/mnt/ep2/a.mp4")) == "https://cdn.example.com/ep2/a.mp4"
    assert folders.url_of(Path("/mnt2/a.mp4")) is None

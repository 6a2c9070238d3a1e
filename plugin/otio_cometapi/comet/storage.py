"""S3-compatible storage: exports are put there, and fetched from there by URLs that end."""

from __future__ import annotations

import configparser
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote

from otio_cometapi.comet.addresses import is_loopback_url, shown_url, url_parts
from otio_cometapi.comet.input_rules import url_problems
from otio_cometapi.comet.remote_text import clean_text
from otio_cometapi.errors import MissingExtraError, PublishError, SettingsError

LONGEST_S = 7 * 24 * 3600
"""Seconds that a signature of this kind (version 4) may hold at most."""

_KNOWN = ("endpoint", "region", "public")
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
_STATUS = re.compile(r"non-2xx status code: (\d{3}[\w ]*)")
_CODE = re.compile(r"<Code>([A-Za-z0-9]{1,60})</Code>")
_METADATA_PATH = "/latest/api/token"
"""Where a machine in Amazon's cloud is asked for credentials, when nothing else has any."""
# A large export over a slow line takes minutes; a host that does not answer is known in seconds.
_CLIENT = {"connect_timeout": "10s", "timeout": "900s"}
_RETRIES: Any = {"max_retries": 3, "retry_timeout": timedelta(seconds=60)}


@dataclass(frozen=True, slots=True)
class Address:
    """``s3://bucket/prefix?endpoint=...&region=...&public=...``, read."""

    bucket: str
    """Its name."""
    prefix: str = ""
    """What all names begin with, without slashes at its ends."""
    endpoint: str = ""
    """Where the storage answers; empty: Amazon's own."""
    region: str = ""
    """Its region; empty: as the environment says."""
    public: str = field(default="", repr=False)
    """The https address under which what lies below the prefix is shown without a signature; empty: URLs are signed."""


def parsed(text: str) -> Address:
    """
    Read an address. It holds no secret: credentials come from the environment or from Amazon's own files.

    Raises:
        SettingsError: It is none; nothing of it is repeated that could be a secret.
    """
    place, _, query = text.removeprefix("s3://").partition("?")
    if "@" in place:
        raise _wrong("it carries a user name or a password")
    bucket, _, prefix = place.partition("/")
    if not text.startswith("s3://") or not _BUCKET.fullmatch(bucket):
        raise _wrong("it names no bucket")
    options = dict(parse_qsl(query, keep_blank_values=True))
    for name in options:
        if name not in _KNOWN:
            raise _wrong(f"'{clean_text(name, limit=40)}' is none of {', '.join(_KNOWN)}")
    endpoint, public = (options.get(name, "").rstrip("/") for name in ("endpoint", "public"))
    _check_endpoint(endpoint)
    if public and ("?" in public or "#" in public):
        raise _wrong("its public address has a query")
    if public and (problems := url_problems(public, what="its public address", allow_loopback=True)):
        raise _wrong("; ".join(problems))
    return Address(bucket, unquote(prefix).strip("/"), endpoint, options.get("region", ""), public)


def _check_endpoint(endpoint: str) -> None:
    if not endpoint:
        return
    parts = url_parts(endpoint)
    if parts is None or not parts.hostname or parts.query or parts.username is not None or parts.password is not None:
        raise _wrong("its endpoint is no address of a server")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback_url(endpoint)):
        raise _wrong("its endpoint is not https")


def _wrong(why: str) -> SettingsError:
    return SettingsError(
        f"the place to publish to cannot be used: {why}.",
        next_step="Give --publish (or COMETAPI_PUBLISH) as s3://bucket/prefix, with ?endpoint=https://host where the "
        "storage is not Amazon's; credentials belong into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    )


class S3Storage:
    """A bucket that exports are published in."""

    def __init__(self, text: str) -> None:
        """
        Open a bucket; nothing is asked of it yet.

        Raises:
            MissingExtraError: obstore is not installed.
            SettingsError: The address is none.
        """
        self._address = address = parsed(text)
        prefix = f"/{address.prefix}" if address.prefix else ""
        at = f" at {shown_url(address.endpoint)}" if address.endpoint else ""
        self.where = f"s3://{address.bucket}{prefix}{at}"
        self.signs = not address.public
        try:
            from obstore.store import S3Store  # noqa: PLC0415 - an extra
        except ImportError as exc:
            raise MissingExtraError(
                f"publishing to {self.where} needs obstore, which is not installed.",
                next_step="Install it with: pip install 'otio-cometapi[publish]'.",
            ) from exc
        options: dict[str, Any] = {**_from_files(), **({"region": address.region} if address.region else {})}
        if address.endpoint:
            options["endpoint"] = address.endpoint
        client: Any = {**_CLIENT, "allow_http": is_loopback_url(address.endpoint)}
        with _foreign_errors(lambda exc: _wrong(_cause(exc))):
            self._store: Any = S3Store(
                address.bucket, prefix=address.prefix or None, client_options=client, retry_config=_RETRIES, **options
            )

    def put(self, path: Path, name: str, *, media_type: str) -> None:
        """
        Put a file there in one request: there is nothing to be tidied up when that ends early.

        Raises:
            PublishError: It cannot be put there.
        """
        import obstore  # noqa: PLC0415 - an extra

        with _foreign_errors(lambda exc: self._error("put into", exc)):
            obstore.put(self._store, name, path, attributes={"Content-Type": media_type}, use_multipart=False)

    def url(self, name: str, *, expires_s: int) -> str:
        """
        Return the URL to fetch it from: signed for GET, or public without a signature.

        Raises:
            PublishError: It cannot be signed.
        """
        if self._address.public:
            return f"{self._address.public}/{quote(name)}"
        import obstore  # noqa: PLC0415 - an extra

        with _foreign_errors(lambda exc: self._error("signed for", exc)):
            return obstore.sign(self._store, "GET", name, timedelta(seconds=min(expires_s, LONGEST_S)))

    def remove(self, name: str) -> None:
        """
        Remove one file; it is no error where it is not there.

        Raises:
            PublishError: It cannot be removed.
        """
        import obstore  # noqa: PLC0415 - an extra

        with _foreign_errors(lambda exc: self._error("removed from", exc)):
            obstore.delete(self._store, name)

    def _error(self, action: str, cause: BaseException) -> PublishError:
        return PublishError(
            f"the export cannot be {action} {self.where}: {_cause(cause)}.",
            next_step="Look at the bucket, at its region, at the rights there (put, get, delete) and at the "
            "credentials (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, or AWS_PROFILE).",
        )


@contextmanager
def _foreign_errors(ours: Callable[[Exception], Exception]) -> Iterator[None]:
    """Turn what the library raises into our error. Never chained: its text repeats answers, and those the key's id."""
    from obstore.exceptions import BaseError  # noqa: PLC0415 - an extra

    try:
        yield
    except (OSError, ValueError, BaseError) as exc:
        raise ours(exc) from None


def _cause(error: BaseException) -> str:
    """Return what a person can use of the library's text: the status and the storage's own code, never its answer."""
    text = str(error)
    if _METADATA_PATH in text:
        return "no credentials were found"
    status, code = _STATUS.search(text), _CODE.search(text)
    if status:
        return f"it answers HTTP {status.group(1).strip()}" + (f" ({code.group(1)})" if code else "")
    if "error sending request" in text:
        return "it does not answer"
    first = text.splitlines()[0] if text else type(error).__name__
    return clean_text(first, limit=160).rstrip(".")


def _from_files() -> dict[str, str]:
    """Return what Amazon's own files say of the profile in use; nothing where the environment has a key."""
    if os.environ.get("AWS_ACCESS_KEY_ID"):
        return {}
    home = Path(os.path.expanduser("~/.aws"))  # noqa: PTH111 - Path.expanduser raises where there is no home
    profile = os.environ.get("AWS_PROFILE") or "default"
    secrets = _section(Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or home / "credentials"), profile)
    section = profile if profile == "default" else f"profile {profile}"
    config = _section(Path(os.environ.get("AWS_CONFIG_FILE") or home / "config"), section)
    found = {**config, **secrets}
    names = {
        "aws_access_key_id": "access_key_id",
        "aws_secret_access_key": "secret_access_key",
        "aws_session_token": "session_token",
    }
    values = {ours: found[theirs] for theirs, ours in names.items() if found.get(theirs)}
    named = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    return values if named or not found.get("region") else {**values, "region": found["region"]}


def _section(path: Path, name: str) -> dict[str, str]:
    reader = configparser.RawConfigParser()
    try:
        reader.read_string(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, configparser.Error):
        # Not chained: the parser repeats the line that it does not understand, and that may be a key.
        raise SettingsError(f"{path} cannot be read.", next_step="Correct it.") from None
    return dict(reader[name]) if reader.has_section(name) else {}

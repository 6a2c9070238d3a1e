"""Sessions: requests that follow nothing, retry nothing and show nothing, and what went wrong with them."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.utils import get_environ_proxies

from otio_cometapi import __version__
from otio_cometapi.comet.addresses import is_loopback_url
from otio_cometapi.comet.connections import ConnectionWatch, PeerCheck, WatchedAdapter
from otio_cometapi.comet.patience import Patience
from otio_cometapi.errors import ApiError

USER_AGENT = f"otio-cometapi/{__version__}"
"""How this package names itself to servers."""

_OWN_TRAFFIC: ContextVar[bool] = ContextVar("otio_cometapi_own_traffic", default=False)


def _not_our_traffic(_record: logging.LogRecord) -> bool:
    """Let through what the HTTP library logs for others; of ours it would log the queries that sign URLs."""
    return not _OWN_TRAFFIC.get()


logging.getLogger("urllib3.connectionpool").addFilter(_not_our_traffic)


class Wire:
    """A session that follows nothing, retries nothing, keeps no cookies and reads no netrc."""

    def __init__(self, *, user_agent: str, check: PeerCheck | None = None) -> None:
        self.watch = ConnectionWatch(check)
        self._session = requests.Session()
        # The environment's netrc would put other credentials in place of the key, or beside it.
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.headers["User-Agent"] = user_agent
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = WatchedAdapter(self.watch)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        timeout_s: tuple[float, float],
        body: object = None,
        patience: Patience | None = None,
    ) -> requests.Response:
        """
        Send one request and return the answer with its body unread.

        Args:
            method: Such as ``"GET"``.
            url: Where to.
            headers: All but the user agent.
            timeout_s: Seconds to connect, and seconds of silence to bear.
            body: Bytes, or an object with a length that can be iterated.
            patience: Bounds the waiting for a peer that dribbles; an answer's head counts as no progress.

        Raises:
            requests.RequestException: Nothing usable came back.
            ApiError: The other end may not be talked to.
        """
        own = _OWN_TRAFFIC.set(True)
        self.watch.bear(patience)
        try:
            return self._session.request(
                method,
                url,
                headers=dict(headers),
                data=body,  # type: ignore[arg-type]
                timeout=timeout_s,
                allow_redirects=False,
                stream=True,
                proxies=proxies_for(url),
                verify=trusted_certificates(),
            )
        finally:
            _OWN_TRAFFIC.reset(own)

    def close(self) -> None:
        """Close every connection."""
        self._session.close()


def proxies_for(url: str) -> dict[str, str]:
    """Return the environment's proxies for *url*; none for this machine, which no proxy can reach for us."""
    return {} if is_loopback_url(url) else dict(get_environ_proxies(url, no_proxy=None))


def trusted_certificates() -> str | bool:
    """
    Return the environment's own bundle of certificates, where it names one, else True.

    Raises:
        ApiError: It names one that is not there.
    """
    variable = next((name for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if os.environ.get(name)), "")
    named = os.environ.get(variable, "")
    if named and not os.path.exists(named):  # noqa: PTH110 - as the library looks for it
        raise ApiError(f"the certificates that {variable} names, {named}, are not there")
    return named or True


_TROUBLES = (
    ("NameResolutionError", "the host name cannot be resolved"),
    ("gaierror", "the host name cannot be resolved"),
    ("ProxyError", "the proxy refuses or is not there"),
    ("SSLCertVerificationError", "the server's certificate is not trusted"),
    ("SSLError", "no secure connection can be made"),
    ("ConnectionRefusedError", "the connection is refused"),
    ("ConnectTimeout", "nobody answers the connection"),
    ("ReadTimeout", "the answer did not come in time"),
    ("TimeoutError", "the answer did not come in time"),
    ("ConnectionResetError", "the connection was cut"),
    ("BrokenPipeError", "the connection was cut"),
    ("RemoteDisconnected", "the connection was closed without an answer"),
    ("IncompleteRead", "the answer broke off"),
)


def trouble(exc: BaseException) -> str:
    """Return what went wrong on the wire in plain words, without URL, key or addresses of objects."""
    names = _causes(exc)
    found = next((words for name, words in _TROUBLES if name in names), None)
    return found or f"the connection failed ({names[-1]})"


def _causes(exc: BaseException) -> list[str]:
    """Return the class names of an exception and of all that the libraries wrapped in it, the innermost last."""
    names: list[str] = []
    seen: set[int] = set()
    waiting: list[object] = [exc]
    while waiting and len(names) < 20:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        names.append(type(link).__name__)
        waiting.extend((getattr(link, "reason", None), *link.args, link.__cause__, link.__context__))
    return names

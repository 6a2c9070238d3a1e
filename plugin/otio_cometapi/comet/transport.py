"""HTTP connections that look at whom they are connected to before they say a word."""

from __future__ import annotations

import functools
import logging
import os
import socket
from collections.abc import Mapping
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol
from weakref import WeakSet

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from otio_cometapi import __version__
from otio_cometapi.comet.addresses import is_loopback_url
from otio_cometapi.comet.patience import Patience
from otio_cometapi.errors import ApiError

USER_AGENT = f"otio-cometapi/{__version__}"
"""How this package names itself to servers."""

_OWN_TRAFFIC: ContextVar[bool] = ContextVar("otio_cometapi_own_traffic", default=False)


def _not_our_traffic(_record: logging.LogRecord) -> bool:
    """Let through what the HTTP library logs for others; of ours it would log the queries that sign URLs."""
    return not _OWN_TRAFFIC.get()


logging.getLogger("urllib3.connectionpool").addFilter(_not_our_traffic)


class PeerCheck(Protocol):
    """Passes the address a socket is really connected to, or raises."""

    def __call__(self, address: str) -> None:
        """Raise when *address* may not be talked to."""


class ConnectionWatch:
    """What happened on a session's connections."""

    def __init__(self, check: PeerCheck | None) -> None:
        self._check = check
        self._patience: Patience | None = None
        self._made: WeakSet[Any] = WeakSet()
        self.stands = False
        """Whether a connection, TLS included, ever stood: from then on, bytes of a request may have left."""

    def made(self, made: Any) -> None:
        """Take note of a socket on which a connection, TLS included, stands."""
        self.stands = True
        # The socket and not the connection: that one forgets it where an answer's end is the connection's.
        self._made.add(made)
        if self._patience is not None:
            self._patience.watch(made)

    def bear(self, patience: Patience | None) -> None:
        """Let *patience* cut the connections that there are, and those that are made."""
        self._patience = patience
        if patience is not None:
            for made in list(self._made):
                patience.watch(made)

    def connected(self, connection: socket.socket) -> None:
        """
        Look at the other end of a fresh connection, before TLS and before any byte.

        Raises:
            ApiError: Whatever the check raises; the socket is closed then.
        """
        if self._check is None:
            return
        try:
            self._check(str(connection.getpeername()[0]))
        except BaseException:
            connection.close()
            raise


class _WatchedHTTP(HTTPConnection):
    watch: ConnectionWatch
    debuglevel = 0  # the standard library's own would print every header, the key among them

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        if self.proxy is None:
            self.watch.connected(connection)
        return connection

    def connect(self) -> None:
        super().connect()
        self.watch.made(self.sock)


class _WatchedHTTPS(HTTPSConnection):
    watch: ConnectionWatch
    debuglevel = 0  # as above

    def _new_conn(self) -> socket.socket:
        connection = super()._new_conn()
        # Behind a proxy the peer is the proxy; there only the URL itself can be checked, and was.
        if self.proxy is None:
            self.watch.connected(connection)
        return connection

    def connect(self) -> None:
        super().connect()
        self.watch.made(self.sock)


class _WatchedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTP

    def __init__(self, *args: Any, watch: ConnectionWatch, **kwargs: Any) -> None:
        self._watch = watch
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()
        connection.watch = self._watch
        return connection


class _WatchedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPS

    def __init__(self, *args: Any, watch: ConnectionWatch, **kwargs: Any) -> None:
        self._watch = watch
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()
        connection.watch = self._watch
        return connection


def _pools(watch: ConnectionWatch) -> dict[str, Any]:
    """Return what makes urllib3 pools whose connections report to *watch*."""
    return {
        "http": functools.partial(_WatchedHTTPPool, watch=watch),
        "https": functools.partial(_WatchedHTTPSPool, watch=watch),
    }


class WatchedAdapter(HTTPAdapter):
    """Sends once, and never again by itself, over connections that are looked at first."""

    def __init__(self, watch: ConnectionWatch) -> None:
        self._pools = _pools(watch)
        super().__init__(max_retries=0)

    def init_poolmanager(
        self,
        connections: int,
        maxsize: int,
        block: bool = False,
        **pool_kwargs: Any,
    ) -> None:
        """Make the connection pools."""
        super().init_poolmanager(connections, maxsize, block, **pool_kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **proxy_kwargs: Any) -> Any:
        """Make the connection pools behind a proxy."""
        manager = super().proxy_manager_for(proxy, **proxy_kwargs)
        if not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = self._pools
        return manager

    def close(self) -> None:
        """Close every connection now; the library leaves that to the garbage collector."""
        for manager in (self.poolmanager, *self.proxy_manager.values()):
            for key in manager.pools.keys():  # noqa: SIM118 - it is no mapping to iterate
                manager.pools[key].close()
        super().close()


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

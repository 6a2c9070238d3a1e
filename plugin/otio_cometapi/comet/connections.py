"""HTTP connections that look at whom they are connected to before they say a word."""

from __future__ import annotations

import functools
import socket
from typing import Any, Protocol
from weakref import WeakSet

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from otio_cometapi.comet.patience import Patience


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
        # Behind a proxy the peer is the proxy; there only the URL itself can be checked, and was.
        if self.proxy is None:
            self.watch.connected(connection)
        return connection

    def connect(self) -> None:
        super().connect()
        self.watch.made(self.sock)


class _WatchedHTTPS(_WatchedHTTP, HTTPSConnection):
    pass


class _WatchedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedHTTP

    def __init__(self, *args: Any, watch: ConnectionWatch, **kwargs: Any) -> None:
        self._watch = watch
        super().__init__(*args, **kwargs)

    def _new_conn(self) -> Any:
        connection: Any = super()._new_conn()
        connection.watch = self._watch
        return connection


class _WatchedHTTPSPool(_WatchedHTTPPool, HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPS


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

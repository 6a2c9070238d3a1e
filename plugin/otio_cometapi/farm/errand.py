"""An errand: an order on its way to another machine, and what is seen to there before it is done."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Generic, Protocol, TypeVar

from otio_cometapi.errors import FarmError, NotThereError

Order = TypeVar("Order", bound="HasNeeds")
Result = TypeVar("Result")

_MADE_WITH = ("otio-cometapi", "av", "numpy")
"""Packages whose versions decide what comes out."""


class HasNeeds(Protocol):
    """An order that names what it reads and where it writes."""

    @property
    def needs(self) -> tuple[str, ...]:
        """Files and folders that have to be there, absolute."""


@dataclass(frozen=True, slots=True)
class Errand(Generic[Order, Result]):
    """All that is sent to a worker: a function by its name, and plain values."""

    work: Callable[[Order], Result]
    """What is done; a function of a module, so that only its name travels."""
    order: Order
    """What it is done with."""
    made_with: str
    """`tools` of the machine that sends it."""


def tools() -> str:
    """Return the packages here that decide what comes out, with their versions."""
    return ", ".join(f"{name} {_version(name)}" for name in _MADE_WITH)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"


def run_errand(errand: Errand[Any, Result]) -> Result:
    """
    Do an errand on the worker that this runs on.

    Raises:
        NotThereError: A file that is needed is not seen from here.
        FarmError: Other versions are installed here, so that other files would come out.
        CometError: What the work itself raises.
    """
    address = _address()
    place = f"{platform.node() or socket.gethostname()}, process {os.getpid()}"
    here = f"{address} ({place})" if address else place
    if tools() != errand.made_with:
        raise FarmError(
            f"the worker {here} has {tools()}, and this machine {errand.made_with}.",
            next_step="Install the same versions there, so that results are the same wherever they are made.",
        )
    for path in errand.order.needs:
        if not os.access(path, os.R_OK):
            why = "may not read" if os.path.lexists(path) else "does not see"
            raise NotThereError(
                f"the worker {here} {why} '{path}'.",
                worker=address,
                next_step="Mount the storage there under the same path, readable by the worker's user; then go on "
                "with `otiocomet resume`.",
            )
    return errand.work(errand.order)


def _address() -> str:
    """Return the engine's address of this worker; empty where none runs this."""
    try:
        from distributed import get_worker  # noqa: PLC0415 - an extra

        return str(get_worker().address)
    except (ImportError, ValueError):
        return ""

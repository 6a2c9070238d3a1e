"""Dockets: orders on paper for a render farm. Its machines need the job's folder, and neither ledger nor key."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from otio_cometapi.errors import JobError, MediaError
from otio_cometapi.events import Listener, ignore
from otio_cometapi.farm.errand import Errand, run_errand, tools
from otio_cometapi.jobs.durable import write_durably
from otio_cometapi.jobs.folder import JobFolder, folder_at
from otio_cometapi.pipeline.conform import finish_for, orders_to_fit
from otio_cometapi.pipeline.cutting import Cutting
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Trouble
from otio_cometapi.pipeline.work import cut, fit
from otio_cometapi.records import Conformed, Export, TimelineRecord
from otio_cometapi.records.orders import CutOrder, FitOrder
from otio_cometapi.records.plain import plain, record

CUT, FIT = "cut", "fit"
_LARGEST_BYTES = 64 << 20
"""A docket of an hour of video has some MB of frame hashes."""

Made = TypeVar("Made", Export, Conformed)


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is done with one kind of docket."""

    order: type[CutOrder | FitOrder]
    made: type[Export | Conformed]
    work: Callable[[Any], Any]


_KINDS = {CUT: _Kind(CutOrder, Export, cut), FIT: _Kind(FitOrder, Conformed, fit)}


def write_cuts(job: Job, timeline: TimelineRecord, cutting: Cutting) -> tuple[int, int]:
    """
    Write a docket for every cut of a job; dockets of before are taken away.

    Returns:
        The takes of the timeline, which dockets are numbered by, and the dockets.
    """
    clear(job.folder)
    numbers = _numbers(job, timeline)
    count = 0
    for group in cutting.groups:
        take, part = group.members[0]
        members = [[each.take_id, its.number] for each, its in group.members]
        _write(job.folder, CUT, (numbers[take.take_id], part.number), members, group.order)
        count += 1
    return len(numbers), count


def write_fits(job: Job, timeline: TimelineRecord, *, listener: Listener = ignore) -> tuple[int, tuple[Trouble, ...]]:
    """Write a docket for every medium that is missing; return how many, and what cannot even be ordered."""
    numbers, count = _numbers(job, timeline), 0
    problems: list[Trouble] = []
    made_of: dict[str, int] = {}
    for about, order in orders_to_fit(job, timeline, None, finish_for(job), problems, listener):
        take_id = about.take.take_id
        made_of[take_id] = made_of.get(take_id, 0) + 1
        _write(job.folder, FIT, (numbers[take_id], made_of[take_id]), [[take_id, 0]], order)
        count += 1
    return count, tuple(problems)


def carry_out(path: Path, kind: str, takes: Iterable[int]) -> tuple[list[str], list[str]]:
    """
    Do what the dockets of some takes ask for, where it is not done yet. Needs the job's folder and its media only.

    Args:
        path: The job folder.
        kind: `CUT` or `FIT`.
        takes: Which takes, counted from 1 as `write_cuts` did.

    Returns:
        The files that were made or were there, and what failed for good, each a sentence; both are noted in the job.

    Raises:
        FarmError: This machine does not see a file, or has other versions; another one may do better.
        JobError: There is no job, or a docket is damaged.
    """
    folder = folder_at(path)
    made: list[str] = []
    failed: list[str] = []
    for number in takes:
        for docket in sorted(folder.farm.glob(f"{kind}-{number:06d}-*.json")):
            if docket.name.endswith(_DONE):
                continue
            result = _result(docket, kind) or _carried_out(docket, kind)
            (failed if "error" in result else made).append(result.get("error") or result["made"]["path"])
    return made, failed


def taken_in(job: Job) -> tuple[Trouble, ...]:
    """
    Enter what the farm has made into the ledger; return what it could not make.

    Raises:
        JobError: A docket is damaged.
    """
    problems: list[Trouble] = []
    for kind in (CUT, FIT):
        for docket in sorted(job.folder.farm.glob(f"{kind}-*.json")):
            if docket.name.endswith(_DONE):
                continue
            values, result = _read(docket), _result(docket, kind)
            if result is None:
                continue
            if "error" in result:
                problems += [Trouble(str(result["error"]), take_id) for take_id, _ in values["for"]]
                continue
            made = _record(_KINDS[kind].made, result["made"], docket)
            for take_id, part in values["for"]:
                if isinstance(made, Export):
                    job.ledger.export_made(take_id, made, part=part)
                else:
                    job.ledger.media_made(take_id, made)
    return tuple(problems)


def clear(folder: JobFolder) -> None:
    """Take all dockets and their results away."""
    for each in _all(folder):
        each.unlink(missing_ok=True)


_DONE = ".done.json"


def _all(folder: JobFolder) -> Iterator[Path]:
    for kind in _KINDS:
        yield from folder.farm.glob(f"{kind}-*.json")


def _numbers(job: Job, timeline: TimelineRecord) -> dict[str, int]:
    return {take.take_id: number for number, take in enumerate(job.takes(timeline=timeline), start=1)}


def _write(
    folder: JobFolder, kind: str, number: tuple[int, int], members: Sequence[object], order: CutOrder | FitOrder
) -> None:
    folder.farm.mkdir(parents=True, exist_ok=True)
    path = folder.farm / f"{kind}-{number[0]:06d}-{number[1]:03d}.json"
    path.with_suffix(_DONE).unlink(missing_ok=True)
    values = {"made_with": tools(), "for": members, "order": plain(order)}
    _put(path, values)


def _put(path: Path, values: object) -> None:
    """Write a file that is whole or not there."""
    part = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part")
    write_durably(part, json.dumps(values, indent=1))
    part.replace(path)


def _carried_out(docket: Path, kind: str) -> dict[str, Any]:
    """Do what a docket asks for and write down what came of it."""
    values = _read(docket)
    order = _record(_KINDS[kind].order, values["order"], docket)
    try:
        result = {"made": plain(run_errand(Errand(_KINDS[kind].work, order, values["made_with"])))}
    except MediaError as exc:
        result = {"error": str(exc)}
    _put(docket.with_suffix(_DONE), result)
    return result


def _result(docket: Path, kind: str) -> dict[str, Any] | None:
    """Return what came of a docket; None where it is not done, or what was made is not there any more."""
    done = docket.with_suffix(_DONE)
    if not done.is_file():
        return None
    result = _read(done)
    if "error" in result:
        return result
    made = _record(_KINDS[kind].made, result.get("made"), done)
    size = made.size_bytes if isinstance(made, Export) else None
    path = Path(made.path)
    wanted = {value for name, value in _read(docket)["order"].items() if name.startswith("into")}
    whole = path.is_file() and size in (None, path.stat().st_size)
    return result if whole and made.path in wanted else None


def _read(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            values = json.loads(file.read(_LARGEST_BYTES))
    except (OSError, ValueError, RecursionError) as exc:
        raise _damaged(path, exc) from exc
    if not isinstance(values, dict):
        raise _damaged(path, TypeError("it is no object"))
    return values


def _record(kind: type[Any], values: object, path: Path) -> Any:
    try:
        return record(kind, values)
    except ValueError as exc:
        raise _damaged(path, exc) from exc


def _damaged(path: Path, error: Exception) -> JobError:
    return JobError(
        f"'{path}' cannot be read: {error}.", next_step="Write the dockets anew with `otiocomet farm template`."
    )

"""
A program: a job is moved and the mover killed after every step in turn; then the job is looked at, and moved on.

``python -m support.killed_movers JOB PLACE`` prints one JSON object: the steps at which it was killed, and what was
wrong. JOB stays; every round moves a copy of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
from pathlib import Path

from otio_cometapi.errors import JobError
from otio_cometapi.jobs.folder import folder_at
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.moving import finish_move, move_job
from otio_cometapi.jobs.takes import takes
from otio_cometapi.records.plain import plain


def killed_move(old: Path, target: Path, *, after: int, by_copy: bool) -> str:
    """Move a job in a process that is killed after so many steps; return the last step's name, empty at the end."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        count = 0

        def step(name: str) -> None:
            nonlocal count
            count += 1
            if count == after:
                os.write(write, name.encode())
                os.kill(os.getpid(), signal.SIGKILL)

        with Ledger(folder_at(old)) as ledger:
            move_job(ledger, target, by_copy=by_copy, step=step)
        os._exit(0)
    os.close(write)
    _, status = os.waitpid(child, 0)
    said = os.read(read, 1000).decode()
    os.close(read)
    assert said or status == 0, f"the mover ended by itself with {status}"
    return said


def contents(path: Path) -> dict[str, str] | None:
    """Return what a job holds, or None where none stands: its files, and its takes as the ledger tells them."""
    try:
        folder = folder_at(path)
        with Ledger(folder) as ledger:
            told = json.dumps([plain(take) for take in takes(ledger)], sort_keys=True).replace(str(path), "JOB")
    except JobError:
        return None
    found = {"takes": told}
    for each in sorted(path.rglob("*")):
        if each.is_file() and each not in (folder.card, folder.ledger):
            kept = f"{each.stat().st_mode:o} {hashlib.sha256(each.read_bytes()).hexdigest()}"
            found[each.relative_to(path).as_posix()] = kept
    return found


def wrongs_of_round(job: Path, place: Path, *, after: int, by_copy: bool) -> tuple[str, list[str]]:
    """Kill one move after so many steps, look, and move on; return the step and what is wrong."""
    old, target = job.with_name("old.cometjob"), place / "new.cometjob"
    shutil.copytree(job, old)
    expected = contents(old)
    step = killed_move(old, target, after=after, by_copy=by_copy)
    found = [what for what in (contents(old), contents(target)) if what is not None]
    wrong = [] if found == [expected] else [f"{step}: {len(found)} places are the job, or it is not whole"]
    if step:
        if finish_move(old) is None and contents(old) is not None:
            killed_move(old, target, after=-1, by_copy=by_copy)
        if contents(target) != expected or old.exists():
            wrong.append(f"{step}: moving on did not end it")
        left = [each.name for folder in (job.parent, place) for each in folder.iterdir() if ".part" in each.name]
        left = [name for name in left if step != "the old place has lost its name" or not name.startswith(".old")]
        if left:
            wrong.append(f"{step}: {left} are left")
    for each in [*job.parent.glob(".old.*"), *place.iterdir(), old]:
        shutil.rmtree(each, ignore_errors=True)
    return step, wrong


def main() -> None:
    """Kill after every step of a rename, then of a copy."""
    job, place = Path(sys.argv[1]), Path(sys.argv[2])
    steps: list[str] = []
    wrong: list[str] = []
    for by_copy in (False, True):
        for after in range(1, 100):
            step, found = wrongs_of_round(job, place, after=after, by_copy=by_copy)
            wrong += found
            if not step:
                break
            steps.append(step)
    print(json.dumps({"steps": steps, "wrong": wrong}))


if __name__ == "__main__":
    main()

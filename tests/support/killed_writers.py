"""
A program: processes that send creates are killed again and again, and the ledger is looked at after each.

``python -m support.killed_writers JOB KILLS SEED`` prints one JSON object: what was wrong, and how much was done.
Every "create" is a line appended to ``creates.txt`` between the intention and the answer, as the service would see it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections import Counter
from fractions import Fraction
from pathlib import Path

from otio_cometapi.jobs import attempts
from otio_cometapi.jobs.attempts import Budget, Spending
from otio_cometapi.jobs.folder import JobFolder, folder_at
from otio_cometapi.jobs.ledger import Ledger
from otio_cometapi.jobs.owner import Owner
from otio_cometapi.jobs.takes import takes
from otio_cometapi.records import PartRecord, SubmitAnswer, SubmitOutcome

WRITERS = 2
CREATE, ANSWER = b"c", b"a"


def line_added(path: Path, text: str) -> None:
    """Append a line, whole or not at all."""
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, f"{text}\n".encode())
    os.close(handle)


def send_for_ever(folder: JobFolder, take_ids: list[str], seed: int, under_way: int) -> None:
    """Claim parts, "send" them and enter the answers, as one owner, until killed; tell when it is under way."""
    draw = random.Random(seed)
    beside = folder.path.parent
    with Ledger(folder) as ledger:
        owner = Owner(folder.owners)
        while True:
            attempts.settle_dead_owners(ledger)
            part = PartRecord(draw.choice(take_ids), 1, "EXPORTED")
            attempt = attempts.open_attempt(
                ledger, part, owner=owner, body_sha256=part.take_id, spending=Spending(Fraction(1)), budget=Budget()
            )
            if attempt is None:
                continue
            line_added(beside / "creates.txt", part.take_id)
            os.write(under_way, CREATE)
            task = f"task-of-{part.take_id}"
            attempts.close_attempt(ledger, attempt, SubmitAnswer(SubmitOutcome.ACCEPTED, task_id=task))
            line_added(beside / "answers.txt", part.take_id)
            os.write(under_way, ANSWER)


def killed_round(folder: JobFolder, take_ids: list[str], draw: random.Random) -> None:
    """Start writers and kill each: half after an answer, most others after a create, some at once."""
    read, write = os.pipe()
    children = []
    for _ in range(WRITERS):
        seed = draw.randrange(2**32)
        child = os.fork()
        if child == 0:
            send_for_ever(folder, take_ids, seed, write)
        children.append(child)
    os.close(write)
    moment = draw.random()
    while moment < 0.8 and os.read(read, 1) == CREATE and moment < 0.5:
        pass
    os.close(read)
    for child in children:
        time.sleep(draw.uniform(0.0, 0.05))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def wrongs(folder: JobFolder) -> list[str]:
    """Return what is wrong with the ledger as it lies on disk, before anything settles it."""
    connection = sqlite3.connect(folder.ledger)
    try:
        (word,) = connection.execute("PRAGMA integrity_check").fetchone()
        doubled = connection.execute(
            "SELECT take_id FROM attempts WHERE outcome IN ('open', 'accepted') "
            "GROUP BY take_id, part HAVING count(*) > 1"
        ).fetchall()
        loose = connection.execute(
            "SELECT take_id FROM parts WHERE state = 'SUBMITTING' "
            "EXCEPT SELECT take_id FROM attempts WHERE outcome = 'open'"
        ).fetchall()
    finally:
        connection.close()
    found = [] if word == "ok" else [f"integrity: {word}"]
    return found + [f"two creates: {row}" for row in doubled] + [f"a state without an attempt: {row}" for row in loose]


def lines(path: Path) -> list[str]:
    """Return a file's lines."""
    return path.read_text().splitlines() if path.exists() else []


def in_the_end(folder: JobFolder) -> tuple[list[str], dict[str, int]]:
    """Settle the dead, and compare the ledger with what was sent and answered."""
    creates, answers = lines(folder.path.parent / "creates.txt"), lines(folder.path.parent / "answers.txt")
    with Ledger(folder) as ledger:
        attempts.settle_dead_owners(ledger)
        parts = {take.take_id: take.parts[0] for take in takes(ledger)}
    found = [f"created twice: {take_id}" for take_id, count in Counter(creates).items() if count > 1]
    found += [f"sent and not on the books: {each}" for each in set(creates) if parts[each].state == "EXPORTED"]
    found += [f"answered and forgotten: {each}" for each in answers if parts[each].task_id != f"task-of-{each}"]
    found += [f"still on the wire: {each}" for each, part in parts.items() if part.state == "SUBMITTING"]
    unknown = sum(part.state == "SUBMIT_UNKNOWN" for part in parts.values())
    return found, {"creates": len(creates), "answers": len(answers), "unknown": unknown}


def main(job: str, kills: int, seed: int) -> None:
    """Kill, look, and tell."""
    draw = random.Random(seed)
    folder = folder_at(Path(job))
    with Ledger(folder) as ledger:
        take_ids = [take.take_id for take in takes(ledger)]
    found: list[str] = []
    for _ in range(kills // WRITERS):
        killed_round(folder, take_ids, draw)
        found += wrongs(folder)
    last, numbers = in_the_end(folder)
    print(json.dumps({"wrong": found + last, **numbers}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))

"""The whole state of a simulator as JSON: to look at, to keep, to go back to."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from .clocks import MockClock
from .grade import Grade
from .inputs import EXAMPLE_NAME, example_clip
from .lifecycle import Stage
from .matching import rule_from, rule_row
from .options import Options
from .scenarios import Scenario, UnknownScenarioError, named_scenarios, scenarios_from
from .service import Service
from .tasks import Link, Task

SCHEMA = 1
"""Version of the snapshot's form."""


class StateError(Exception):
    """A snapshot cannot be restored here."""


def snapshot_of(service: Service) -> dict[str, Any]:
    """Return everything that a simulator knows, without the videos themselves."""
    with service.lock:
        return {
            **settings_of(service),
            "attempts": dict(service.attempts),
            "tasks": [task_state(task) for task in service.tasks.values()],
            "journal": service.journal.rows(),
        }


def settings_of(service: Service) -> dict[str, Any]:
    """Return what is in force: options, clock, rules, and scenarios that have no name of ours."""
    clock = service.clock
    named = named_scenarios()
    own = {name: scenario for name, scenario in service.scenarios.items() if named.get(name) != scenario}
    return {
        "schema": SCHEMA,
        "options": asdict(service.options),
        "clock": {"now_s": clock.now(), "polls": clock.polls, "advanced_s": clock.advanced_s},
        "scenarios": {name: scenario_table(scenario) for name, scenario in own.items()},
        "rules": [rule_row(rule) for rule in service.rules],
    }


def scenario_table(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario as the table that would describe it."""
    table = asdict(scenario)
    del table["name"]
    return table


def task_state(task: Task) -> dict[str, Any]:
    """Return a task as JSON."""
    return {
        "id": task.id,
        "number": task.number,
        "body_sha256": task.body_sha256,
        "nth": task.nth,
        "model": task.model,
        "prompt": task.prompt,
        "seed": task.seed,
        "scenario": {"name": task.scenario.name, **scenario_table(task.scenario)},
        "shape": task.shape,
        "source": task.source.name,
        "grade": asdict(task.grade),
        "created_s": task.created_s,
        "advanced_at_create_s": task.advanced_at_create_s,
        "polls": task.polls,
        "waited_s": task.waited_s,
        "file_requests": dict(task.file_requests),
        "deleted": task.deleted,
        "forced": None if task.forced is None else asdict(task.forced),
        "forced_age_s": task.forced_age_s,
        "links": {
            str(index): [[link.token, link.expires_s] for link in links] for index, links in list(task.links.items())
        },
    }


def restore_into(service: Service, snapshot: dict[str, Any]) -> None:
    """
    Put a simulator into the state that a snapshot describes.

    Raises:
        StateError: The snapshot is of another form, or names an input video that is not in this simulator's folder.
    """
    if snapshot.get("schema") != SCHEMA:
        message = f"a snapshot of form {SCHEMA} is needed, not {snapshot.get('schema')!r}"
        raise StateError(message)
    try:
        options = Options(**snapshot["options"])
        scenarios = {**named_scenarios(), **scenarios_from(snapshot["scenarios"])}
        rules = [rule_from(row, scenarios) for row in snapshot["rules"]]
        tasks = [_task(row, service.folder / "inputs") for row in snapshot["tasks"]]
        clock = MockClock(kind=options.clock, speed=options.speed)
        clock.restore(**snapshot["clock"])
        attempts, journal = Counter(snapshot["attempts"]), list(snapshot["journal"])
    except (KeyError, TypeError, ValueError, AttributeError, UnknownScenarioError) as exc:
        message = f"the snapshot cannot be read: {exc!r}"
        raise StateError(message) from exc
    with service.lock:
        service.reset()
        service.options, service.scenarios, service.rules, service.clock = options, scenarios, rules, clock
        service.attempts, service.create_requests = attempts, attempts.total()
        service.creates = Counter(task.body_sha256 for task in tasks)
        service.tasks = {task.id: task for task in tasks}
        service.journal.entries = journal


def _task(row: dict[str, Any], inputs: Path) -> Task:
    row = dict(row)
    table = dict(row["scenario"])
    name = str(table.pop("name"))
    source = inputs / Path(str(row["source"])).name
    if source.name == EXAMPLE_NAME:
        example_clip(inputs)
    if not source.is_file():
        message = f"the input {source.name} of task {row['id']} is not here: a snapshot holds no videos"
        raise StateError(message)
    row["scenario"] = replace(scenarios_from({name: table})[name])
    row["source"], row["grade"] = source, Grade(**row["grade"])
    row["file_requests"] = Counter(row["file_requests"])
    row["forced"] = None if row["forced"] is None else Stage(**row["forced"])
    row["links"] = {int(index): [Link(*link) for link in links] for index, links in row["links"].items()}
    return Task(**row)

"""Which scenario a create gets: by a directive in its prompt, by a rule, or the server's own."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .scenarios import Scenario, UnknownScenarioError, scenarios_from


@dataclass(frozen=True, slots=True)
class Rule:
    """Creates that get a scenario: those for which everything that is set here holds."""

    scenario: str
    """The scenario's name."""
    prompt: str | None = None
    """A pattern for the whole prompt: ``*`` is any text, ``?`` any character; case does not matter."""
    model: str | None = None
    """The model."""
    seed: int | None = None
    """The seed."""
    create: int | None = None
    """The number of the create among all creates, from 1."""

    def holds_for(self, body: dict[str, Any], number: int) -> bool:
        """Return whether it holds for a body that came as the n-th create."""
        prompt = str(body.get("promptText", ""))
        return (
            (self.prompt is None or fnmatchcase(prompt.lower(), self.prompt.lower()))
            and (self.model is None or body.get("model") == self.model)
            and (self.seed is None or body.get("seed") == self.seed)
            and (self.create is None or number == self.create)
        )


def rule_from(row: dict[str, Any], known: dict[str, Scenario]) -> Rule:
    """
    Return a rule from parsed TOML or JSON.

    Raises:
        UnknownScenarioError: It names no known scenario, or has a key that a rule cannot have.
    """
    try:
        rule = Rule(**row)
    except TypeError as exc:
        message = f"a rule has scenario, prompt, model, seed and create: {exc}"
        raise UnknownScenarioError(message) from exc
    if rule.scenario not in known:
        message = f"a rule names the scenario {rule.scenario!r}, which does not exist"
        raise UnknownScenarioError(message)
    return rule


def read_scenario_file(path: Path, known: dict[str, Scenario]) -> tuple[dict[str, Scenario], list[Rule]]:
    """
    Return the scenarios and rules of a user's file: a table for each scenario, and ``[[rules]]``.

    Raises:
        UnknownScenarioError: The file cannot be read, or says something that it cannot.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        message = f"reading the scenario file {path} failed: {exc}"
        raise UnknownScenarioError(message) from exc
    rows = tables.pop("rules", [])
    found = scenarios_from(tables)
    return found, [rule_from(dict(row), {**known, **found}) for row in rows]


def rule_row(rule: Rule) -> dict[str, Any]:
    """Return a rule as JSON, without what it leaves open."""
    return {key: value for key, value in asdict(rule).items() if value is not None}

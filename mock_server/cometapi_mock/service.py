"""The simulated service: what it knows, and what it answers, before HTTP."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .admission import WAITING, admit_by_time, admit_on_poll
from .answers import Answer, named_answer, refused_body
from .clocks import MockClock
from .contract import create_issues, known_models
from .grade import grade_for
from .inputs import InputRefusedError, stored_input
from .journal import Journal
from .keyframes import keyframe_issues
from .lifecycle import Moment, Stage, seconds_until_final
from .matching import Rule
from .options import Options
from .outcome import Outcome
from .outputs import Outputs, UndecodableInputError
from .scenarios import (
    Fault,
    Scenario,
    UnknownScenarioError,
    directives_in,
    named_scenarios,
    scenario_for_format,
)
from .shapes import POLL_SHAPES, TaskView, create_answer, poll_body
from .tasks import Task, body_digest, task_id_for

_DAY_S = 24 * 3600


class Service:
    """The state behind the routes. Every public method may be called from any thread."""

    def __init__(
        self,
        options: Options,
        *,
        folder: Path,
        scenarios: dict[str, Scenario] | None = None,
        rules: Sequence[Rule] = (),
    ) -> None:
        self.lock = threading.RLock()
        self.folder = folder
        self.scenarios = {**named_scenarios(), **(scenarios or {})}
        self.first_options = options
        self.first_rules = tuple(rules)
        self.stopping = threading.Event()
        self.journal = Journal()
        self.outputs = Outputs(folder / "outputs")
        self.scenario(options.scenario)
        self.reset()

    def reset(self) -> None:
        """Forget every task, request, advance, and what control calls have set."""
        with self.lock:
            self.options = self.first_options
            self.rules = list(self.first_rules)
            self.clock = MockClock(kind=self.options.clock, speed=self.options.speed)
            self.tasks: dict[str, Task] = {}
            self.attempts: Counter[str] = Counter()
            self.create_requests = 0
            self.creates: Counter[str] = Counter()
            self.journal.clear()
        (self.folder / "inputs").mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """Wake what waits on purpose, and stop rendering."""
        self.stopping.set()
        self.outputs.close()

    def scenario(self, name: str) -> Scenario:
        """
        Return the scenario of that name.

        Raises:
            UnknownScenarioError: There is none.
        """
        try:
            return self.scenarios[name]
        except KeyError:
            message = f"no scenario {name!r}; there are: {', '.join(sorted(self.scenarios))}"
            raise UnknownScenarioError(message) from None

    def set_options(self, **changes: Any) -> None:
        """
        Change how the simulator is set up.

        Raises:
            UnknownScenarioError: They name a scenario that does not exist.
        """
        with self.lock:
            changed = replace(self.options, **changes)
            self.scenario(changed.scenario)
            self.options = changed

    def create(self, body: dict[str, Any], *, headers: Collection[str] = ()) -> Outcome:
        """
        Answer a create: refuse it with all its problems, or make a task of it.

        Args:
            body: The decoded JSON object.
            headers: Names of the headers that came with it, in lower case.
        """
        digest = body_digest(body)
        with self.lock:
            self.attempts[digest] += 1
            self.create_requests += 1
            attempt, number = self.attempts[digest], self.create_requests
        try:
            scenario, shape = self._choice(body, number)
        except UnknownScenarioError as exc:
            return Outcome(Answer(400, {"error": f"cometapi-mock: {exc}"}), body_sha256=digest)
        fault = scenario.fault_for("create", attempt)
        if fault is not None and not fault.accepted:
            return Outcome(self._fault_answer(fault, body), fault, body_sha256=digest)
        made = self._refusal(body, scenario, headers) or self._task_or_refusal(body, digest, scenario)
        if isinstance(made, Answer):
            return Outcome(made, body_sha256=digest)
        made.shape = shape
        shown = create_answer(scenario.create_shape or self.options.create_shape, made.id, made.credits)
        answer = self._fault_answer(fault, body) if fault and fault.answer else shown
        return Outcome(answer, fault, made, body_sha256=digest)

    def _task_or_refusal(self, body: dict[str, Any], digest: str, scenario: Scenario) -> Task | Answer:
        try:
            source = stored_input(body["videoUri"], folder=self.folder / "inputs")
        except InputRefusedError as exc:
            return self._refused([{"code": "custom", "path": ["videoUri"], "message": str(exc)}])
        if issues := keyframe_issues(body.get("keyframes", []), source):
            return self._refused(issues)
        scenario = scenario_for_format(scenario, str(body.get("outputFormat", "mp4")))
        return self._new_task(body, digest, scenario, source) or named_answer("daily_limit")

    def poll(self, task_id: str, *, base_url: str, feed: bool = False) -> Outcome:
        """Answer a question about a task. Its output is finished before it is told of."""
        with self.lock:
            task = self.tasks.get(task_id)
            if task is None:
                return Outcome(named_answer("task_not_exist"))
            if task.deleted:
                return Outcome(named_answer("task_not_found"), task=task)
            self.clock.polled()
            task.polls += 1
            task.last_poll_s = self.clock.now()
            polls, age = task.polls, self.age(task)
        gone_after = task.scenario.gone_after_s
        if age < task.scenario.not_found_s:
            return Outcome(named_answer("task_not_exist"), task=task)
        if gone_after is not None and age >= gone_after:
            return Outcome(named_answer("task_not_found"), task=task)
        fault = task.scenario.fault_for("poll", polls)
        if fault is not None and fault.answer:
            return Outcome(named_answer(fault.answer, model=task.model), fault, task)
        shape = task.shape or task.scenario.shape_of(polls) or self.options.shape
        if feed and shape.startswith("bare"):
            # The other family's route tells the gateway's record, never the upstream's body alone.
            shape = "flat"
        return Outcome(Answer(200, poll_body(shape, self._view(task, base_url))), fault, task)

    def _view(self, task: Task, base_url: str) -> TaskView:
        moment = self.settled_moment(task)
        urls: tuple[str, ...] = ()
        if moment.stage.status == "SUCCEEDED" and not moment.stage.no_output:
            urls = self.outputs.urls(task, base_url=base_url, now_s=self.clock.now())
        return TaskView(task.id, task.created_s, moment, task.credits, urls)

    def settled_moment(self, task: Task) -> Moment:
        """Return where a task stands now, after waiting for its output where it should be there."""
        moment = self.moment(task)
        if moment.stage.status == "RUNNING":
            self.outputs.begin(task)
        if moment.stage.status != "SUCCEEDED":
            return moment
        try:
            self.outputs.finished(task)
        except UndecodableInputError:
            failed = Stage("FAILED", failure="The input video could not be read.", failure_code="ASSET.INVALID")
            self.force(task, failed)
            return self.moment(task)
        return moment

    def moment(self, task: Task) -> Moment:
        """Return where a task stands now."""
        with self.lock:
            limit = self.options.concurrency
            if limit is not None and self.clock.kind == "polls":
                others = [self._own_moment(t) for t in self.tasks.values() if t is not task and t.waited_s is not None]
                admit_on_poll(task, age_s=self.age(task), others=others, limit=limit)
            elif limit is not None:
                admit_by_time(self.tasks.values(), limit=limit, length_of=_length)
            if task.forced is None and (task.waited_s is None or task.waited_s > self.age(task)):
                return WAITING
            return self._own_moment(task)

    def force(self, task: Task, stage: Stage) -> None:
        """End a task now, whatever its scenario says."""
        with self.lock:
            task.forced, task.forced_age_s = stage, self.age(task)

    def age(self, task: Task) -> float:
        """Return how many virtual seconds a task has lived."""
        return self.clock.task_age(
            created_s=task.created_s, advanced_at_create_s=task.advanced_at_create_s, polls=task.polls
        )

    def _own_moment(self, task: Task) -> Moment:
        return task.moment(self.age(task))

    def delete(self, task_id: str) -> Outcome:
        """Delete a task, as upstream does: it is gone afterwards, and so is its output."""
        with self.lock:
            task = self.tasks.get(task_id)
            if task is None or task.deleted:
                return Outcome(named_answer("task_not_found"))
            task.deleted = True
        return Outcome(Answer(204, ""), task=task)

    def _choice(self, body: dict[str, Any], number: int) -> tuple[Scenario, str | None]:
        """Return the scenario and, where its prompt asks for one, the shape of a create's task."""
        asked = directives_in(str(body.get("promptText", "")))
        shape = asked.get("shape")
        if shape is not None and shape not in POLL_SHAPES:
            message = f"no shape {shape!r}; there are: {', '.join(POLL_SHAPES)}"
            raise UnknownScenarioError(message)
        if "scenario" in asked:
            return self.scenario(asked["scenario"]), shape
        with self.lock:
            chosen = next((rule.scenario for rule in reversed(self.rules) if rule.holds_for(body, number)), None)
        return self.scenario(chosen or self.options.scenario), shape

    def _new_task(self, body: dict[str, Any], digest: str, scenario: Scenario, source: Path) -> Task | None:
        """Make a task, unless the day's are used up."""
        model, prompt, seed = str(body["model"]), str(body.get("promptText", "")), body.get("seed")
        with self.lock:
            now, limit = self.clock.now(), self.options.daily_limit
            if limit is not None and sum(task.created_s > now - _DAY_S for task in self.tasks.values()) >= limit:
                return None
            self.creates[digest] += 1
            nth = self.creates[digest]
            task = Task(
                id=task_id_for(server_seed=self.options.seed, digest=digest, nth=nth),
                number=len(self.tasks) + 1,
                body_sha256=digest,
                nth=nth,
                model=model,
                prompt=prompt,
                seed=seed,
                scenario=scenario,
                shape=None,
                source=source,
                grade=grade_for(model=model, prompt=prompt, seed=seed, references=_guides(body)),
                created_s=now,
                advanced_at_create_s=self.clock.advanced_s,
                waited_s=0.0 if self.options.concurrency is None else None,
            )
            self.tasks[task.id] = task
        return task

    def _refusal(self, body: dict[str, Any], scenario: Scenario, headers: Collection[str]) -> Answer | None:
        if any(name.lower() not in headers for name in scenario.required_headers):
            return named_answer("missing_header")
        issues = create_issues(body, strict=self.options.strict)
        if scenario.lenient:
            issues = [issue for issue in issues if issue["code"] != "unrecognized_keys"]
        model = body.get("model")
        if isinstance(model, str) and model and model not in known_models():
            # The gateway looks for a channel before anything reaches the upstream's validator.
            return named_answer("model_not_found", model=model)
        return self._refused(issues) if issues else None

    def _refused(self, issues: list[dict[str, object]]) -> Answer:
        return refused_body(issues, through_gateway=not self.options.shape.startswith("bare"))

    def _fault_answer(self, fault: Fault, body: dict[str, Any]) -> Answer:
        return named_answer(fault.answer or "bad_gateway", model=str(body.get("model", "")))


def _length(task: Task) -> float | None:
    if task.forced is not None:
        return max(task.forced_age_s - (task.waited_s or 0.0), 0.0)
    return seconds_until_final(task.scenario.stages)


def _guides(body: dict[str, Any]) -> str:
    """Return what tells one set of guiding images from another."""
    guides = body.get("references") or body.get("keyframes") or ""
    return body_digest({"guides": guides}) if guides else ""

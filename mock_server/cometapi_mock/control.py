"""The control API under /_mock: ask the simulator what it saw, tell it what to do."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Response

from .control_bodies import ControlRefusedError, control_body, json_response, refuse_other_sites
from .lifecycle import Stage
from .matching import rule_from, rule_row
from .routes import service
from .scenarios import UnknownScenarioError, scenarios_from
from .service import Service
from .state import StateError, restore_into, scenario_table, snapshot_of
from .taskbook import task_row
from .tasks import Task
from .verification import verification_of

blueprint = Blueprint("control", __name__, url_prefix="/_mock")


@blueprint.errorhandler(ControlRefusedError)
def _refused(error: ControlRefusedError) -> Response:
    return error.response()


@blueprint.errorhandler(UnknownScenarioError)
def _unknown(error: UnknownScenarioError) -> Response:
    return json_response({"error": str(error)}, 400)


@blueprint.errorhandler(StateError)
def _unrestorable(error: StateError) -> Response:
    return json_response({"error": str(error)}, 400)


@blueprint.before_request
def _same_site_only() -> None:
    refuse_other_sites()


@blueprint.get("/health")
def health() -> Response:
    """Tell that the simulator is ready."""
    return json_response({"status": "ok"})


@blueprint.get("/journal")
def journal() -> Response:
    """Tell every request so far, in order."""
    return json_response(service().journal.rows())


@blueprint.get("/verify")
def verify() -> Response:
    """Tell what the journal proves."""
    return json_response(verification_of(service()))


@blueprint.post("/reset")
def reset() -> Response:
    """Forget every task, request, advance, and what control calls have set."""
    control_body("EmptyRequest")
    service().reset()
    return json_response({"status": "ok"})


@blueprint.post("/advance")
def advance() -> Response:
    """Move virtual time on: ``{"seconds": 60}``."""
    body = control_body("AdvanceRequest")
    with service().lock:
        service().clock.advance(float(body["seconds"]))
        return json_response({"now_s": service().clock.now()})


@blueprint.get("/options")
def options() -> Response:
    """Tell how the simulator is set up."""
    return json_response(asdict(service().options))


@blueprint.post("/options")
def set_options() -> Response:
    """Change how the simulator is set up: shapes, scenario, strictness, limits."""
    body = control_body("OptionsRequest")
    service().set_options(**body)
    return json_response(asdict(service().options))


@blueprint.get("/scenarios")
def scenarios() -> Response:
    """Tell every scenario by name."""
    return json_response({name: scenario_table(found) for name, found in sorted(service().scenarios.items())})


@blueprint.post("/scenarios")
def define_scenarios() -> Response:
    """Define scenarios: an object of names, each with a table as in a scenario file."""
    found = scenarios_from(control_body("ScenariosRequest"))
    with service().lock:
        service().scenarios = {**service().scenarios, **found}
    return json_response({"defined": sorted(found)})


@blueprint.get("/rules")
def rules() -> Response:
    """Tell the rules; the last that holds decides."""
    return json_response([rule_row(rule) for rule in service().rules])


@blueprint.post("/rules")
def add_rule() -> Response:
    """Add a rule: which creates get a scenario."""
    rule = rule_from(control_body("RuleRequest"), service().scenarios)
    with service().lock:
        service().rules.append(rule)
    return rules()


@blueprint.delete("/rules")
def drop_rules() -> Response:
    """Drop every rule."""
    with service().lock:
        service().rules.clear()
    return rules()


@blueprint.get("/tasks")
def tasks() -> Response:
    """Tell every task, in order of creation."""
    return json_response([task_row(service(), task) for task in list(service().tasks.values())])


@blueprint.get("/tasks/<task_id>")
def one_task(task_id: str) -> Response:
    """Tell one task."""
    return json_response(task_row(service(), _task(task_id)))


@blueprint.post("/tasks/<task_id>")
def change_task(task_id: str) -> Response:
    """Give a task another scenario or shape, or end it now."""
    body = control_body("TaskRequest")
    simulated, task = service(), _task(task_id)
    with simulated.lock:
        if "scenario" in body:
            task.scenario = simulated.scenario(body["scenario"])
            simulated.outputs.forget(task)
        if "shape" in body:
            task.shape = body["shape"]
        if "status" in body:
            ended = Stage(body["status"], failure=body.get("failure"), failure_code=body.get("failure_code"))
            simulated.force(task, ended)
    return json_response(task_row(simulated, task))


@blueprint.get("/snapshot")
def snapshot() -> Response:
    """Tell the whole state."""
    return json_response(snapshot_of(service()))


@blueprint.post("/restore")
def restore() -> Response:
    """Go back to a snapshot."""
    restore_into(service(), control_body("SnapshotRequest"))
    return json_response({"tasks": len(service().tasks)})


def ended_task(simulated: Service, task: Task, action: str) -> None:
    """End a task by the word on a button: ``succeed``, ``fail`` or ``cancel``."""
    status = {"succeed": "SUCCEEDED", "fail": "FAILED", "cancel": "CANCELLED"}[action]
    simulated.force(task, Stage(status, failure="Failed by hand." if status == "FAILED" else None))


def _task(task_id: str) -> Task:
    task = service().tasks.get(task_id)
    if task is None:
        message = f"no task {task_id}"
        raise ControlRefusedError(message, status=404)
    return task

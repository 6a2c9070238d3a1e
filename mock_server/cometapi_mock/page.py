"""The page at /: every task with its pictures, and buttons that do what the control API does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, redirect, render_template, request

from .clocks import utc_text
from .control import ended_task
from .control_bodies import ControlRefusedError, refuse_other_sites
from .outputs import UndecodableInputError
from .pictures import middle_picture
from .routes import service
from .scenarios import UnknownScenarioError
from .taskbook import task_row
from .verification import verification_of

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as BaseResponse

blueprint = Blueprint("page", __name__)

_SHOWN = 200
"""Tasks on the page, the newest first; a longer list helps nobody."""


@blueprint.before_request
def _same_site_only() -> None:
    refuse_other_sites()


@blueprint.errorhandler(ControlRefusedError)
def _refused(error: ControlRefusedError) -> Response:
    return error.response()


@blueprint.get("/")
def tasks() -> str:
    """Show the tasks."""
    simulated = service()
    newest = list(simulated.tasks.values())[::-1][:_SHOWN]
    return render_template(
        "tasks.html",
        tasks=[_shown(task_row(simulated, task)) for task in newest],
        total=len(simulated.tasks),
        options=simulated.options,
        now=utc_text(simulated.clock.now()),
        scenarios=sorted(simulated.scenarios.items()),
        rules=simulated.rules,
        verification=verification_of(simulated),
        live=request.args.get("live") == "1",
    )


@blueprint.post("/_mock/page/<action>")
def act(action: str) -> BaseResponse:
    """Do what a button says, and go back to the page."""
    simulated, form = service(), request.form
    try:
        if action == "advance":
            with simulated.lock:
                simulated.clock.advance(float(form.get("seconds", "10")))
        elif action == "reset":
            simulated.reset()
        elif action == "scenario":
            simulated.set_options(scenario=form.get("scenario", "ok"))
        elif action in {"fail", "succeed", "cancel"} and form.get("task", "") in simulated.tasks:
            ended_task(simulated, simulated.tasks[form["task"]], action)
        else:
            message = "this button does nothing"
            raise ControlRefusedError(message, status=404)
    except (ValueError, UnknownScenarioError) as exc:
        raise ControlRefusedError(str(exc)) from exc
    return redirect("/?live=1" if form.get("live") else "/", code=303)


@blueprint.get("/_mock/pictures/<task_id>/<side>.png")
def picture(task_id: str, side: str) -> Response:
    """Show a task's middle frame, ``before`` or ``after``."""
    simulated = service()
    task = simulated.tasks.get(task_id)
    if task is None or side not in {"before", "after"}:
        return Response(status=404)
    try:
        video = task.source if side == "before" else simulated.outputs.finished(task)
        content = middle_picture(video)
    except UndecodableInputError:
        return Response(status=404)
    return Response(content, content_type="image/png", headers={"Cache-Control": "no-cache"})


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    tone = {"SUCCEEDED": "good", "FAILED": "bad", "CANCELLED": "bad", "CANCELED": "bad", "DELETED": "bad"}
    percent = {"SUCCEEDED": 100, "RUNNING": round(100 * (row["progress"] or 0))}.get(row["status"], 0)
    return {
        **row,
        # Half of a surrogate pair cannot be shown.
        "prompt": row["prompt"].encode("utf-8", "replace").decode(),
        "tone": tone.get(row["status"], "wait"),
        "percent": percent,
        "created": utc_text(row["created_s"]),
        "open": row["status"] not in tone,
    }

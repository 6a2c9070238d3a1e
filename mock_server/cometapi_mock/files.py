"""The host of the outputs: signed addresses, HEAD, GET and ranges, and no key."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, g, request

from .answers import Answer, named_answer
from .routes import service
from .wire import response_for, spoiled

blueprint = Blueprint("files", __name__)

_DENIED = (
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Access denied</Message></Error>'
)


@blueprint.get("/files/<task_id>/<int:index>/<name>")
def output_file(task_id: str, index: int, name: str) -> Response:
    """Serve an output under an address that a poll gave and that has not expired."""
    simulated = service()
    task = simulated.tasks.get(task_id)
    token = request.args.get("_jwt", "")
    if task is None or not simulated.outputs.is_open(task, index=index, token=token, now_s=simulated.clock.now()):
        return response_for(Answer(403, _DENIED, {"content-type": "application/xml"}))
    g.task, g.entry["task_id"] = task, task.id
    if task.deleted:
        return response_for(Answer(404, _DENIED, {"content-type": "application/xml"}))
    with simulated.lock:
        task.file_requests[request.method] += 1
        number = task.file_requests[request.method]
    fault = task.scenario.fault_for("file", number, method=request.method)
    if fault is not None:
        g.entry["fault"] = fault.wire or fault.answer
        if fault.answer:
            return response_for(named_answer(fault.answer, model=task.model))
    content = simulated.outputs.finished(task).read_bytes()
    response = Response(content, content_type=task.delivery.media_type)
    changed = fault is not None and fault.wire == "changed"
    response.set_etag(("new-" if changed else "") + hashlib.sha256(content).hexdigest()[:32])
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    if fault is None or fault.wire != "no_range":
        response.make_conditional(request, accept_ranges=True, complete_length=len(content))
    return spoiled(response, fault, stopping=simulated.stopping)

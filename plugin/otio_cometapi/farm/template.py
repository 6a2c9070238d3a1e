"""Job templates for render farms, in the Open Job Description (jobtemplate-2023-09)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

COORDINATOR = "attr.otiocomet.coordinator"
"""What a machine has to offer that may send: the key is there, and nowhere else."""


def job_template(job: Path, output: Path, *, beside: Path, takes: int, budget: str) -> dict[str, Any]:
    """
    Return a template whose tasks cut, send, conform and relink one job.

    Cutting and conforming have a task for every take and run anywhere. Sending and relinking have one task each, on a
    machine that offers `COORDINATOR`.

    Args:
        job: The job folder, on storage that all machines share.
        output: Where the relinked timeline goes.
        beside: The folder that the template will lie in. Paths below it are the parameters' defaults; others have to
            be given when the job is submitted, since the standard knows no other defaults.
        takes: How many takes the job has, at least 1.
        budget: What may be spent, such as ``"120s"``.
    """
    return {
        "specificationVersion": "jobtemplate-2023-09",
        "name": f"otiocomet {job.stem}"[:128],
        "parameterDefinitions": [
            {
                "name": "Job",
                "type": "PATH",
                "objectType": "DIRECTORY",
                "dataFlow": "INOUT",
                "description": "The job folder, on storage that all machines see under this path.",
                **_default(job, beside),
            },
            {
                "name": "Output",
                "type": "PATH",
                "objectType": "FILE",
                "dataFlow": "OUT",
                "description": "Where the relinked timeline goes.",
                **_default(output, beside),
            },
            {
                "name": "Budget",
                "type": "STRING",
                "description": "What may be spent within 24 hours.",
                "default": budget,
            },
        ],
        "steps": [
            _step("Export", ["export", _JOB, "--takes", _TAKE], takes=takes),
            _step("Send", ["send", _JOB, "--yes", "--budget", "{{Param.Budget}}"], after="Export"),
            _step("Conform", ["conform", _JOB, "--takes", _TAKE], takes=takes, after="Send"),
            _step("Relink", ["relink", _JOB, "-o", "{{Param.Output}}"], after="Conform"),
        ],
    }


def _default(path: Path, beside: Path) -> dict[str, str]:
    return {"default": path.relative_to(beside).as_posix()} if path.is_relative_to(beside) else {}


_JOB, _TAKE = "{{Param.Job}}", "{{Task.Param.Take}}"


def _step(name: str, arguments: list[str], *, takes: int = 0, after: str = "") -> dict[str, Any]:
    """Return a step: with *takes* one task for each of them, else one task on the coordinator."""
    step: dict[str, Any] = {"name": name}
    if after:
        step["dependencies"] = [{"dependsOn": after}]
    if takes:
        step["parameterSpace"] = {"taskParameterDefinitions": [{"name": "Take", "type": "INT", "range": f"1-{takes}"}]}
    else:
        step["hostRequirements"] = {"attributes": [{"name": COORDINATOR, "anyOf": ["yes"]}]}
    step["script"] = {"actions": {"onRun": {"command": "otiocomet", "args": ["farm", *arguments]}}}
    return step

"""
Hand an edit to a render farm as three steps: cut, send, bring home. The farm may repeat any of them.

Cutting and conforming are work for processors; sending is one request after the other, and spends. Repeating a step is
safe: what was sent is never sent again, and what is home is not fetched twice. A step that ends with 3 is not finished
and may be run again later.

    python farm_submit.py edit.otio restyled.otio --job farm.cometjob --budget 60s --farm http://farm.studio:8080/jobs

The job has the form of an Open Job Description template (2023-09), which Deadline Cloud and others take.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen


def template(edit: Path, output: Path, job: Path, *, budget: str) -> dict[str, Any]:
    """Return the job for the farm: every step an `otiocomet` command, each after the one before."""
    where = str(job)
    steps = {
        "cut": ["export", str(edit), "--job", where],
        "send": ["submit", where, "--yes", "--budget", budget],
        "home": ["resume", where, "-o", str(output), "--yes", "--budget", budget],
    }
    found: list[dict[str, Any]] = []
    for name, words in steps.items():
        step: dict[str, Any] = {
            "name": name,
            "script": {"actions": {"onRun": {"command": "otiocomet", "args": words, "timeout": 7200}}},
        }
        if found:
            step["dependencies"] = [{"dependsOn": found[-1]["name"]}]
        found.append(step)
    return {"specificationVersion": "jobtemplate-2023-09", "name": f"restyle {edit.stem}", "steps": found}


def main(words: list[str] | None = None) -> int:
    """Send the job to the farm's address, or print it where none is given."""
    parser = argparse.ArgumentParser(description="Hand an edit to a render farm.")
    parser.add_argument("edit", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--job", type=Path, default=Path("farm.cometjob"))
    parser.add_argument("--budget", default="60s", help="what the job may spend within 24 hours")
    parser.add_argument("--farm", help="where the farm takes jobs, as JSON")
    said = parser.parse_args(words)
    # Farm machines have other current directories.
    made = template(said.edit.absolute(), said.output.absolute(), said.job.absolute(), budget=said.budget)
    text = json.dumps(made, indent=2)
    if not said.farm:
        print(text)
        return 0
    request = Request(said.farm, data=text.encode(), headers={"Content-Type": "application/json"}, method="POST")  # noqa: S310
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - the farm's address is the caller's
        print(answer.read().decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())

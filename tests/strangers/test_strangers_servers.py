"""Names from a server that want to be paths: ids, addresses and file names lead nowhere but into the job."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import quote, unquote

import pytest

from cometapi_mock.server import MockServer
from otio_cometapi.jobs.states import TakeState
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import SendOptions
from otio_cometapi.pipeline.run import finish
from otio_cometapi.pipeline.status import state_of
from otio_cometapi.settings import Settings
from support.gateway import Answering, Asked, Said, hosts, passed_on
from support.tiny_road import KEY, TinyRoad

CLIMBS = {
    "climbing": "../../../climbed-",
    "absolute": "/etc/climbed-",
    "a drive": "C:\\climbed-",
    "reserved": "CON.",
    "long": "x" * 400,
    "markup": "[red]<b>",
}


def naming(simulator: MockServer, climb: str, addresses: dict[str, str]) -> Answering:
    """Return a service whose tasks and files have names of that kind; it knows its tasks by what follows."""

    def answering(asked: Asked) -> Said:
        if "evil" in asked.path:
            said = passed_on(Asked("GET", addresses["file"], asked.head, b""), simulator.url)
            name = ("Content-Disposition", f'attachment; filename="{climb}evil.mp4"')
            return Said(said.status, said.body, (*said.headers, name))
        real = asked.path.partition("/tasks/")[2]
        path = asked.path.replace(real, unquote(real).removeprefix(climb)) if real else asked.path
        said = passed_on(Asked(asked.method, path, asked.head, asked.body), simulator.url)
        told = json.loads(said.body)
        if told.get("output"):
            addresses["file"] = told["output"][0].removeprefix(simulator.url)
            told["output"] = [f"{addresses['service']}/files/..%2f..%2f{quote(climb)}evil.mp4"]
        return Said.json(said.status, told | {"id": climb + told["id"]})

    return answering


@pytest.mark.parametrize("climb", CLIMBS.values(), ids=CLIMBS.keys())
def test_no_name_of_a_server_becomes_a_path(climb: str, tmp_path: Path) -> None:
    """The take is ready, its task is followed under the very id, and every file is where the job puts it."""
    tiny = TinyRoad(tmp_path / "desk" / "road")
    addresses: dict[str, str] = {}
    with MockServer() as simulator, hosts(naming(simulator, climb, addresses)) as (service,):
        addresses["service"] = service.url
        with Job(tiny.job(["snow"]), clock=tiny.clock) as job:
            send = SendOptions(poll_interval_s=5.0, wait_s=300.0)
            finish(job, tmp_path / "out.otio", send=send, settings=Settings(base_url=service.url, key=KEY))
            (take,) = job.takes()
            assert state_of(take) is TakeState.READY
            assert take.parts[0].task_id.startswith(climb)
            made = [path for path in job.path.rglob("*") if path.is_file()]
    inside = tmp_path / "desk" / "road"
    strays = [path for path in tmp_path.rglob("*") if path.is_file() and not path.is_relative_to(inside)]
    assert strays == [tmp_path / "out.otio"]
    assert not [path for path in made if "evil" in path.name or "climbed" in str(path.relative_to(inside))]

"""Exports that lie in a folder which a web server shows: sent by URL, looked at first, and never touched."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import opentimelineio as otio
import pytest

from cometapi_mock.server import MockServer
from otio_cometapi.errors import SettingsError
from otio_cometapi.jobs.states import PartState
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.options import Exit, RunResult, SendOptions
from otio_cometapi.pipeline.publish import NOWHERE, Places, check_places, places
from otio_cometapi.pipeline.run import finish
from otio_cometapi.settings import Settings, load
from support import road
from support.flow import journal_of
from support.shown_folder import shown_folder
from support.tiny_road import TinyRoad, settings_for


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> TinyRoad:
    """Return a folder with tiny media."""
    return TinyRoad(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def server() -> Iterator[MockServer]:
    """Yield a simulator."""
    with MockServer() as started:
        yield started


def went_on(tiny: TinyRoad, job: Path, settings: Settings) -> RunResult:
    """Take a job as far as it goes."""
    with Job(job, clock=tiny.clock) as opened:
        return finish(opened, job.with_suffix(".otio"), send=SendOptions(wait_s=300.0), settings=settings)


def sent(server: MockServer) -> list[str]:
    """Return what the creates named as their videos."""
    return [entry["body"]["videoUri"] for entry in journal_of(server.url, "video_to_video")]


def test_an_export_in_a_shown_folder_goes_by_its_url(tiny: TinyRoad, server: MockServer) -> None:
    """The create names the mapped URL, the take comes home, the job remembers, and the export is left where it is."""
    job = tiny.job(["snow"], name="mapped.cometjob")
    with shown_folder(job / "private" / "exports") as url:
        mapping = f"{job / 'private' / 'exports'}={url}"
        done = went_on(tiny, job, replace(settings_for(server), publish_map=(mapping,)))
    assert done.exit is Exit.DONE, done.problems
    exports = [path.name for path in (job / "private" / "exports").iterdir()]
    assert sent(server) == [f"{url}/{exports[0]}"]
    with Job(job) as opened:
        assert places(opened, Settings()).folders == (mapping,)
        assert places(opened, Settings(publish=NOWHERE)).folders == ()
        assert not places(opened, Settings())


def test_what_the_service_could_not_fetch_is_not_sent(tiny: TinyRoad, server: MockServer, tmp_path: Path) -> None:
    """Another file under the mapped URL is told with clip and cause, and once that is mended the take is sent."""
    job = tiny.job(["rain"], name="stale.cometjob")
    export = next((job / "private" / "exports").iterdir())
    (tmp_path / export.name).write_bytes(b"something else")
    with shown_folder(tmp_path) as url:
        settings = replace(settings_for(server), publish_map=(f"{export.parent}={url}",))
        refused = went_on(tiny, job, settings)
        assert sent(server) == []
        assert "sh000" in refused.problems[0]
        assert "has 14 bytes" in refused.problems[0]
        with Job(job) as opened:
            assert opened.takes()[0].parts[0].state == PartState.EXPORTED
        (tmp_path / export.name).write_bytes(export.read_bytes())
        assert went_on(tiny, job, settings).exit is Exit.DONE
    assert len(sent(server)) == 1


@pytest.mark.parametrize(
    ("address", "folders"),
    [
        ("gs://bucket", ()),
        ("s3://KEYID:PASSWORD@bucket", ()),
        ("s3://bucket?secret_access_key=PASSWORD", ()),
        ("s3://bucket?endpoint=http://storage.example.com", ()),
        ("s3://bucket?public=https://cdn.example.com/?token=PASSWORD", ()),
        ("", ("/mnt/shots",)),
        ("", ("/mnt/shots=https://10.0.0.1/shots",)),
        ("", ("/mnt/shots=https://cdn.example.com/shots?token=PASSWORD",)),
    ],
    ids=["kind", "password", "unknown option", "in the clear", "token", "no URL", "private", "token of a folder"],
)
def test_a_place_that_cannot_be_meant_is_refused_before_anything(
    tiny: TinyRoad, address: str, folders: tuple[str, ...]
) -> None:
    """A mistake in the address is one of the settings, nothing is kept of it, and no secret in it is repeated."""
    job = tiny.job(["snow"], name=f"refused{abs(hash((address, folders)))}.cometjob")
    with Job(job) as opened:
        with pytest.raises(SettingsError) as refused:
            places(opened, Settings(publish=address, publish_map=folders))
        assert not places(opened, Settings())
    assert "PASSWORD" not in str(refused.value)


@pytest.mark.parametrize(
    ("folders", "named"),
    [
        (("shots",), ["shots"]),
        (("shots", "plates"), ["shots", "plates"]),
        (("shots", "a.cometjob"), []),
        (("a.cometjob/private/exports/one.mp4",), []),
    ],
    ids=["another folder", "two others", "one of two", "one file"],
)
def test_a_mapped_folder_that_serves_no_clip_is_named(
    tiny: TinyRoad, tmp_path: Path, folders: tuple[str, ...], named: list[str]
) -> None:
    """A command that may send tells which folder serves nothing, where the clips lie, and how they go instead."""
    url = "https://cdn.example.com/x"
    maps = [flag for folder in folders for flag in ("--publish-map", f"{tmp_path / folder}={url}")]
    asked = ("--job", str(tmp_path / "a.cometjob"), "--select", "all", "--prompt", "snow", "--no-cut", "--json")
    edit = tmp_path / "edit.otio"
    otio.adapters.write_to_file(tiny.timeline(["snow"]), str(edit))
    ended = road.otiocomet(
        "export", str(edit), *asked, *maps, base_url="http://127.0.0.1:9", home=tmp_path, cwd=tmp_path
    )
    notes = [said for said in ended.stderr.splitlines() if said.startswith("note: ")]
    assert [Path(said.split()[1]).name for said in notes] == named, ended.stderr
    exports = tmp_path / "a.cometjob" / "private" / "exports"
    assert all(f"cut into {exports}" in said and "are sent inside the request" in said for said in notes)


def test_none_is_no_place_but_no_mistake() -> None:
    """What `run` and the adapter look at first lets `none` pass, and nothing that is like it."""
    check_places(Places(NOWHERE))
    with pytest.raises(SettingsError):
        check_places(Places("nowhere"))


def test_the_environment_says_where_to_publish(tmp_path: Path) -> None:
    """`COMETAPI_PUBLISH` and `COMETAPI_PUBLISH_MAP` are settings, and their values stand in no representation."""
    variables = {
        "COMETAPI_CONFIG_DIR": str(tmp_path),
        "COMETAPI_PUBLISH": "s3://bucket/prefix",
        "COMETAPI_PUBLISH_MAP": "/a=https://cdn.example.com/a; /b=https://cdn.example.com/b",
    }
    settings = load(variables)
    assert settings.publish == "s3://bucket/prefix"
    assert settings.publish_map == ("/a=https://cdn.example.com/a", "/b=https://cdn.example.com/b")
    assert "bucket" not in repr(settings)

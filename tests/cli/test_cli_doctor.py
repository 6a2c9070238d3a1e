"""`doctor`: every mistake is made for real, found, and explained with a next step."""

from __future__ import annotations

import importlib
import json
import os
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from otio_cometapi.clock import SystemClock
from otio_cometapi.jobs.schema import LEDGER_SCHEMA
from otio_cometapi.pipeline import disk
from otio_cometapi.pipeline.doctor import Ward, doctor
from support import road
from support.gateway import Said, hosts
from support.host_process import script
from support.raw_http import RawServer, reply

Called = Callable[..., Result]
Finding = dict[str, Any]
KEY = "sk-very-secret-123"
NO_SUCH_TASK = {"error": "Not found."}
NOBODY = 65534


def found_by(called: Called, *more: str) -> dict[str, Finding]:
    """Return what the doctor finds, by what it looked at; the worst where it says several things of one."""
    done = called("doctor", "--json", *more)
    said = json.loads(done.output)
    assert said["exit"] == done.exit_code
    assert KEY not in done.output
    rank = ["left out", "ok", "note", "problem"]
    findings: list[Finding] = sorted(said["findings"], key=lambda each: rank.index(each["level"]))
    assert all(each["next_step"] for each in findings if each["level"] == "problem")
    assert done.exit_code == int(any(each["level"] == "problem" for each in findings))
    return {each["check"]: each for each in findings}


@pytest.fixture
def with_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the person a key."""
    monkeypatch.setenv("COMETAPI_KEY", KEY)


# -- all is well


@pytest.mark.usefixtures("with_key")
def test_a_good_installation_has_no_problem(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a service that takes the key everything is ok, exit code 0, and one GET was made."""
    with hosts(lambda _: Said.json(404, NO_SUCH_TASK)) as (host,):
        monkeypatch.setenv("COMETAPI_BASE_URL", host.url)
        found = found_by(called)
        assert [each.method for each in host.asked] == ["GET"]
    assert {each["level"] for each in found.values()} <= {"ok", "note"}
    assert {"version", "plugin", "formats", "codecs", "key", "disk", "locks", "service", "clock"} <= set(found)


@pytest.mark.usefixtures("with_key")
def test_offline_asks_nobody(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --offline no connection is made, and what was not asked is told."""
    with hosts(lambda _: Said.json(404, NO_SUCH_TASK)) as (host,):
        monkeypatch.setenv("COMETAPI_BASE_URL", host.url)
        monkeypatch.setenv("COMETAPI_LEDGER_URL", f"postgresql://me:hidden@127.0.0.1:{host.port}/comet")
        found = found_by(called, "--offline")
        assert host.asked == []
    assert found["service"]["level"] == "left out"
    assert found["ledger"]["level"] == "left out"


def test_the_simulator_passes_for_a_service(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """`cometapi-mock` as a process: it is there, it takes a key, and refuses the key `invalid`."""
    with road.simulator() as url:
        monkeypatch.setenv("COMETAPI_BASE_URL", url)
        monkeypatch.setenv("COMETAPI_KEY", KEY)
        good = found_by(called)
        monkeypatch.setenv("COMETAPI_KEY", "invalid")
        bad = found_by(called)
        assert road.answer(f"{url}/_mock/verify")["creates"] == 0
    assert good["key at the service"]["level"] == "ok"
    assert "simulator" in good["service"]["message"]
    assert bad["key at the service"]["level"] == "problem"
    assert "otiocomet auth login" in bad["key at the service"]["next_step"]


# -- the key


def test_no_key_is_a_problem(called: Called) -> None:
    """Where it was looked for, and what to type; also that one can practise without."""
    found = found_by(called, "--offline")["key"]
    assert (found["level"], "no API key" in found["message"]) == ("problem", True)
    assert "auth login" in found["next_step"]
    assert "demo" in found["next_step"]


@pytest.mark.parametrize("mode", [0o644, 0o660])
def test_a_key_file_that_is_open_to_others(called: Called, home: Path, mode: int) -> None:
    """The mode and the command that closes it."""
    (home / "config").mkdir()
    (home / "config" / "key").write_text(KEY)
    (home / "config" / "key").chmod(mode)
    found = found_by(called, "--offline")["key"]
    assert found["level"] == "problem"
    assert f"mode {mode:03o}" in found["message"]
    assert "chmod 600" in found["next_step"]


def test_keys_in_two_places(called: Called, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which wins is told, and which is not used; the same key twice is no news."""
    (home / "config").mkdir()
    (home / "config" / "key").write_text("sk-another")
    (home / "config" / "key").chmod(0o600)
    monkeypatch.setenv("COMETAPI_KEY", KEY)
    found = found_by(called, "--offline")["key"]
    assert found["level"] == "note"
    assert found["message"].startswith("The key comes from COMETAPI_KEY; another one in the key file")
    (home / "config" / "key").write_text(KEY)
    assert found_by(called, "--offline")["key"]["level"] == "ok"


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [("COMETAPI_KEY", f"Bearer {KEY}", "holds blanks"), ("COMETAPI_KEY_FILE", "/nowhere/key", "is not there")],
)
def test_a_key_that_cannot_be_used(
    called: Called, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, words: str
) -> None:
    """A key pasted with its word Bearer, and a file that is not there."""
    monkeypatch.setenv(variable, value)
    found = found_by(called, "--offline")["key"]
    assert (found["level"], words in found["message"]) == ("problem", True)


# -- the configuration and the environment


def test_a_misspelt_key_of_the_configuration(called: Called, home: Path) -> None:
    """The line and what was probably meant; the service is not asked with settings that are wrong."""
    (home / "config").mkdir()
    (home / "config" / "config.toml").write_text('# limits\nbugdet = "20usd"\n')
    found = found_by(called)
    assert "line 2: there is no 'bugdet'; did you mean 'budget'?" in found["configuration"]["message"]
    assert found["service"]["level"] == "left out"


@pytest.fixture
def homeless(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Be a user whom the machine does not know, as containers have them, without HOME; keyrings are looked for."""
    import pwd

    import keyring

    def unknown(number: int) -> None:
        raise KeyError(number)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    for name in [each for each in os.environ if each == "HOME" or each.startswith(("XDG_", "COMETAPI_"))]:
        monkeypatch.delenv(name)
    core = importlib.import_module("keyring.core")
    before = keyring.get_keyring()
    monkeypatch.setattr(core, "_keyring_backend", None)
    yield
    keyring.set_keyring(before)


@pytest.mark.usefixtures("homeless")
def test_a_user_without_a_home_folder(called: Called, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence says what to set; with that set, all but the hosts' folders is as ever."""
    refused = called("doctor")
    assert refused.exit_code == 1
    assert "HOME is not set" in refused.output
    assert "COMETAPI_CONFIG_DIR, _DATA_DIR" in refused.output
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        monkeypatch.setenv(f"COMETAPI_{kind}_DIR", str(home / kind))
    found = found_by(called, "--offline")
    assert found["folders"]["level"] == "ok"
    assert "There is no API key" in found["key"]["message"]
    assert "hosts" not in found
    assert "where the home folder is" in called("host", "install", "blender").output


@pytest.mark.usefixtures("with_key")
def test_a_misspelt_variable(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """A limit in a variable that nobody reads is no limit."""
    monkeypatch.setenv("COMETAPI_BUGDET", "20usd")
    found = found_by(called, "--offline")["environment"]
    assert found["level"] == "problem"
    assert found["next_step"] == "Did you mean COMETAPI_BUDGET?"


@pytest.mark.parametrize(
    ("url", "words"),
    [("http://api.cometapi.com", "in the clear"), ("api.cometapi.com", "not an address"), ("https://a/?k=v", "not an")],
)
def test_an_address_that_is_none(called: Called, monkeypatch: pytest.MonkeyPatch, url: str, words: str) -> None:
    """Plain http to elsewhere, no scheme, a query."""
    monkeypatch.setenv("COMETAPI_BASE_URL", url)
    found = found_by(called)["configuration"]
    assert (found["level"], words in found["message"]) == ("problem", True)


def test_a_model_that_is_reported_retired_and_one_that_is_unknown(
    called: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The default is named with what is reported of it and what else there is; a misspelt one with the nearest."""
    found = found_by(called, "--offline")["model"]
    assert (found["level"], "retired" in found["message"], "aleph2" in found["next_step"]) == ("note", True, True)
    monkeypatch.setenv("COMETAPI_MODEL", "gen4_alph")
    assert found_by(called, "--offline")["model"]["next_step"] == "Did you mean gen4_aleph?"
    monkeypatch.setenv("COMETAPI_MODEL", "aleph2")
    assert found_by(called, "--offline")["model"]["level"] == "ok"


# -- the service and the way there

PAGE = "<!doctype html><html><head><title>Comet console</title></head><body>Sign in</body></html>"


@pytest.mark.usefixtures("with_key")
@pytest.mark.parametrize(
    ("said", "words"),
    [
        (Said(200, PAGE.encode(), (("Content-Type", "text/html"),)), "a web page (Comet console)"),
        (
            Said.moved("https://user:pass@elsewhere.example/x?token=1", 301),
            "sends elsewhere to https://elsewhere.example",
        ),
        (Said(200, b"hello"), "what the service would not"),
        (Said.json(404, {"error": {"message": "Invalid URL (GET /x)"}}), "what the service would not"),
    ],
    ids=["a page", "a redirect", "a stranger", "another path"],
)
def test_an_address_where_somebody_else_answers(
    called: Called, monkeypatch: pytest.MonkeyPatch, said: Said, words: str
) -> None:
    """What stands there is told, the right form of the address, and no redirect is followed."""
    with hosts(lambda _: said) as (host,):
        monkeypatch.setenv("COMETAPI_BASE_URL", host.url)
        found = found_by(called)
        assert len(host.asked) == 1
    assert (found["service"]["level"], words in found["service"]["message"]) == ("problem", True), found["service"]
    assert "bare host" in found["service"]["next_step"]
    assert "key at the service" not in found


@pytest.mark.usefixtures("with_key")
def test_nobody_at_the_address(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("COMETAPI_BASE_URL", f"http://127.0.0.1:{port}")
    found = found_by(called)["service"]
    assert (found["level"], "connection is refused" in found["message"]) == ("problem", True)
    assert "simulator" in found["next_step"]


@pytest.mark.usefixtures("with_key")
@pytest.mark.parametrize(
    ("wrong_s", "level", "words"),
    [(3 * 3600, "problem", "3 hours ahead of"), (-120, "note", "2 minutes behind"), (0, "ok", "agree")],
)
def test_a_clock_that_is_wrong(
    called: Called, monkeypatch: pytest.MonkeyPatch, wrong_s: float, level: str, words: str
) -> None:
    """The service's Date header tells by how much, and on which side."""
    date = formatdate(SystemClock().now() - wrong_s, usegmt=True)
    with RawServer(reply(404, NO_SUCH_TASK, headers={"Date": date})) as server:
        monkeypatch.setenv("COMETAPI_BASE_URL", server.url)
        found = found_by(called)["clock"]
    assert (found["level"], words in found["message"]) == (level, True), found


@pytest.mark.usefixtures("with_key")
def test_certificates_that_are_not_there(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """REQUESTS_CA_BUNDLE names no file."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/company.pem")
    found = found_by(called, "--offline")["certificates"]
    assert found["level"] == "problem"
    assert "REQUESTS_CA_BUNDLE" in found["message"]


@pytest.mark.usefixtures("with_key")
def test_a_certificate_that_nobody_trusts(called: Called, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real TLS server under an authority of its own: the variable for a company's certificates is named."""
    import ssl

    import trustme

    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with hosts(lambda _: Said.json(404, NO_SUCH_TASK)) as (host,):
        host.server.socket = context.wrap_socket(host.server.socket, server_side=True)
        monkeypatch.setenv("COMETAPI_BASE_URL", f"https://127.0.0.1:{host.port}")
        monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
        monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
        found = found_by(called)["service"]
        assert (found["level"], "not trusted" in found["message"]) == ("problem", True)
        assert "REQUESTS_CA_BUNDLE" in found["next_step"]
        authority.cert_pem.write_to_path(str(home / "company.pem"))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(home / "company.pem"))
        assert found_by(called)["service"]["level"] == "ok"


@pytest.mark.usefixtures("with_key")
def test_a_proxy_that_is_not_there_and_one_that_is_no_address(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy is named without its password; a text that is no address is told as such."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    monkeypatch.setenv("COMETAPI_BASE_URL", "https://api.service.test")
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:hidden@127.0.0.1:{port}")
    found = found_by(called)
    assert found["service"]["level"] == "problem"
    assert "through the proxy http://127.0.0.1" in found["service"]["message"]
    assert "hidden" not in json.dumps(found)
    monkeypatch.setenv("HTTPS_PROXY", "gopher://proxy")
    assert found_by(called, "--offline")["proxy"]["level"] == "problem"


# -- what is installed


def test_a_plugin_that_otio_does_not_find(home: Path) -> None:
    """A process with OTIO's own switch against installed plugins: the adapter is missing, the variable is named."""
    found = doctor_as_process(home, more={"OTIO_DISABLE_ENTRYPOINTS_PLUGINS": "1"})
    assert found["plugin"]["level"] == "problem"
    assert "OTIO_DISABLE_ENTRYPOINTS_PLUGINS" in found["plugin"]["message"]


def test_formats_without_adapters(home: Path) -> None:
    """Without installed plugins an EDL or AAF cannot be read either; what brings the adapters is named."""
    found = doctor_as_process(home, more={"OTIO_DISABLE_ENTRYPOINTS_PLUGINS": "1"})
    assert (found["formats"]["level"], ".aaf" in found["formats"]["message"]) == ("note", True)
    assert "otio-cometapi[formats]" in found["formats"]["next_step"]


def test_a_codec_library_that_cannot_be_loaded(home: Path) -> None:
    """A broken `av`, found before the real one: the command that mends it."""
    (home / "broken" / "av").mkdir(parents=True)
    (home / "broken" / "av" / "__init__.py").write_text("raise ImportError('libavcodec.so.60: not found')\n")
    found = doctor_as_process(home, more={"PYTHONPATH": str(home / "broken")})
    assert found["codecs"]["level"] == "problem"
    assert "libavcodec.so.60" in found["codecs"]["message"]
    assert "--only-binary av" in found["codecs"]["next_step"]


def test_a_codec_library_without_an_encoder(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library itself is asked; an encoder that it does not have is named."""
    monkeypatch.setattr("otio_cometapi.media.codecs._ENCODERS", {"h264": "libx264_of_another_build"})
    found = found_by(called, "--offline")["codecs"]
    assert (found["level"], "encoder libx264_of_another_build" in found["message"]) == ("problem", True)


def doctor_as_process(home: Path, *, more: dict[str, str]) -> dict[str, Finding]:
    """Run the doctor as a process, offline, with more variables; return its findings."""
    environment = road.environment(base_url="https://api.example.com", home=home)
    ended = subprocess.run(
        [script("otiocomet"), "doctor", "--offline", "--json"],
        env={**environment, "COMETAPI_CONFIG_DIR": str(home / "config"), **more},
        cwd=home / "work",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode in (0, 1), ended.stderr
    return {each["check"]: each for each in json.loads(ended.stdout)["findings"]}


# -- disks and folders


@contextmanager
def somebody_else() -> Iterator[None]:
    """Be a person without rights for as long as the block lasts; root alone can, others are one."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_folder_that_is_not_ours_to_write(home: Path) -> None:
    """A folder of mode 500 cannot hold a job; the message has the folder and another place to go."""
    (home / "work").chmod(0o500)
    with somebody_else():
        found = {each.check: each for each in disk.disks(home / "work")}
    (home / "work").chmod(0o700)
    assert found["disk"].level == "problem"
    assert "Permission denied" in found["disk"].message
    assert "--job" in found["disk"].next_step


def test_a_disk_that_takes_no_more(home: Path) -> None:
    """A process that may write files of 1000 bytes only meets what a full disk or a quota is: a write that fails."""
    environment = road.environment(base_url="https://api.example.com", home=home)
    ended = subprocess.run(
        [sys.executable, "-c", "from otio_cometapi.cli import main; main()", "doctor", "--offline"],
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        cwd=home / "work",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "problem   disk" in ended.stdout
    assert "File too large" in ended.stdout
    assert list((home / "work").iterdir()) == []


def test_little_room_is_told_before_it_is_none(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against limits above what this disk has, the same disk is a note and then a problem, with its real numbers."""
    free = shutil.disk_usage(home).free
    monkeypatch.setattr(disk, "LITTLE_BYTES", free * 2)
    assert next(iter(disk.disks(home))).level == "note"
    monkeypatch.setattr(disk, "TOO_LITTLE_BYTES", free * 2)
    assert next(iter(disk.disks(home))).level == "problem"


def test_a_temporary_folder_that_cannot_be_written(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """TMPDIR's folder is named, and the variable."""
    import tempfile

    closed = home / "tmp"
    closed.mkdir(mode=0o500)
    monkeypatch.setattr(tempfile, "tempdir", str(closed))
    with somebody_else():
        found = {each.check: each for each in disk.disks(home / "work")}
    assert (found["temporary files"].level, "TMPDIR" in found["temporary files"].next_step) == ("problem", True)


def test_a_user_folder_that_is_a_file(called: Called, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file stands where the index of takes is to be: the variable that moves it is named."""
    (home / "data").write_text("")
    monkeypatch.setenv("COMETAPI_DATA_DIR", str(home / "data" / "index"))
    found = found_by(called, "--offline")["folders"]
    assert (found["level"], "COMETAPI_DATA_DIR" in found["next_step"]) == ("problem", True)


# -- books


@pytest.fixture
def job(called: Called, home: Path) -> Path:
    """Return a job with a timeline in it."""
    import opentimelineio as otio

    from support.edits import three_tracks
    from support.flow import FILM

    edit = three_tracks(home / "media", FILM)
    otio.adapters.write_to_file(edit.timeline, str(home / "work" / "edit.otio"))
    done = called("export", "edit.otio", "--job", "a.cometjob", "--select", "track:V3", "--prompt", "x")
    assert done.exit_code == 0, done.output
    return home / "work" / "a.cometjob"


@pytest.mark.usefixtures("with_key")
@pytest.mark.parametrize(
    ("schema", "level", "words"),
    [("1", "note", "brings it to"), ("99", "problem", "newer version"), ("", "ok", "read")],
)
def test_a_ledger_of_another_version(called: Called, job: Path, schema: str, level: str, words: str) -> None:
    """An old ledger is told and left as it is; a newer one is a problem; our own is fine."""
    with sqlite3.connect(job / "private" / "ledger.sqlite") as ledger:
        ledger.execute("UPDATE card SET value = ? WHERE name = 'schema'", (schema or str(LEDGER_SCHEMA),))
    before = (job / "private" / "ledger.sqlite").read_bytes()
    found = found_by(called, "a.cometjob", "--offline")["ledger"]
    assert (found["level"], words in found["message"]) == (level, True), found
    assert (job / "private" / "ledger.sqlite").read_bytes() == before


@pytest.mark.usefixtures("with_key")
def test_a_ledger_that_is_damaged_or_gone(called: Called, job: Path) -> None:
    """Both are problems, and the next step never is to delete anything."""
    ledger = job / "private" / "ledger.sqlite"
    ledger.write_bytes(b"no database" * 1000)
    found = found_by(called, "a.cometjob", "--offline")["ledger"]
    assert (found["level"], "cannot be read" in found["message"]) == ("problem", True)
    assert "Restore" in found["next_step"]
    ledger.unlink()
    assert "is gone" in found_by(called, "a.cometjob", "--offline")["ledger"]["message"]
    assert not ledger.exists()


@pytest.mark.usefixtures("with_key")
def test_a_shared_ledger_out_of_reach(called: Called, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that is not there: its place without the password, and the variable."""
    with hosts(lambda _: Said.json(404, NO_SUCH_TASK)) as (host,), socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        monkeypatch.setenv("COMETAPI_BASE_URL", host.url)
        monkeypatch.setenv("COMETAPI_LEDGER_URL", f"postgresql://me:hidden@127.0.0.1:{port}/comet")
        found = found_by(called)["ledger"]
    assert (found["level"], "cannot be read" in found["message"]) == ("problem", True), found
    assert "COMETAPI_LEDGER_URL" in found["next_step"]
    assert "hidden" not in json.dumps(found)


@pytest.mark.usefixtures("with_key")
def test_a_store_that_is_no_folder(called: Called, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store whose disk is not mounted."""
    monkeypatch.setenv("COMETAPI_STORE", str(home / "not-mounted"))
    found = found_by(called, "--offline")["store"]
    assert (found["level"], "Mount it" in found["next_step"]) == ("problem", True)


def test_the_doctor_leaves_nothing_behind(home: Path) -> None:
    """What it writes to try a disk is gone when it ends; no folder is made."""
    before = sorted(home.rglob("*"))
    doctor(Ward(offline=True))
    assert sorted(home.rglob("*")) == before

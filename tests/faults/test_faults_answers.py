"""Every answer of the service, taken down the whole road: the take's state, how the run ends, how often it was paid."""

from __future__ import annotations

from functools import partial

import pytest

from cometapi_mock.options import Options
from cometapi_mock.scenarios import named_scenarios
from cometapi_mock.server import MockServer
from otio_cometapi.comet import download as downloading
from otio_cometapi.errors import RunStoppedError
from otio_cometapi.pipeline import homecoming
from otio_cometapi.pipeline.job import Job
from otio_cometapi.pipeline.status import state_of
from support.tiny_road import TinyRoad, impatient

IMPATIENT_S = 1.0
"""What stands for minutes here: slow answers of the simulator take a minute and a half."""

READY = ("READY", "DONE", 1)
UNKNOWN = ("SUBMIT_UNKNOWN", "PARTLY", 1)
REFUSED = ("REFUSED", "NOTHING", 0)
STOPPED = ("EXPORTED", "STOPPED", 0)
PAUSED = ("EXPORTED", "PARTLY", 0)
FAILED = ("FAILED", "NOTHING", 1)
RUNNING = ("SUBMITTED", "PARTLY", 1)
NOT_HOME = ("SUCCEEDED", "PARTLY", 1)

CREATES = {
    # a redirect, the key, the account and the address stop the run
    "create_301": STOPPED,
    "create_401": STOPPED,
    "create_403": STOPPED,
    "create_no_credits": STOPPED,
    "create_404": STOPPED,
    "create_405": STOPPED,
    # the body stops this take
    "create_refused": REFUSED,
    "create_refused_by_upstream": REFUSED,
    "create_model_retired": REFUSED,
    "create_413": REFUSED,
    "create_413_page": REFUSED,
    "create_422": REFUSED,
    "create_500_invalid_request": REFUSED,
    "create_503_model_not_found": REFUSED,
    "create_price_error": REFUSED,
    "create_needs_header": REFUSED,
    # wait
    "create_429": READY,
    "create_429_retry_after": READY,
    "create_429_daily": PAUSED,
    # a task may exist: a person decides
    **{name: UNKNOWN for name in named_scenarios() if name.startswith("lost_")},
    "create_reset": ("SUBMIT_UNKNOWN", "PARTLY", 0),
    "lost_drip": READY,
    "create_lenient": READY,
}
"""Creates: where the take must stand, how the run ends, how many tasks were made."""

POLLS = {
    # the key, the account and the address stop the run; the id is kept
    "poll_301": RUNNING,
    "poll_401": RUNNING,
    "poll_403": RUNNING,
    "poll_405": RUNNING,
    # refused for good, but the task may live
    "poll_400": RUNNING,
    "poll_422": RUNNING,
    # gone: "not yet" for a minute, then a person decides
    "poll_404": FAILED,
    "gone": FAILED,
    "not_yet": READY,
    # asked again
    "poll_408": READY,
    "poll_409": READY,
    "poll_429": READY,
    "poll_429_retry_after": READY,
    "poll_500": READY,
    "poll_502": READY,
    "poll_503": READY,
    "poll_504": READY,
    "poll_524": READY,
    "poll_html": READY,
    "poll_garbage": READY,
    "poll_reset": READY,
    "poll_truncated": READY,
    "poll_stalled": READY,
    "poll_drip": READY,
    "poll_gzip_bomb": READY,
    "poll_endless": READY,
}
"""The same for polls."""

TASKS = {
    "ok": READY,
    "throttled": READY,
    "slow": READY,
    "never_ends": RUNNING,
    "unknown_status": READY,
    "progress_percent": READY,
    "cancelled": FAILED,
    "canceled": FAILED,
    "gateway_timeout": FAILED,
    "status_lags": READY,
    "shape_changes": READY,
    "empty_output": FAILED,
    "late_output": READY,
    "two_outputs": READY,
    **{name: FAILED for name in named_scenarios() if name.startswith("failed_")},
}
"""The same for tasks' lives."""

DOWNLOADS = {
    "expired_output": READY,
    "output_expires_soon": READY,
    "output_gone": NOT_HOME,
    "download_half": READY,
    "download_reset": READY,
    "download_short_length": READY,
    "download_wrong_type": READY,
    "download_drip": READY,
    "download_stalled": READY,
    "download_octet_stream": READY,
    "download_no_range": READY,
    "download_redirect": READY,
    "download_half_always": READY,
    "download_404": READY,
    "download_500": READY,
    "download_503": READY,
    "download_html": NOT_HOME,
    "download_slow_drip": READY,
    "download_gzip_bomb": NOT_HOME,
    "download_endless": NOT_HOME,
    "download_changed": READY,
    "output_text_file": NOT_HOME,
    "output_empty_file": NOT_HOME,
    "output_truncated_file": FAILED,
    "output_png_zip": FAILED,
}
"""The same for downloads, and for files that are no video."""

CASES = CREATES | POLLS | TASKS | DOWNLOADS


@pytest.mark.parametrize("scenario", CASES)
def test_an_answer_leads_to_its_state(scenario: str, road: TinyRoad, monkeypatch: pytest.MonkeyPatch) -> None:
    """The take ends where that answer leads, the run as it must; no body was created twice and no key went astray."""
    state, ends, creates = CASES[scenario]
    impatient(monkeypatch, IMPATIENT_S)
    monkeypatch.setattr(downloading, "_PIECE_S", IMPATIENT_S)
    monkeypatch.setattr(downloading, "_TIMEOUTS_S", (IMPATIENT_S, IMPATIENT_S))
    monkeypatch.setattr(homecoming, "download", partial(downloading.download, max_bytes=1_000_000))
    with MockServer(Options(scenario=scenario)) as server:
        path = road.job(["make it snow"], name=f"{scenario}.cometjob")
        try:
            result = road.resume(path, server)
            ended, said = result.exit.name, " ".join(result.problems)
        except RunStoppedError as exc:
            ended, said = "STOPPED", str(exc)
        with Job(path) as job:
            (take,) = job.takes()
            left = [each.name for each in job.folder.outputs.iterdir()]
        assert (state_of(take).value, ended) == (state, ends), said
        assert bool(said) == (ends != "DONE")
        checked = server.verify()
    assert (checked["creates"], checked["duplicates"], checked["problems"]) == (creates, [], [])
    assert [name for name in left if name.endswith(".part")] == []


def test_no_scenario_is_left_out() -> None:
    """Every named scenario stands in a table, but for outputs whose pictures other tests look at."""
    assert {name for name in named_scenarios() if name not in CASES and not name.startswith("output_")} == set()

"""The words of the service: every known shape of an answer, and every hostile one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from otio_cometapi.comet.wire import created_task_id, error_in, estimated_credits, object_in, read_task, task_path
from otio_cometapi.records import TaskStatus

GOLDEN = Path(__file__).resolve().parents[2] / "fixtures" / "api"

STATUSES = {
    "pending": TaskStatus.PENDING,
    "not_start": TaskStatus.PENDING,
    "submitted": TaskStatus.PENDING,
    "throttled": TaskStatus.THROTTLED,
    "running": TaskStatus.RUNNING,
    "running_percent": TaskStatus.RUNNING,
    "unknown": TaskStatus.UNKNOWN,
    "unknown_status": TaskStatus.UNKNOWN,
    "succeeded": TaskStatus.SUCCEEDED,
    "succeeded_video_url": TaskStatus.SUCCEEDED,
    "succeeded_result_url_only": TaskStatus.SUCCEEDED,
    "succeeded_empty": TaskStatus.UNKNOWN,
    "failed": TaskStatus.FAILED,
    "failed_without_code": TaskStatus.FAILED,
    "failed_null_code": TaskStatus.FAILED,
    "failed_bad_output": TaskStatus.FAILED,
    "failed_refunded": TaskStatus.FAILED,
    "timed_out": TaskStatus.FAILED,
    "cancelled": TaskStatus.CANCELLED,
    "canceled": TaskStatus.CANCELLED,
}
# The flat shape has no word for these two.
FLAT = {"throttled": TaskStatus.PENDING, "cancelled": TaskStatus.FAILED}


def golden_polls() -> list[str]:
    """Return every golden poll as shape/name."""
    return sorted(f"{path.parent.name}/{path.stem}" for path in GOLDEN.glob("poll/*/*.json"))


def read(body: object, task_id: str = "t1"):
    """Read a body given as an object."""
    return read_task(json.dumps(body).encode(), task_id=task_id)


def test_there_are_golden_polls_of_every_shape() -> None:
    """The golden files hold all five shapes, so the next test cannot pass by reading nothing."""
    assert {"bare", "bare_cost", "flat", "wrapped", "wrapped_legacy"} <= {name.split("/")[0] for name in golden_polls()}


@pytest.mark.parametrize("name", golden_polls())
def test_every_golden_poll_has_its_status(name: str) -> None:
    """Each golden poll is read as the status it is named for."""
    shape, stem = name.split("/")
    reading = read_task((GOLDEN / "poll" / f"{name}.json").read_bytes(), task_id="t1")
    expected = FLAT.get(stem) if shape == "flat" else None
    assert (expected or STATUSES[stem]) == reading.snapshot.status


@pytest.mark.parametrize("name", [name for name in golden_polls() if "/succeeded" in name and "empty" not in name])
def test_every_golden_success_has_its_output_and_no_failure(name: str) -> None:
    """A success names its output in every shape, and a URL in `fail_reason` is not shown as an error."""
    snapshot = read_task((GOLDEN / "poll" / f"{name}.json").read_bytes(), task_id="t1").snapshot
    assert snapshot.output_urls
    assert snapshot.output_urls[0].startswith("https://")
    assert not snapshot.failure


@pytest.mark.parametrize("name", [name for name in golden_polls() if name.endswith("/running")])
def test_every_golden_running_task_has_a_fraction(name: str) -> None:
    """Progress is a fraction, whether it comes as 0.45 or as "45%"."""
    snapshot = read_task((GOLDEN / "poll" / f"{name}.json").read_bytes(), task_id="t1").snapshot
    assert 0 < snapshot.progress < 1


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (0.45, 0.45), (0, 0.0), (1, 1.0), (45, 0.45), (45.5, 0.455), ("45%", 0.45), ("100%", 1.0), ("0.5", 0.5),
        (" 12 %", 0.12), (-3, 0.0), (1000, 1.0), (True, None), (None, None), ("soon", None), ([1], None), ("nan", None),
    ],
)  # fmt: skip
def test_progress_is_a_fraction_or_nothing(said: object, expected: float | None) -> None:
    """A number up to 1 stays, a larger one is percent, text with % is percent, anything else is nothing."""
    assert expected == pytest.approx(read({"status": "RUNNING", "progress": said}).snapshot.progress)


def test_success_without_an_output_is_told_apart() -> None:
    """A success that names no usable output is not a success, and says so."""
    reading = read({"id": "t1", "status": "SUCCEEDED", "output": ["ftp://x/y.mp4", None, 7]})
    assert (
        reading.without_output,
        reading.snapshot.status,
        reading.snapshot.output_urls,
    ) == (True, TaskStatus.UNKNOWN, ())


def test_the_outer_end_beats_an_inner_run() -> None:
    """A gateway that gave up is right about it, and its reason is kept, Chinese too."""
    body = (GOLDEN / "poll" / "wrapped" / "timed_out.json").read_bytes()
    snapshot = read_task(body, task_id="t1").snapshot
    assert snapshot.status is TaskStatus.FAILED
    assert "任务超时" in snapshot.failure


def test_an_inner_end_beats_an_outer_run() -> None:
    """The gateway lags: what the upstream record says about the end is true already."""
    inner = {"id": "u", "status": "SUCCEEDED", "output": ["https://cdn.example.com/o.mp4"]}
    snapshot = read({"code": "success", "data": {"status": "IN_PROGRESS", "data": inner}}).snapshot
    assert (snapshot.status, snapshot.output_urls) == (TaskStatus.SUCCEEDED, ("https://cdn.example.com/o.mp4",))


def test_failure_and_code_and_cost_are_kept() -> None:
    """A failed task keeps its sentence, code and cost; a cost of 0 is a cost."""
    body = {"status": "FAILED", "failure": "No.", "failureCode": "SAFETY.INPUT.TEXT", "cost": {"credits": 0}}
    snapshot = read(body).snapshot
    assert (snapshot.failure, snapshot.failure_code, snapshot.cost_credits) == ("No.", "SAFETY.INPUT.TEXT", 0.0)


def test_signed_urls_stay_out_of_reprs() -> None:
    """The query of a signed URL shows in no repr."""
    snapshot = read({"status": "SUCCEEDED", "output": ["https://cdn.example.com/o.mp4?_jwt=SECRET"]}).snapshot
    assert snapshot.output_urls[0].endswith("SECRET")
    assert "SECRET" not in repr(snapshot)


def test_unknown_keys_and_offsets_do_not_matter() -> None:
    """Keys of a full gateway record, and times with +08:00, change nothing."""
    inner = {"id": "u", "status": "RUNNING", "createdAt": "2026-03-13T09:52:46+08:00", "progress": 0.5}
    outer = {"status": "IN_PROGRESS", "quota": 5, "platform": "x", "properties": {}, "channel_id": 3, "data": inner}
    assert read({"code": "success", "message": "", "data": outer}).snapshot.status is TaskStatus.RUNNING


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"null",
        b"[]",
        b'"SUCCEEDED"',
        b"{",
        b"[" * 200_000,
        b'{"status":' * 5000 + b"1" + b"}" * 5000,
        b'{"status": ' + b"9" * 6000 + b"}",
        b'{"status": {"a": 1}}',
        b'{"status": ["SUCCEEDED"], "output": 5}',
        b'{"code": {"a": 1}, "data": [1, 2]}',
        b'{"error": [1, 2, 3]}',
        b'{"error": {"message": {"a": []}, "code": 7}}',
        b'{"issues": [1, null, {"path": 5, "message": 9, "keys": [{}]}], "error": "x"}',
        b'{"code": "success", "data": {"data": {"data": {}}}}',
        b"<html><title>" + b"x" * 300_000,
        b'{"message": "{\\"message\\": \\"{\\"}"}',
    ],
)
def test_hostile_bodies_are_read_without_an_exception(body: bytes) -> None:
    """Whatever comes, reading it never raises, and tells of no task."""
    reading = read_task(body, task_id="t1")
    assert reading.snapshot is None or reading.snapshot.status is TaskStatus.UNKNOWN


def test_huge_numbers_are_no_progress() -> None:
    """Numbers beyond a float, infinities and NaN are nothing."""
    for text in ("1e999", "Infinity", "NaN", "9" * 4000):
        snapshot = read_task(f'{{"status": "RUNNING", "progress": {text}}}'.encode(), task_id="t1").snapshot
        assert snapshot.progress is None


def test_control_characters_never_reach_a_message() -> None:
    """Terminal escapes and half surrogates are taken out of the service's words."""
    snapshot = read({"status": "FAILED", "failure": "a\x1b[31mred\ud800\r\nb", "failureCode": "X\x00"}).snapshot
    assert snapshot.failure == "a [31mred b"
    assert snapshot.failure_code == "X"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"id": "abc"}, "abc"),
        ({"id": "abc", "estimatedCost": {"credits": 63}}, "abc"),
        ({"task_id": "abc"}, "abc"),
        ({"code": "success", "data": {"task_id": "abc"}}, "abc"),
        ({"code": "success", "data": {"id": "abc"}}, "abc"),
        ({"code": "success", "data": "abc"}, "abc"),
        ({"id": 123}, "123"),
        ({}, ""),
        ({"id": ""}, ""),
        ({"id": None, "data": None}, ""),
        ({"id": True}, ""),
        ({"id": ".."}, ""),
        ({"id": "a\nb"}, ""),
        ({"id": "x" * 600}, ""),
    ],
)
def test_the_task_id_is_found_wherever_it_stands(body: dict[str, object], expected: str) -> None:
    """Every variant of a create's answer gives its id; one that cannot be used is none."""
    assert expected == created_task_id(body)


def test_the_estimate_is_read() -> None:
    """The upstream's own estimate is kept."""
    assert estimated_credits({"id": "a", "estimatedCost": {"credits": 63}}) == 63.0


def test_an_id_cannot_leave_its_place_in_the_path() -> None:
    """An id from the service is one segment of the path, whatever it holds."""
    assert task_path("a/../b?c#d") == "/runwayml/v1/tasks/a%2F..%2Fb%3Fc%23d"


def test_all_issues_of_a_validator_are_told() -> None:
    """A validator's findings are all in the sentence, with their fields."""
    body = json.loads((GOLDEN / "errors" / "validation_many.json").read_text())["body"]
    sentence = error_in(json.dumps(body).encode()).sentence()
    for word in ("promptText", "seed", "duration", "Validation of body failed"):
        assert word in sentence


def test_an_upstream_answer_inside_a_string_is_read() -> None:
    """The upstream's answer that a gateway carries as a string is unpacked, and the codes of both are kept."""
    body = json.loads((GOLDEN / "errors" / "upstream_validation.json").read_text())["body"]
    error = error_in(json.dumps(body).encode())
    assert error.codes == ("fail_to_fetch_task",)
    assert error.issues == ("videoUri: Asset duration must be at most 30 seconds",)


def test_an_unknown_model_is_recognised_in_both_ways() -> None:
    """The gateway's code and the validator's union error both mean: no such model."""
    for name in ("model_not_found", "validation_missing_model"):
        body = json.loads((GOLDEN / "errors" / f"{name}.json").read_text())["body"]
        assert error_in(json.dumps(body).encode()).model_unknown


def test_the_request_id_stays_in_the_message() -> None:
    """Support asks for the request id, so it is kept."""
    body = json.loads((GOLDEN / "errors" / "gateway_bad_request.json").read_text())["body"]
    assert "request id:" in error_in(json.dumps(body).encode()).message


def test_secrets_in_the_services_words_are_taken_out() -> None:
    """A key, a data URI and a signed URL's query that the service repeats are not repeated by us."""
    said = "Invalid token sk-KEY for data:video/mp4;base64,AAAAFFFF at https://u:p@x.example.com/a?sig=HIDDEN now"
    message = error_in(json.dumps({"error": {"message": said, "code": ""}}).encode(), secret="sk-KEY").message
    assert message == "Invalid token [key] for data:… at https://x.example.com/a?… now"


def test_a_web_page_is_named_by_its_title() -> None:
    """A page where JSON was expected is told as one."""
    error = error_in(b"<!DOCTYPE html><html><head><title>Welcome</title></head></html>")
    assert error.is_page
    assert error.sentence() == "a web page (Welcome)"


def test_a_byte_order_mark_does_not_hide_json() -> None:
    """JSON behind a byte order mark is JSON."""
    assert object_in(b'\xef\xbb\xbf{"id": "a"}') == {"id": "a"}

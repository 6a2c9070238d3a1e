"""What a client sees of each named scenario of the simulator: one table for each kind."""

from __future__ import annotations

OK = ["PENDING", "RUNNING", "RUNNING", "RUNNING", "SUCCEEDED"]

LIVES: dict[str, list[str]] = {
    "ok": OK,
    "throttled": ["THROTTLED", "THROTTLED", "THROTTLED", "RUNNING", "RUNNING", "RUNNING", "SUCCEEDED"],
    "slow": ["PENDING", *["RUNNING"] * 24, "SUCCEEDED"],
    "not_yet": ["task_not_exist", "task_not_exist", "task_not_exist", "RUNNING", "SUCCEEDED"],
    "never_ends": ["PENDING", *["RUNNING"] * 20],
    "unknown_status": ["PENDING", "DREAMING", "DREAMING", "SUCCEEDED"],
    "progress_percent": OK,
    "cancelled": ["PENDING", "RUNNING", "RUNNING", "CANCELLED", "CANCELLED"],
    "canceled": ["PENDING", "RUNNING", "RUNNING", "CANCELED", "CANCELED"],
    "gone": ["PENDING", "RUNNING", "RUNNING", "RUNNING", "RUNNING", "Could not find Task", "Could not find Task"],
    "gateway_timeout": ["IN_PROGRESS/RUNNING", "IN_PROGRESS/RUNNING", "IN_PROGRESS/RUNNING", "FAILURE/RUNNING"],
    "status_lags": ["SUBMITTED/RUNNING", "SUBMITTED/RUNNING", "SUBMITTED/RUNNING", "SUCCESS/SUCCEEDED"],
    "shape_changes": ["PENDING", "IN_PROGRESS/RUNNING", "IN_PROGRESS", "RUNNING", "SUCCESS", "SUCCEEDED"],
    "empty_output": [*OK, "SUCCEEDED"],
    "late_output": [*OK, "SUCCEEDED", "SUCCEEDED"],
    "two_outputs": OK,
}
"""The status word of each poll: ``outer/inner`` where the answer is wrapped, the error where there is none."""

ABSENT = "absent"

FAILURES: dict[str, tuple[str | None, int]] = {
    "failed_input_text": ("SAFETY.INPUT.TEXT", 75),
    "failed_input_image": ("SAFETY.INPUT.IMAGE", 75),
    "failed_input_video": ("SAFETY.INPUT.VIDEO", 75),
    "failed_output_video": ("SAFETY.OUTPUT.VIDEO", 75),
    "failed_output_image": ("SAFETY.OUTPUT.IMAGE", 75),
    "failed_preprocessing_text": ("INPUT_PREPROCESSING.SAFETY.TEXT", 75),
    "failed_preprocessing": ("INPUT_PREPROCESSING.INTERNAL", 0),
    "failed_asset": ("ASSET.INVALID", 0),
    "failed_bad_output": ("INTERNAL.BAD_OUTPUT.CODE01", 0),
    "failed_internal": ("INTERNAL", 0),
    "failed_third_party": ("THIRD_PARTY.UNAVAILABLE", 0),
    "failed_new_code": ("ORBIT.DECAYED", 75),
    "failed_null_code": (None, 75),
    "failed_no_code": (ABSENT, 75),
}
"""The failure code and what the task cost."""

REFUSED: dict[str, tuple[int, str, int]] = {
    "create_refused": (400, "Asset duration must be at most 30 seconds", 400),
    "create_refused_by_upstream": (400, "fail_to_fetch_task", 400),
    "create_model_retired": (400, "aleph2", 400),
    "create_401": (401, "Invalid token", 401),
    "create_403": (403, "quota", 403),
    "create_no_credits": (400, "not have enough credits", 400),
    "create_404": (404, "Invalid URL", 404),
    "create_405": (405, "<html>", 405),
    "create_413": (413, "request body too large", 413),
    "create_413_page": (413, "<html>", 413),
    "create_422": (422, "invalid_request", 422),
    "create_301": (301, "Moved Permanently", 301),
    "create_429": (429, "rate_limit_exceeded", 200),
    "create_429_retry_after": (429, "rate_limit_exceeded", 200),
    "create_429_daily": (429, "daily", 429),
    "create_500_invalid_request": (500, "invalid_request", 500),
    "create_503_model_not_found": (503, "model_not_found", 503),
    "create_price_error": (400, "model_price_error", 400),
    "create_needs_header": (400, "X-Runway-On-Behalf-Of", 400),
}
"""The status and a piece of the body of the first attempt, and the status of the second."""

LOST: dict[str, tuple[int, str]] = {
    "lost_408": (408, "request_timeout"),
    "lost_409": (409, "conflict"),
    "lost_500": (500, "internal_error"),
    "lost_500_task_layer": (500, "do_request_failed"),
    "lost_500_chinese": (500, "请求上游接口失败"),
    "lost_502": (502, "Bad Gateway"),
    "lost_503": (503, "system_overloaded"),
    "lost_504": (504, "Gateway Time-out"),
    "lost_524": (524, "A timeout occurred"),
    "lost_html": (200, "<!doctype html>"),
    "lost_garbage": (200, '{"id": "12a01a5e-ab55-4aa7-b0'),
    "lost_empty": (200, "{}"),
}
"""What is answered though the task was made."""

CUT = ("lost_reset", "lost_close", "lost_truncated", "lost_stalled")
"""Creates that end in an exception though the task was made."""

OTHER_CREATES = ("create_reset", "create_lenient", "lost_drip", "lost_slow_drip", "lost_endless")
"""Creates with a test of their own."""

POLLS: dict[str, list[int | str]] = {
    "poll_401": [200, 401, 401, 401],
    "poll_403": [200, 403, 403, 403],
    "poll_404": [200, 404, 404, 404],
    "poll_408": [200, 408, 408, 200],
    "poll_409": [200, 409, 409, 200],
    "poll_429": [200, 429, 429, 200],
    "poll_429_retry_after": [200, 429, 429, 200],
    "poll_500": [200, 500, 500, 200],
    "poll_502": [200, 502, 502, 200],
    "poll_503": [200, 503, 503, 200],
    "poll_504": [200, 504, 504, 200],
    "poll_524": [200, 524, 524, 200],
    "poll_html": [200, "no JSON", "no JSON", 200],
    "poll_garbage": [200, "no JSON", "no JSON", 200],
    "poll_reset": [200, "cut", "cut", 200],
    "poll_truncated": [200, "cut", "cut", 200],
    "poll_stalled": [200, "cut", 200, 200],
    "poll_400": [200, 400, 400, 400],
    "poll_405": [200, 405, 405, 405],
    "poll_422": [200, 422, 422, 422],
}
"""The status of each poll, or what became of it."""

DOWNLOADS: dict[str, tuple[int | str, int | str]] = {
    "download_half": ("cut", "whole"),
    "download_reset": ("cut", "whole"),
    "download_short_length": ("half", "whole"),
    "download_wrong_type": ("text/html", "text/html"),
    "download_octet_stream": ("application/octet-stream", "application/octet-stream"),
    "download_drip": ("whole", "whole"),
    "download_stalled": ("cut", "whole"),
    "download_no_range": ("whole", "whole"),
    "download_redirect": (302, 302),
    "download_half_always": ("cut", "cut"),
    "download_404": (404, "whole"),
    "download_500": (500, "whole"),
    "download_503": (503, "whole"),
    "download_html": ("text/html", "whole"),
    "download_changed": ("cut", "whole"),
    "expired_output": (403, 403),
    "output_expires_soon": ("whole", "whole"),
    "output_gone": (403, 403),
}
"""What becomes of the first and of the second download of one address."""

WITHOUT_END = (
    "poll_drip",
    "poll_endless",
    "poll_gzip_bomb",
    "download_slow_drip",
    "download_gzip_bomb",
    "download_endless",
)
"""What dribbles, swells or never ends, with a test of its own."""

OTHER_POLLS = ("poll_301",)
"""Polls with a test of their own."""

FRAMES = list(range(30))

OUTPUTS: dict[str, list[int]] = {
    "output_first_5s": FRAMES,
    "output_other_rate": FRAMES,
    "output_resampled": [number for number in FRAMES if number != 12],
    "output_frame_more": [*FRAMES, 29],
    "output_frame_less": FRAMES[:-1],
    "output_first_doubled": [0, *FRAMES],
    "output_shifted": [*FRAMES[2:], 29, 29],
    "output_ahead_1": [*FRAMES[1:], 29],
    "output_ahead_3": [*FRAMES[3:], 29, 29, 29],
    "output_behind_1": [0, *FRAMES[:-1]],
    "output_behind_2": [0, 0, *FRAMES[:-2]],
    "output_behind_3": [0, 0, 0, *FRAMES[:-3]],
    "output_frozen": [15 if 15 < number < 24 else number for number in FRAMES],
    "output_repeated": [number - (number % 5 == 4) for number in FRAMES],
    "output_other_size": FRAMES,
    "output_with_sound": FRAMES,
    "output_vfr": FRAMES,
    "output_late_start": FRAMES,
    "output_prores": FRAMES,
    "output_hevc10": FRAMES,
    "output_black": [0] * 30,
}
"""The numbers that the frames of the output show, for thirty numbered frames at 25 per second."""

OTHER_OUTPUTS = (
    "output_letterboxed",
    "output_cut",
    "output_png_zip",
    "output_truncated_file",
    "output_text_file",
    "output_empty_file",
)
"""Outputs with a test of their own."""

TABLES = (
    LIVES,
    FAILURES,
    REFUSED,
    LOST,
    CUT,
    OTHER_CREATES,
    POLLS,
    OTHER_POLLS,
    DOWNLOADS,
    WITHOUT_END,
    OUTPUTS,
    OTHER_OUTPUTS,
)

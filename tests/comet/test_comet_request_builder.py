"""The one body that is sent: every field, every rule, every problem at once, byte for byte the same each time."""

from __future__ import annotations

import base64
import hashlib
import json
import tracemalloc
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otio_cometapi.comet.client import Client
from otio_cometapi.comet.models import load_models, model_named
from otio_cometapi.comet.publish import largest_export_bytes, video_input
from otio_cometapi.comet.request_builder import (
    CreateRequest,
    VideoInput,
    create_request,
    keyframe_problems,
    keyframe_seconds,
    look_problems,
    nearest_ratio,
)
from otio_cometapi.errors import RequestInvalidError
from otio_cometapi.records import Export, Keyframe, Look, Model, Span, SubmitOutcome
from support.fake_clock import FakeClock
from support.raw_http import RawServer, reply

GOLDEN = Path(__file__).resolve().parents[2] / "fixtures" / "api"
MODELS = load_models()
ALEPH = MODELS["gen4_aleph"]
ALEPH2 = MODELS["aleph2"]
LOOK = Look(prompt="make it snow", model="gen4_aleph", seed=7)
URL = "https://media.example.com/shots/sh010.mp4"
MP4 = b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(200))


def built(look: Look = LOOK, *, loopback: bool = False, **more: object) -> CreateRequest:
    """Build with what most tests need."""
    given = {"video": VideoInput(url=URL), "model": ALEPH, "ratio": "1280:720", "allow_loopback": loopback} | more
    return create_request(look, **given)  # type: ignore[arg-type]


def fields_of(request: CreateRequest) -> dict[str, object]:
    """Return the body, parsed."""
    parsed = json.loads(b"".join(request.body))
    assert isinstance(parsed, dict)
    return parsed


def problems_of(look: Look = LOOK, **more: object) -> tuple[str, ...]:
    """Build and return what was wrong."""
    with pytest.raises(RequestInvalidError) as caught:
        built(look, **more)  # type: ignore[arg-type]
    return caught.value.problems


@pytest.fixture
def mp4(tmp_path: Path) -> Path:
    """Write a file that begins as an MP4 does."""
    path = tmp_path / "export.mp4"
    path.write_bytes(MP4 + bytes(range(256)) * 400)
    return path


def test_all_seven_fields_are_those_of_the_services_page() -> None:
    """The full body is the golden one, field for field."""
    golden = json.loads((GOLDEN / "requests" / "full.json").read_text("utf-8"))
    look = Look(
        prompt=golden["promptText"],
        model="gen4_aleph",
        seed=42,
        references=("https://media.example.com/refs/snow.png",),
        moderation="auto",
    )
    assert golden == fields_of(built(look))


def test_unset_fields_stay_out_of_the_body() -> None:
    """References and moderation are sent only when the user set them; the seed always."""
    assert {"model", "videoUri", "promptText", "seed", "ratio"} == set(fields_of(built()))


def test_the_successors_body_has_keyframes_and_no_ratio() -> None:
    """aleph2 takes images as keyframes in time, and no ratio unless it is asked for."""
    refs = tuple(f"https://media.example.com/{name}.png" for name in "ab")
    look = replace(LOOK, model="aleph2", references=refs)
    body = fields_of(built(look, model=ALEPH2, ratio=None, video=VideoInput(url=URL, seconds=Fraction(4))))
    assert body["keyframes"] == [{"uri": refs[0], "seconds": 0.0}, {"uri": refs[1], "seconds": 2.0}]
    assert {"model", "videoUri", "promptText", "seed", "keyframes"} == set(body)


def test_several_keyframes_need_the_inputs_length() -> None:
    """Images cannot be placed in a time that nobody knows."""
    refs = tuple(f"https://media.example.com/{name}.png" for name in "ab")
    problems = problems_of(replace(LOOK, model="aleph2", references=refs), model=ALEPH2, ratio=None)
    assert "length of the input" in problems[0]


def test_an_unknown_model_is_sent_as_it_is() -> None:
    """A model that no table names goes on the wire under its own name."""
    body = fields_of(built(replace(LOOK, model="aleph9"), model=model_named(MODELS, "aleph9"), ratio=None))
    assert (body["model"], body.get("ratio")) == ("aleph9", None)


def test_a_local_video_becomes_a_data_uri_of_its_bytes(mp4: Path) -> None:
    """The file's bytes stand in the body, base64 with the right media type."""
    uri = str(fields_of(built(video=VideoInput(path=mp4)))["videoUri"])
    head, _, data = uri.partition(",")
    assert head == "data:video/mp4;base64"
    assert base64.b64decode(data, validate=True) == mp4.read_bytes()


@pytest.mark.parametrize("size", [0, 1, 2, 3, 48 * 1024 - 25, 48 * 1024 - 24, 48 * 1024, 100_001])
def test_a_data_uri_is_whole_at_every_length(size: int, tmp_path: Path) -> None:
    """Lengths around the pieces' borders and all remainders of three are encoded without padding in the middle."""
    path = tmp_path / "a.mp4"
    path.write_bytes(MP4 + bytes(size))
    request = built(video=VideoInput(path=path))
    data = str(fields_of(request)["videoUri"]).partition(",")[2]
    assert base64.b64decode(data, validate=True) == path.read_bytes()
    assert request.size == len(request.body) == len(b"".join(request.body))


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0" + bytes(50), "image/jpeg"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
    ],
)
def test_a_local_image_is_typed_by_its_content(content: bytes, media_type: str, tmp_path: Path) -> None:
    """The name lies, the content decides."""
    image = tmp_path / "ref.gif"
    image.write_bytes(content)
    sent = fields_of(built(replace(LOOK, references=(str(image),))))["references"]
    encoded = base64.b64encode(content).decode("ascii")
    assert sent == [{"type": "image", "uri": f"data:{media_type};base64,{encoded}"}]


def test_the_same_bytes_come_out_every_time(mp4: Path) -> None:
    """A body can be streamed twice, and its hash is the hash of its bytes."""
    request = built(video=VideoInput(path=mp4))
    first, second = b"".join(request.body), b"".join(request.body)
    assert first == second
    assert hashlib.sha256(first).hexdigest() == request.sha256


def test_equal_requests_have_equal_bytes(mp4: Path) -> None:
    """The same look and video give the same hash, another seed another one."""
    video = VideoInput(path=mp4)
    assert built(video=video).sha256 == built(video=video).sha256
    assert built(video=video).sha256 != built(replace(LOOK, seed=8), video=video).sha256


def test_a_request_of_five_megabytes_is_never_in_memory(tmp_path: Path) -> None:
    """Building, hashing and sending a 5 MB data URI takes less than a megabyte."""
    path = tmp_path / "big.mp4"
    path.write_bytes(MP4 + bytes(3_700_000))
    with (
        RawServer(reply(200, {"id": "t"}), keep_bodies=False) as server,
        Client(server.url, key="k", clock=FakeClock()) as client,
    ):
        client.submit(built())  # what libraries load once is not what is measured
        tracemalloc.start()
        request = built(video=VideoInput(path=path))
        answer = client.submit(request)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (SubmitOutcome.ACCEPTED, request.sha256) == (answer.outcome, server.requests[1].sha256)
    assert request.size > 4_900_000
    assert peak < 1_000_000


def test_pieces_of_a_body_are_small(mp4: Path) -> None:
    """No piece of a streamed body is larger than 64 KiB."""
    assert max(len(piece) for piece in built(video=VideoInput(path=mp4)).body) <= 64 * 1024


def test_reprs_hold_no_data(mp4: Path) -> None:
    """Neither prompt nor base64 nor a URL's query show in a repr."""
    request = built(video=VideoInput(path=mp4))
    assert "snow" not in f"{request!r} {request.body!r}"
    assert "SECRET" not in repr(VideoInput(url="https://x.example.com/a.mp4?sig=SECRET"))


def test_a_file_that_changes_is_noticed(mp4: Path) -> None:
    """A file that is no longer what was hashed is not sent as if it were."""
    request = built(video=VideoInput(path=mp4))
    assert request.body.changed_files() == ()
    mp4.write_bytes(MP4 + b"other")
    assert request.body.changed_files() == (mp4,)
    with pytest.raises(RequestInvalidError, match="changed after"):
        b"".join(request.body)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """Prompt, seed, ratio, references, moderation and video: one error names them all."""
    look = Look(
        prompt=" ",
        model="gen4_aleph",
        seed=-1,
        ratio="16:9",
        references=("relative.png", str(tmp_path / "none.png")),
        moderation="high",
    )
    problems = problems_of(look, ratio=None, video=VideoInput(url="http://10.0.0.1/a.mp4"))
    text = "; ".join(problems)
    for word in (
        "prompt",
        "seed",
        "ratio",
        "2 reference images",
        "relative.png",
        "none.png",
        "moderation",
        "https",
        "IP",
    ):
        assert word in text


@pytest.mark.parametrize(
    ("prompt", "fits"),
    [("a" * 1000, True), ("a" * 1001, False), ("😀" * 500, True), ("😀" * 500 + "a", False), ("é" * 1000, True)],
    ids=["1000 letters", "1001 letters", "500 emoji", "500 emoji and a letter", "1000 accents"],
)
def test_the_prompt_is_counted_in_utf16_units(prompt: str, fits: bool) -> None:
    """An emoji counts two, an accent one."""
    assert fits == (not look_problems(replace(LOOK, prompt=prompt), ALEPH))


def test_half_a_surrogate_pair_is_refused() -> None:
    """A prompt that is no text is refused before it breaks the encoding."""
    assert "surrogate" in look_problems(replace(LOOK, prompt="a\ud800"), ALEPH)[0]


@pytest.mark.parametrize(("seed", "fits"), [(0, True), (4_294_967_295, True), (-1, False), (4_294_967_296, False)])
def test_the_seed_has_a_range(seed: int, fits: bool) -> None:
    """0 to 4294967295."""
    assert fits == (not look_problems(replace(LOOK, seed=seed), ALEPH))


def test_a_look_without_a_seed_is_fine_to_plan_and_not_to_send() -> None:
    """The seed is settled between the two."""
    assert look_problems(replace(LOOK, seed=None), ALEPH) == ()
    assert "no seed" in problems_of(replace(LOOK, seed=None))[0]


def test_a_model_with_ratios_wants_one() -> None:
    """gen4_aleph always gets a ratio."""
    assert "wants a ratio" in problems_of(ratio=None)[0]


def test_images_of_other_kinds_are_refused(tmp_path: Path) -> None:
    """A GIF, a folder and an image that is too large are refused, each by name."""
    gif, big = tmp_path / "a.png", tmp_path / "b.png"
    gif.write_bytes(b"GIF89a" + bytes(50))
    big.write_bytes(PNG + bytes(3_800_000))
    for path, word in (
        (gif, "no JPEG"),
        (tmp_path, "not a file"),
        (big, "5,000,000"),
        (tmp_path / "x", "cannot be read"),
    ):
        problems = look_problems(replace(LOOK, references=(str(path),)), ALEPH)
        assert len(problems) == 1
        assert word in problems[0]
        assert str(path) in problems[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://media.example.com/a.mp4",
        "https://192.168.0.1/a.mp4",
        "https://8.8.8.8/a.mp4",
        "https://[2001:db8::1]/a.mp4",
        "https://2130706433/a.mp4",
        "https://0x7f.1/a.mp4",
        "https://user:pass@media.example.com/a.mp4",
        "https://intranet/a.mp4",
        "https://media.example.com/" + "a" * 2048,
        "https://media.example.com/a b.mp4",
        "https://media.example.com/ä.mp4",
        "https://media.example.com:port/a.mp4",
        "https:///a.mp4",
        "file:///home/me/a.mp4",
        "runway://abc",
        "/home/me/a.mp4",
        "http://127.0.0.1:8000/a.mp4",
        "https://localhost/a.mp4",
        "",
    ],
)
def test_urls_that_the_service_would_not_fetch_are_refused(url: str) -> None:
    """Only https to a domain name is sent; loopback, paths, addresses and user names are not."""
    assert problems_of(video=VideoInput(url=url))
    assert problems_of(replace(LOOK, references=(url,)))


def test_a_refused_url_is_named_without_its_secrets() -> None:
    """The message names the URL without query and password."""
    text = "; ".join(problems_of(video=VideoInput(url="http://me:PASS@media.example.com/a.mp4?sig=SECRET")))
    assert "media.example.com/a.mp4" in text
    assert "SECRET" not in text
    assert "PASS" not in text


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost:8000", "[::1]:8000"])
def test_loopback_urls_are_for_a_service_on_this_machine(host: str) -> None:
    """Plain http on this machine is fine when the service is here too."""
    body = fields_of(built(video=VideoInput(url=f"http://{host}/a.mp4"), loopback=True))
    assert body["videoUri"] == f"http://{host}/a.mp4"


def test_a_video_that_is_too_large_is_refused_with_its_length(tmp_path: Path) -> None:
    """The data URI counts, prefix and base64 included."""
    path = tmp_path / "a.mp4"
    path.write_bytes(MP4 + bytes(largest_export_bytes(ALEPH) - len(MP4)))
    assert built(video=VideoInput(path=path)).size > 4_999_900
    path.write_bytes(MP4 + bytes(largest_export_bytes(ALEPH) - len(MP4) + 12))
    assert "5,000,000" in problems_of(video=VideoInput(path=path))[0]


@pytest.mark.parametrize("content", [b"", b"just text", b"RIFF\x10\x00\x00\x00AVI "])
def test_what_is_no_video_is_refused(content: bytes, tmp_path: Path) -> None:
    """A file that does not begin as a video does is not sent as one."""
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    assert "no MP4" in problems_of(video=VideoInput(path=path))[0]


def test_a_missing_video_is_refused(tmp_path: Path) -> None:
    """A path without a file is named; neither or both inputs are refused."""
    assert "not a file" in problems_of(video=VideoInput(path=tmp_path / "none.mp4"))[0]
    assert problems_of(video=VideoInput())
    assert problems_of(video=VideoInput(path=tmp_path / "a.mp4", url=URL))


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (1920, 1080, "1280:720"),
        (1080, 1920, "720:1280"),
        (1440, 1080, "1104:832"),
        (1080, 1080, "960:960"),
        (720, 1280, "720:1280"),
        (2048, 858, "1584:672"),
        (320, 180, "1280:720"),
        (833, 1104, "832:1104"),
        (10, 1000, "720:1280"),
    ],
)
def test_the_nearest_ratio_has_the_pictures_shape(width: int, height: int, expected: str) -> None:
    """Shape decides; among equal shapes the larger raster."""
    assert expected == nearest_ratio(width, height, ALEPH)


def test_a_model_without_ratios_has_no_nearest() -> None:
    """Where the model names none, none is sent."""
    assert nearest_ratio(1920, 1080, ALEPH2) is None


def test_an_export_goes_as_its_file_or_as_its_url(tmp_path: Path) -> None:
    """Without a URL the file itself is sent; its length is exact, padding included, and so is what it shows."""
    export = Export(
        path=str(tmp_path / "a.mp4"),
        span=Span(10, 46, Fraction(24000, 1001)),
        pad_frames=2,
        wire_rate=Fraction(24000, 1001),
        width=320,
        height=180,
        picture=(0, 0, 320, 180),
        size_bytes=10,
        quality="high",
        sha256="",
        frame_hashes=(),
    )
    sent = VideoInput(seconds=Fraction(2002, 1000), span=export.span, wire_rate=export.wire_rate)
    assert video_input(export) == replace(sent, path=tmp_path / "a.mp4")
    assert video_input(export, url=URL) == replace(sent, url=URL, sha256=export.sha256)


def test_a_request_is_told_apart_by_content_and_not_by_signature() -> None:
    """Two signed URLs of one content make one identity and two bodies; another content makes another identity."""

    def made(url: str, sha256: str) -> CreateRequest:
        video = VideoInput(url=url, sha256=sha256)
        return create_request(LOOK, video=video, model=ALEPH, ratio="1280:720", allow_loopback=False)

    first, again = made(f"{URL}?sig=ONE", "aa" * 32), made(f"{URL}?sig=TWO", "aa" * 32)
    assert first.sha256 == again.sha256 != made(f"{URL}?sig=ONE", "bb" * 32).sha256
    assert b"sig=ONE" in b"".join(first.body)
    assert b"sig=TWO" in b"".join(again.body)
    assert len(b"".join(again.body)) == again.size


def keyed(*frames: int, **more: object) -> Look:
    """Return a look of aleph2 with a keyframe at each source frame."""
    marks = tuple(Keyframe(f"https://media.example.com/k{frame}.png", frame) for frame in frames)
    return replace(LOOK, model="aleph2", keyframes=marks, **more)  # type: ignore[arg-type]


def sent_video(first: int, count: int, rate: Fraction, *, slowdown: int = 1) -> VideoInput:
    """Return a video that shows *count* source frames from *first* on."""
    span = Span(first, count, rate)
    return VideoInput(url=URL, seconds=count * slowdown / rate, span=span, wire_rate=rate / slowdown)


def test_a_keyframe_stands_at_its_own_time_of_what_is_sent() -> None:
    """Its seconds count from the first frame that is sent, at the rate that is sent."""
    video = sent_video(100, 96, Fraction(24))
    body = fields_of(built(keyed(100, 112, 195), model=ALEPH2, ratio=None, video=video))
    assert [(each["uri"][-8:], each["seconds"]) for each in body["keyframes"]] == [  # type: ignore[attr-defined]
        ("k100.png", 0.0),
        ("k112.png", 0.5),
        ("k195.png", 3.958334),
    ]


def test_slow_motion_moves_keyframes_with_their_frames() -> None:
    """A source sent at half its rate shows each frame at twice the time."""
    video = sent_video(100, 96, Fraction(50), slowdown=2)
    body = fields_of(built(keyed(150), model=ALEPH2, ratio=None, video=video))
    assert [each["seconds"] for each in body["keyframes"]] == [2.0]  # type: ignore[attr-defined]


def test_keyframes_of_other_parts_are_not_sent() -> None:
    """A part is sent the keyframes of its own frames; without one the body has none."""
    look = keyed(10, 99, 100, 196)
    body = fields_of(built(look, model=ALEPH2, ratio=None, video=sent_video(100, 96, Fraction(24))))
    assert [each["uri"][-8:] for each in body["keyframes"]] == ["k100.png"]  # type: ignore[attr-defined]
    other = fields_of(built(look, model=ALEPH2, ratio=None, video=sent_video(300, 96, Fraction(24))))
    assert "keyframes" not in other


@given(
    rate=st.sampled_from([Fraction(24000, 1001), Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(50)]),
    slowdown=st.integers(1, 4),
    first=st.integers(0, 10**7),
    count=st.integers(1, 3600),
    frames=st.lists(st.integers(0, 10**7), unique=True, max_size=5),
    inside=st.lists(st.floats(0, 0.999), unique=True, max_size=5),
)
def test_a_keyframe_never_leaves_its_part(
    rate: Fraction, slowdown: int, first: int, count: int, frames: list[int], inside: list[float]
) -> None:
    """Whatever is cut at whatever rate: the seconds sent name the keyframe's own frame and lie within the video."""
    span, wire_rate = Span(first, count, rate), rate / slowdown
    marks = {*frames, *(first + int(share * count) for share in inside)}
    look = replace(LOOK, keyframes=tuple(Keyframe("https://a.example.com/k.png", mark) for mark in sorted(marks)))
    sent = look.keyframes_in(span)
    assert {each.frame for each in sent} == {mark for mark in marks if first <= mark < first + count}
    for each in sent:
        moment = Fraction(str(keyframe_seconds(each, span=span, wire_rate=wire_rate)))
        assert int(moment * wire_rate) == each.frame - first == round(moment * wire_rate)
        assert 0 <= moment < count / wire_rate


def test_keyframes_need_to_know_what_is_sent() -> None:
    """Source frames cannot be placed in a video of which nobody says what it shows."""
    problems = problems_of(keyed(7), model=ALEPH2, ratio=None, video=VideoInput(url=URL, seconds=Fraction(4)))
    assert "which source frames the video shows is not known" in problems[0]


@pytest.mark.parametrize(
    ("look", "model", "why"),
    [
        (replace(keyed(3), model="gen4_aleph"), ALEPH, "gen4_aleph takes no keyframes; these do: aleph2"),
        (keyed(1, 2, 3, 4, 5, 6), ALEPH2, "6 keyframes are given for one video; aleph2 takes 5 at most"),
        (keyed(2, 2), ALEPH2, "two keyframes are given for source frame 2"),
        (keyed(2, references=("https://a.example.com/r.png",)), ALEPH2, "place every image at a moment, or none"),
    ],
    ids=["a model without keyframes", "too many", "one frame twice", "references too"],
)
def test_keyframes_that_cannot_be_sent_are_named(look: Look, model: Model, why: str) -> None:
    """Each refusal says what is too much and what would do."""
    (problem,) = keyframe_problems(look, model, span=Span(0, 48, Fraction(24)), models=MODELS.values())
    assert why in problem


def test_six_keyframes_fit_where_each_part_has_fewer() -> None:
    """The limit is a video's, so keyframes of other parts do not count."""
    assert keyframe_problems(keyed(1, 2, 3, 50, 60, 70), ALEPH2, span=Span(0, 48, Fraction(24))) == ()


def test_a_keyframe_that_cannot_be_fetched_or_read_is_named(tmp_path: Path) -> None:
    """A file that is no image and a URL that the service cannot fetch stop the request by name."""
    text = tmp_path / "k.txt"
    text.write_text("no picture")
    look = replace(keyed(), keyframes=(Keyframe(str(text), 1), Keyframe("http://media.example.com/k.png", 2)))
    problems = problems_of(look, model=ALEPH2, ratio=None, video=sent_video(0, 48, Fraction(24)))
    assert problems == (
        f"the keyframe {text} is no JPEG, PNG or WebP",
        "the keyframe's URL http://media.example.com/k.png is not https",
    )

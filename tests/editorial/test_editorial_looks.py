"""Where a look comes from, and what look files may say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otio_cometapi.editorial.look_fields import checked_fields
from otio_cometapi.editorial.look_file import LookFile, read_look_file
from otio_cometapi.editorial.looks import LookSources, LookTable
from otio_cometapi.editorial.markers import CometText, comet_text
from otio_cometapi.errors import EditorialError
from support.otio_builders import CALM, clip

ROOT = Path("/media/root")
EVERYTHING = LookSources(
    flags={"prompt": "flag"},
    environment={"prompt": "environment"},
    look_file=LookFile(Path("look.toml"), {"prompt": "defaults"}, (("sh0*", {"prompt": "row"}),)),
    user_config={"prompt": "user"},
)


def said(text: str) -> tuple[CometText, ...]:
    """Return a marker text, read."""
    read = comet_text(text)
    assert read is not None
    return (read,)


def look_of(sources: LookSources, made: Any = None, markers: tuple[CometText, ...] = ()) -> Any:
    """Return the look that the sources give a clip."""
    return LookTable(sources, media_root=ROOT).look_for(made or clip(), markers)


def test_a_marker_is_the_strongest_source() -> None:
    """Marker before clip metadata before everything else."""
    made = clip(metadata={"cometapi": {"prompt": "metadata"}})
    assert look_of(EVERYTHING, made, said("comet: marker")).look.prompt == "marker"


@pytest.mark.parametrize(
    ("sources", "made", "prompt"),
    [
        (EVERYTHING, clip(metadata={"cometapi": {"prompt": "metadata"}}), "metadata"),
        (EVERYTHING, clip(), "row"),
        (EVERYTHING, clip("other"), "flag"),
        (replace(EVERYTHING, flags={"prompt": None}), clip("other"), "environment"),
        (replace(EVERYTHING, flags={}, environment={}), clip("other"), "defaults"),
        (replace(EVERYTHING, flags={}, environment={}, look_file=None), clip(), "user"),
    ],
    ids=["metadata", "look file clip", "flag", "environment", "look file defaults", "user"],
)
def test_each_source_stands_above_the_next(sources: LookSources, made: Any, prompt: str) -> None:
    """Metadata > the file's clips > flags > environment > the file's defaults > user."""
    assert look_of(sources, made).look.prompt == prompt


def test_precedence_is_per_field() -> None:
    """A marker's prompt does not hide a flag's seed or the file's ratio."""
    sources = LookSources(flags={"seed": 9}, look_file=LookFile(Path("l"), {"ratio": "1280:720"}), default_model="m")
    look = look_of(sources, clip(), said("comet: snow | moderation=LOW")).look
    assert (look.prompt, look.seed, look.ratio, look.moderation, look.model) == ("snow", 9, "1280:720", "low", "m")


def test_a_clip_without_a_prompt_has_no_look() -> None:
    """An empty prompt is told with what to do."""
    found = look_of(LookSources(), clip(), said("comet: | seed=3"))
    assert found.look is None
    assert "--prompt" in found.problem


def test_two_prompts_on_one_clip_are_refused_by_name() -> None:
    """Two markers that disagree are no choice of ours."""
    found = look_of(LookSources(), clip(), said("comet: snow") + said("comet: rain"))
    assert "'snow'" in found.problem
    assert "'rain'" in found.problem


def test_two_markers_that_agree_are_one() -> None:
    """A clip marker and a track marker with the same words do not conflict, and settings add up."""
    found = look_of(LookSources(), clip(), said("comet: snow") + said("comet: snow | seed=5"))
    assert (found.look.prompt, found.look.seed) == ("snow", 5)


def test_takes_are_counted() -> None:
    """`takes=` asks for several generations."""
    assert look_of(LookSources(), clip(), said("comet: snow | takes=3")).takes == 3


def test_our_own_note_on_a_clip_is_no_look() -> None:
    """A relinked clip carries a note under our key that must not become a setting."""
    found = look_of(LookSources(flags={"prompt": "p"}), clip(metadata={"cometapi": {"relinked": {"take_id": "t"}}}))
    assert found.look is not None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("comet: x | seed=-1", "seed"),
        ("comet: x | seed=4294967296", "seed"),
        ("comet: x | seed=1 seed=2", "twice"),
        ("comet: x | sed=1", "sed"),
        ("comet: x | takes=0", "takes"),
        ("comet: x | ratio=wide", "ratio"),
        ("comet: x | moderation=none", "moderation"),
        ("comet: x | loud", "loud"),
    ],
)
def test_a_wrong_setting_in_a_marker_leaves_the_clip_out(text: str, words: str) -> None:
    """The clip is left out and the setting is named; other clips go on."""
    found = look_of(LookSources(), clip(), said(text))
    assert found.look is None
    assert words in found.problem


def test_wrong_metadata_on_a_clip_leaves_it_out() -> None:
    """Clip metadata is strangers' data."""
    found = look_of(LookSources(), clip(metadata={"cometapi": {"prompt": ["a", 1]}}))
    assert "prompt" in found.problem


def test_a_wrong_flag_is_an_error_at_once() -> None:
    """A flag concerns every clip: nothing is planned."""
    with pytest.raises(EditorialError, match="seed"):
        look_of(LookSources(flags={"seed": "many"}))


def test_references_are_absolute_and_start_where_they_were_written(tmp_path: Path) -> None:
    """A look file's folder, the media root for markers, URLs as they are."""
    path = tmp_path / "look.toml"
    path.write_text('[defaults]\nreferences = ["snow.png", "https://x.test/a.png", "/abs/b.png"]\n')
    look = look_of(LookSources(flags={"prompt": "p"}, look_file=read_look_file(path))).look
    assert look.references == (str(tmp_path / "snow.png"), "https://x.test/a.png", "/abs/b.png")
    look = look_of(LookSources(), clip(), said("comet: x | reference=../s.png")).look
    assert look.references == ("/media/s.png",)


def test_a_toml_look_file_is_read(tmp_path: Path) -> None:
    """Defaults and clips by pattern; a later pattern wins, field by field."""
    path = tmp_path / "look.toml"
    path.write_text(
        '[defaults]\nmodel = "aleph2"\n[clips."sh*"]\nprompt = "snow"\nseed = 1\n[clips."SH01?"]\nseed = 2\n'
    )
    look = look_of(LookSources(look_file=read_look_file(path))).look
    assert (look.prompt, look.seed, look.model) == ("snow", 2, "aleph2")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_is_read_with_any_separator(tmp_path: Path, delimiter: str) -> None:
    """CSV as spreadsheets write it in any country, with a byte order mark; empty cells are not given."""
    path = tmp_path / "look.csv"
    rows = [
        ["Clip", "Prompt", "Seed", "Reference"],
        ["sh0*", '"snow, heavy; now"', "", "a.png|b.png"],
        ["", "", "", ""],
    ]
    path.write_text("\ufeff" + "\r\n".join(delimiter.join(row) for row in rows), encoding="utf-8")
    look = look_of(LookSources(look_file=read_look_file(path))).look
    assert (look.prompt, look.seed) == ("snow, heavy; now", None)
    assert look.references == (str(tmp_path / "a.png"), str(tmp_path / "b.png"))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.toml", b"prompt = 'x'", "prompt"),
        ("a.toml", b"[defaults]\nprmpt = 'x'", "prmpt"),
        ("a.toml", b"[defaults]\nprompt = 3", "prompt is 3"),
        ("a.toml", b"[defaults]\nseed = true", "seed is True"),
        ("a.toml", b"[defaults]\nseed = 1.5", "seed is 1.5"),
        ("a.toml", b"[clips]\nsh = 1", "not a table"),
        ("a.toml", b"defaults = 1", "not a table"),
        ("a.toml", b"[defaults]\nreferences = [1]", "references is 1"),
        ("a.toml", b"[defaults", "could not read"),
        ("a.toml", b"\xff\xfe", "could not read"),
        ("a.toml", b"a = " + b"[" * 100000, "could not read"),
        ("a.csv", b"", "no column 'clip'"),
        ("a.csv", b"name,prompt\nx,y", "no column 'clip'"),
        ("a.csv", b"clip,mood\nx,y", "mood"),
        ("a.csv", b"clip,clip\nx,y", "twice"),
        ("a.csv", b"clip,prompt\nsh,a,b", "line 2"),
        ("a.csv", b"clip,prompt\n,a", "line 2"),
        ("a.csv", b"clip,seed\nsh,x", "line 2"),
        ("a.csv", b'clip,prompt\nsh,"a', "could not read"),
        ("a.csv", b"clip,prompt\nsh,\x00", "not text"),
    ],
)
def test_a_wrong_look_file_is_a_clear_error(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """Look files come from strangers: wrong types and unknown keys are named, with the place."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(EditorialError) as caught:
        read_look_file(path)
    assert words in str(caught.value)
    assert caught.value.next_step


def test_a_missing_look_file_is_a_clear_error(tmp_path: Path) -> None:
    """The path is named."""
    with pytest.raises(EditorialError, match=r"nowhere\.toml"):
        read_look_file(tmp_path / "nowhere.toml")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["prompt", "model", "seed", "ratio", "references", "moderation", "takes", "x"])


@CALM
@given(st.dictionaries(KEYS, JSON, max_size=4))
def test_no_value_gets_past_the_check_with_a_wrong_type(values: dict[str, Any]) -> None:
    """Whatever a file holds, what comes out has the types of a look, or it is our error."""
    try:
        fields = checked_fields(values, where="here", folder=ROOT)
    except EditorialError:
        return
    assert all(isinstance(fields.get(key, ""), str) for key in ("prompt", "model", "ratio", "moderation"))
    assert 0 <= fields.get("seed", 0) <= 4_294_967_295
    assert all(isinstance(entry, str) for entry in fields.get("references", ()))

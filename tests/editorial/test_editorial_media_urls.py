"""Media addresses of every writer."""

from __future__ import annotations

from pathlib import Path

import pytest

from otio_cometapi.editorial.media_urls import path_of
from otio_cometapi.editorial.relink import media_address

ROOT = Path("/root/of/media")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/m/a b.mov", "/m/a b.mov"),
        ("file:///m/a%20b.mov", "/m/a b.mov"),
        ("file:///m/a b.mov", "/m/a b.mov"),
        ("file://localhost/m/a%20b.mov", "/m/a b.mov"),
        ("file:/m/a.mov", "/m/a.mov"),
        ("file://localhost/D%3a/media/a.mov", "D:/media/a.mov"),
        ("file:///D:/media/a%20b.mov", "D:/media/a b.mov"),
        ("C:\\x\\y.mov", "C:/x/y.mov"),
        ("C:/x/y.mov", "C:/x/y.mov"),
        ("\\\\srv\\share\\a.mov", "//srv/share/a.mov"),
        ("file://server/share/a.mov", "//server/share/a.mov"),
        ("file:////server/share/a.mov", "//server/share/a.mov"),
        ("/m/a#1.mov", "/m/a#1.mov"),
        ("file:///m/a%231.mov", "/m/a#1.mov"),
        ("/m/a%20b.mov", "/m/a%20b.mov"),
        ("clips/../a.mov", "/root/of/media/a.mov"),
        ("sub\\a.mov", "/root/of/media/sub\\a.mov"),
        ("file:///m/%E9%9B%AA.mov", "/m/雪.mov"),
    ],
)
def test_an_address_names_the_path_that_its_writer_meant(url: str, path: str) -> None:
    """Plain, encoded, with drives, UNC, ``#`` and ``%20``: each class is read by its own rule."""
    assert path_of(url, media_root=ROOT).path == Path(path)


def test_the_literal_reading_wins_where_its_file_exists(tmp_path: Path) -> None:
    """A file that is really called a%20b.mov is found, in a plain path and in a file URL."""
    file = tmp_path / "a%20b.mov"
    file.touch()
    (tmp_path / "a b.mov").touch()
    assert path_of(f"file://{file}", media_root=ROOT).path == file
    assert path_of(str(file), media_root=ROOT).path == file


def test_the_decoded_reading_of_a_plain_path_is_taken_where_only_it_exists(tmp_path: Path) -> None:
    """A plain path that a writer has encoded all the same still finds its file."""
    file = tmp_path / "a b.mov"
    file.touch()
    assert path_of("a%20b.mov", media_root=tmp_path).path == file


@pytest.mark.parametrize("url", ["https://x.test/a.mov?sig=1", "s3://bucket/a.mov", "", "a\x00b", "file:///a%00b"])
def test_an_address_that_names_no_file_says_why(url: str) -> None:
    """Web addresses, empty ones and NUL characters are problems, not paths."""
    place = path_of(url, media_root=ROOT)
    assert place.path is None
    assert place.problem


def test_the_query_of_a_web_address_is_not_repeated() -> None:
    """A signed URL's query is a secret."""
    assert "sig" not in path_of("https://x.test/a.mov?sig=1", media_root=ROOT).problem


NAMES = ["plain", "two words", "a%20b", "take #3", "100%", "снег 雪 é", "q?x=1&y", "semi;colon", "it's", "C:"]


@pytest.mark.parametrize("style", ["path", "file-uri", "relative"])
@pytest.mark.parametrize("name", NAMES)
def test_an_address_that_is_written_is_read_as_the_same_file(tmp_path: Path, style: str, name: str) -> None:
    """Spaces, percent signs, ``#``, ``?`` and letters of any script, in folders and files, in every style."""
    file = tmp_path / name / f"{name}.mov"
    file.parent.mkdir()
    file.touch()
    timeline_dir = tmp_path / "cuts"
    address = media_address(file, url_style=style, timeline_dir=timeline_dir)
    assert path_of(address, media_root=timeline_dir).path == file

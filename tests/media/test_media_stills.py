"""Stills that go with a request: measured by decoding, refused by name, made small enough."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from pathlib import Path

import av
import numpy as np
import pytest

from otio_cometapi.errors import MediaError
from otio_cometapi.media.stills import as_jpeg, copied, still_info
from support.numbered import write_numbered
from support.pictures import write_picture


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    return sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.tif", "a.%03d.png"])
def test_a_still_is_measured_by_decoding_it(name: str, tmp_path: Path) -> None:
    """Its raster is what the codec says, whatever the kind of file."""
    found = still_info(write_picture(tmp_path / name))
    assert (found.width, found.height) == (64, 36)


def broken(folder: Path, kind: str) -> Path:
    """Return a file that is no still."""
    path = folder / f"broken.{'exr' if kind == 'linear' else 'png'}"
    if kind == "video":
        return write_numbered(folder / "v.mp4", frame_count=3, rate=Fraction(24), row=1)
    if kind == "text":
        path.write_text("no picture")
    if kind in ("half png", "half jpeg"):
        whole = write_picture(folder / f"whole.{'png' if kind == 'half png' else 'jpg'}", noise=True)
        path.write_bytes(whole.read_bytes()[:900])
    if kind == "linear":
        write_picture(path)
    return path


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", "cannot be decoded"),
        ("text", "cannot be decoded"),
        ("half png", "cannot be decoded"),
        ("half jpeg", "cannot be decoded"),
        ("video", "holds several pictures"),
        ("linear", "scene-linear"),
    ],
)
def test_what_is_no_whole_still_is_refused_by_name(kind: str, words: str, tmp_path: Path) -> None:
    """The message names the file and what is wrong with it."""
    path = broken(tmp_path, kind)
    with pytest.raises(MediaError, match=f"{path.name}.*{words}|{words}.*{path.name}"):
        still_info(path)


def test_a_still_that_fits_becomes_a_jpeg_of_its_own_size(tmp_path: Path) -> None:
    """A TIFF keeps its raster and its greys within two steps of 255."""
    source = write_picture(tmp_path / "a.tif")
    as_jpeg(source, into=tmp_path / "a.jpg", max_bytes=100_000, sha256=digest(source))
    with av.open(str(source)) as before, av.open(str(tmp_path / "a.jpg")) as after:
        old, new = (next(each.decode(video=0)).to_ndarray(format="rgb24").astype(int) for each in (before, after))
    assert old.shape == new.shape
    assert np.abs(old - new).max() <= 2


def test_a_still_that_is_too_large_shrinks_until_it_fits(tmp_path: Path) -> None:
    """A large picture of noise comes under the limit, in its own shape."""
    source = write_picture(tmp_path / "a.png", width=2400, height=1200, noise=True)
    as_jpeg(source, into=tmp_path / "a.jpg", max_bytes=3_700_000, sha256=digest(source))
    made = still_info(tmp_path / "a.jpg")
    assert (tmp_path / "a.jpg").stat().st_size <= 3_700_000
    assert made.width == 2 * made.height
    assert made.codec == "mjpeg"


def test_a_limit_that_nothing_fits_is_said(tmp_path: Path) -> None:
    """No file is left behind."""
    source = write_picture(tmp_path / "a.png", noise=True)
    with pytest.raises(MediaError, match="does not fit into 100 bytes"):
        as_jpeg(source, into=tmp_path / "a.jpg", max_bytes=100, sha256=digest(source))
    assert not (tmp_path / "a.jpg").exists()


def test_a_still_that_changed_is_neither_copied_nor_converted(tmp_path: Path) -> None:
    """What is sent is what was planned."""
    source = write_picture(tmp_path / "a.png")
    planned = digest(source)
    copied(source, into=tmp_path / "copy.png", sha256=planned)
    assert digest(tmp_path / "copy.png") == planned
    write_picture(source, noise=True)
    for make in (
        lambda: copied(source, into=tmp_path / "b.png", sha256=planned),
        lambda: as_jpeg(source, into=tmp_path / "b.png", max_bytes=10**6, sha256=planned),
    ):
        with pytest.raises(MediaError, match="has changed since it was planned"):
            make()
    assert not (tmp_path / "b.png").exists()

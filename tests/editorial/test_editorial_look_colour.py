"""The [color] table of a look file."""

from __future__ import annotations

from pathlib import Path

import pytest

from otio_cometapi.editorial.look_file import read_look_file
from otio_cometapi.errors import EditorialError


def written(folder: Path, text: str) -> Path:
    """Write a look file."""
    path = folder / "look.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_look_file_names_a_display_transform(tmp_path: Path) -> None:
    """View, display, source and configuration are read as they stand; an archive's path begins at the file."""
    text = '[color]\nview = " ACES 1.0 - SDR Video "\nsource = "ACEScg"\nconfig = "studio.ocioz"\n'
    found = read_look_file(written(tmp_path, text)).colour
    assert found == {
        "view": "ACES 1.0 - SDR Video",
        "source": "ACEScg",
        "config": str(tmp_path / "studio.ocioz"),
    }
    assert read_look_file(written(tmp_path, '[defaults]\nprompt = "x"\n')).colour == {}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[color]\nsource = "ACEScg"\n', "names no view"),
        ("[color]\nview = 3\n", "view = 3"),
        ('[color]\nlook = "warm"\n', "look = 'warm'"),
        ('color = "ACES"\n', "not a table"),
    ],
)
def test_a_wrong_colour_table_is_named(tmp_path: Path, text: str, words: str) -> None:
    """What cannot be a display transform is an error with its place."""
    with pytest.raises(EditorialError, match=words):
        read_look_file(written(tmp_path, text))

"""`--prompts-from shots:list.json`: what every shot becomes stands in one list, by the clip's name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from otio_cometapi.api import ClipFacts


def of_shot(clip: ClipFacts, argument: str, /) -> Mapping[str, object]:
    """Return the fields of the clip's look out of the file *argument*; none where the list does not name the clip."""
    shots = json.loads(Path(argument).read_text("utf-8"))
    fields: Mapping[str, object] = shots.get(clip.name, {})
    return fields

"""Where the operators can run, and how they say that they cannot."""

from typing import Any

import bpy

from .strips import scene_of

FINISHED, CANCELLED = {"FINISHED"}, {"CANCELLED"}


class InSequencer:
    """Where these operators can run; a part of them, not one by itself."""

    @classmethod
    def poll(cls: Any, context: Any) -> bool:
        """Only in a sequencer, of a scene with strips, in a .blend file that has a place."""
        if not bpy.data.filepath:
            cls.poll_message_set("Save the .blend file first: the job lies beside it")
            return False
        return bool(scene_of(context) and scene_of(context).sequence_editor)

    def stop(self: Any, text: str) -> set[str]:
        """Say why nothing was done."""
        self.report({"ERROR"}, text)
        return CANCELLED

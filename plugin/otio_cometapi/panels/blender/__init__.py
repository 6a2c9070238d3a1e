"""
CometAPI takes for Blender's Video Sequencer.

A thin panel: everything is done by the program `otiocomet`, which runs as a process of its own. Blender's Python needs
nothing installed. SPDX-License-Identifier: GPL-3.0-or-later (see COPYING in this folder).
"""

import bpy

from . import panel, properties, sending_operators, take_operators, watching

_CLASSES = (*properties.CLASSES, *sending_operators.CLASSES, *take_operators.CLASSES, *panel.CLASSES)


def register() -> None:
    """Make panel and operators known to Blender; called by it."""
    for each in _CLASSES:
        bpy.utils.register_class(each)
    bpy.types.Scene.otio_cometapi = bpy.props.PointerProperty(type=properties.CometSettings)
    bpy.app.handlers.load_post.append(watching.on_load)


def unregister() -> None:
    """Take everything back."""
    bpy.app.handlers.load_post.remove(watching.on_load)
    if bpy.app.timers.is_registered(watching.tick):
        bpy.app.timers.unregister(watching.tick)
    del bpy.types.Scene.otio_cometapi
    for each in reversed(_CLASSES):
        bpy.utils.unregister_class(each)

"""What a user sets: the look of a scene, and where the program is."""

import bpy


class CometSettings(bpy.types.PropertyGroup):
    """The look and the limit of what a scene sends next; saved with the .blend file."""

    prompt: bpy.props.StringProperty(name="Prompt", description="What the model is asked to do")
    model: bpy.props.StringProperty(
        name="Model", description="A model's id, as `otiocomet models` lists them; empty: the usual one"
    )
    seed: bpy.props.IntProperty(
        name="Seed", description="A fixed seed; -1: every take has one of its own", default=-1, min=-1
    )
    takes: bpy.props.IntProperty(name="Takes", description="Takes of every strip", default=1, min=1, max=100)
    budget: bpy.props.StringProperty(
        name="Budget",
        description="What may be spent within 24 hours, such as 60s or 20usd; empty: at most 120 s of video",
    )

    def flags(self) -> list[str]:
        """Return the look as flags of the program."""
        found = ["--select", "all", "--prompt", self.prompt, "--takes", str(self.takes)]
        found += ["--model", self.model] if self.model else []
        return found + (["--seed", str(self.seed)] if self.seed >= 0 else [])

    def limit(self) -> list[str]:
        """Return the leave to send, within its limit, as flags of the program."""
        return ["--yes", *(["--budget", self.budget] if self.budget else [])]


class CometPreferences(bpy.types.AddonPreferences):
    """Where the program is."""

    bl_idname = __package__

    program: bpy.props.StringProperty(
        name="otiocomet", description="The program; empty: found by itself", subtype="FILE_PATH"
    )

    poll_s: bpy.props.FloatProperty(
        name="Poll every", description="Seconds between two looks at one task", default=5.0, min=0.05
    )

    def draw(self, _context: bpy.types.Context) -> None:
        """Show the fields."""
        self.layout.prop(self, "program")
        self.layout.prop(self, "poll_s")


CLASSES = (CometSettings, CometPreferences)


def settings_of(scene: bpy.types.Scene) -> CometSettings:
    """Return a scene's settings."""
    found: CometSettings = scene.otio_cometapi
    return found


def preferred_program() -> str:
    """Return the program as the preferences name it; empty where they do not."""
    found = _preferences()
    return bpy.path.abspath(found.program) if found else ""


def patience() -> list[str]:
    """Return how often tasks are looked at, as flags of the program."""
    found = _preferences()
    return ["--poll-interval", f"{found.poll_s:g}"] if found else []


def _preferences() -> CometPreferences | None:
    addon = bpy.context.preferences.addons.get(__package__)
    return addon.preferences if addon else None

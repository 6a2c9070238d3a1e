"""The doors that OTIO opens: adapter, media linker and hook script, loaded by OTIO from their files."""

"""CometAPI's video-to-video service, offline: as strict and as faulty as the real thing."""

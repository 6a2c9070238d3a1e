"""The editorial room: timelines in, shots out, takes laid back in. It alone knows OpenTimelineIO."""

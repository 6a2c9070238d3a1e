"""The review server: shows the page on loopback and hands decisions to the pipeline. It owns the web framework."""

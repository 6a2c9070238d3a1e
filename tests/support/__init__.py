"""Instruments that tests share: numbered media, edits over them, hosts that render them."""

"""A page in a real browser: the pictures that its two players show, what it asked for, and what axe says of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from support.numbered import read_numbers

if TYPE_CHECKING:
    from playwright.sync_api import Page

SHOWN = """
() => Promise.all([...document.querySelectorAll("video")].map((video) => createImageBitmap(video).then((picture) => {
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = canvas.getContext("2d");
  context.drawImage(picture, 0, 0);
  const data = context.getImageData(0, 0, picture.width, picture.height).data;
  const grey = [];
  for (let at = 0; at < data.length; at += 4) grey.push(data[at + 1]);
  return {width: picture.width, height: picture.height, grey: grey};
})))
"""
"""Reads the picture of both players."""


@dataclass
class Screen:
    """One page in the browser, and everything it asked for."""

    page: Page
    """The page."""
    asked: list[str] = field(default_factory=list)
    """Every address, in order."""

    def opened(self, url: str) -> Screen:
        """Go to the page and wait until both players stand."""
        self.page.goto(url)
        self.page.wait_for_function("() => [...document.querySelectorAll('video')].every((v) => v.readyState >= 2)")
        self.settled()
        return self

    def settled(self) -> None:
        """Wait until no player is on its way to a frame."""
        self.page.wait_for_function(
            "() => !comet.player.seeking && [...document.querySelectorAll('video')].every((v) => !v.seeking)"
        )
        self.page.wait_for_timeout(60)  # one more frame of the screen

    def numbers(self) -> list[int]:
        """Return the film's numbers that both players show."""
        found = []
        for shown in self.page.evaluate(SHOWN):
            plane = np.array(shown["grey"], np.uint8).reshape(shown["height"], shown["width"])
            found.append(read_numbers(plane, rows=(1,))[1])
        return found


def violations(page: Page, *, from_disk: bool = False) -> list[tuple[str, list[str]]]:
    """Return what axe finds on a page as it stands; from the disk it may not fetch the style sheet a second time."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options={"preload": not from_disk}).response["violations"]
    return [(each["id"], [node["html"][:120] for node in each["nodes"]]) for each in found]

"""From the timeline that is open in Resolve to a new version of it with its takes: asked, sent, followed, imported."""

import hashlib
import json
import sys
import webbrowser
from pathlib import Path
from typing import Any, Callable, Dict, FrozenSet, List, NamedTuple, Optional, Tuple

from . import bringing, program
from .asking import Console, Field, Form, Page
from .edit import Edit, Way
from .program import PanelError

_HOW = (
    "Give the clips one clip colour or flag (right-click), or a marker; set in and out marks (I, O); or move the "
    "playhead onto the clip. Then start this script again."
)
_CODECS = (("", "H.264"), ("dnxhr", "DNxHR"), ("prores", "ProRes"))
_GO_ON = "You may close this page, or Resolve: takes go on, and starting this again goes on with them."
_JUDGE = "On the review page you decide between takes; start this again to bring in what you decided."
_LOOKS = 40
"""How often the review page's server is looked for, half a second apart, once all is done."""
_UNSENT = frozenset(("PLANNED", "EXPORTED"))
_ON_THEIR_WAY = frozenset(("SUBMITTING", "SUBMITTED", "SUCCEEDED", "HOME"))
_NO = "Nothing was sent, as you wished."


class Place(NamedTuple):
    """Where a project's takes are kept."""

    folder: Path

    @property
    def job(self) -> Path:
        """The job folder: one for all timelines of the project, so that each finds the takes of the others."""
        return self.folder / "comet.cometjob"

    def told(self, name: str) -> Path:
        """Where a command's answer goes."""
        return self.folder / f"{name}.json"


def main(resolve: Any = None, desk: Any = None, open_page: Callable[[str], Any] = webbrowser.open) -> int:
    """Go the whole way once; return 0 where a new timeline stands in the bin."""
    shown = desk or (Console() if sys.stdin is not None and sys.stdin.isatty() else Page(open_page))
    sending: Optional[Sending] = None
    try:
        sending = Sending(Edit(resolve), shown, open_page)
        title, lines = sending.go()
    except PanelError as exc:
        shown.end("Nothing was imported.", [str(exc)])
        return 1
    finally:
        if sending is not None:
            sending.close()
    shown.end(title, lines)
    return 0


def place_of(edit: Edit) -> Place:
    """Return the folder of the project that is open, made where there is none."""
    root = Path(program.record().get("takes") or Path.home() / "CometAPI")
    name = str(edit.project.GetName())
    mark = str(edit.project.GetUniqueId() or hashlib.sha256(name.encode("utf-8")).hexdigest())[:8]
    old = sorted(root.glob("*_" + mark)) if root.is_dir() else []
    folder = old[0] if old else root / f"{bringing.safe(name)}_{mark}"
    folder.mkdir(parents=True, exist_ok=True)
    return Place(folder)


class Sending:
    """One way through, from the question to the import."""

    def __init__(self, edit: Edit, desk: Any, open_page: Callable[[str], Any]) -> None:
        """Begin with what is open."""
        program.find()
        self._edit, self._desk, self._open = edit, desk, open_page
        self._place = place_of(edit)
        self._review: Optional[program.Running] = None

    def go(self) -> Tuple[str, List[str]]:
        """Ask, send, follow and import; return what to say at the end."""
        ways = self._edit.ways()
        takes = self._takes()
        if not ways and not takes:
            raise PanelError(f"Nothing in '{self._edit.name}' points at a clip. {_HOW}")
        answers = self._desk.ask(self._question(ways, takes)) or {}
        if answers.get("button") == "relink":
            return self._relinked(answers["codec"])
        if answers.get("button") == "resume":
            return self._resumed(takes, answers)
        if answers.get("button") != "plan":
            raise PanelError(_NO)
        self._place.told("answers").write_text(_json(answers), "utf-8")
        way = ways.get(answers.get("clips", ""))
        if way is None:
            raise PanelError("No clips were chosen. " + _HOW)
        file = self._place.folder / (bringing.safe(self._edit.name) + ".otio")
        self._edit.export(file)
        asked = _asked(way, answers)
        if not self._agreed(file, way, asked):
            raise PanelError(_NO)
        return self._sent(["run", str(file), "--job", str(self._place.job), *asked], answers)

    def close(self) -> None:
        """End the review page's server, if it still runs."""
        if self._review is not None and not self._review.ended(0.0):
            self._review.process.terminate()
            self._review.ended(10.0)

    def _takes(self) -> List[Dict[str, Any]]:
        """Return the takes of the project's job, as `otiocomet status` tells them."""
        if not self._place.job.is_dir():
            return []
        told = program.told_by(["status", str(self._place.job), "--json"], self._place.told("status"))
        return list(told.get("takes", []))

    def _question(self, ways: Dict[str, Way], takes: List[Dict[str, Any]]) -> Form:
        last = program.read_object(self._place.told("answers"))
        codec = "dnxhr" if self._edit.is_free_on_linux(sys.platform) else ""
        chosen = last.get("clips", "") if last.get("clips") in ways else next(iter(ways), "")
        lines = [f"The timeline is not changed; a new version of it goes into the bin {bringing.BIN}."]
        buttons = [("plan", "Estimate")] if ways else []
        if not ways:
            lines.append("No clip is pointed at. " + _HOW)
        unfinished = _count(takes, _UNSENT | _ON_THEIR_WAY)
        if unfinished:
            lines.append(f"{unfinished} of this project's takes are not finished.")
            buttons.append(("resume", "Go on with them"))
        if _count(takes, frozenset(("READY",))):
            buttons.append(("relink", "Bring in what is finished (free)"))
        clips = Field("clips", "Clips", chosen, tuple((key, way.label) for key, way in ways.items()))
        fields = [clips] if ways else []
        fields += [
            Field("prompt", "Prompt (empty: what markers say)", last.get("prompt", "")),
            Field("model", "Model (empty: the usual one)", last.get("model", "")),
            Field("budget", "Budget, such as 60s or 20usd (empty: the usual limit)", last.get("budget", "")),
            Field("codec", "Codec of the takes", last.get("codec", codec), _CODECS),
        ]
        return Form(self._edit.name, lines, (), fields, [*buttons, ("", "Cancel")])

    def _agreed(self, file: Path, way: Way, asked: List[str]) -> bool:
        """Show what would be sent and at what price, and tell whether that is wanted."""
        self._desk.tell("Looking at the clips...")
        told = program.told_by(
            ["plan", str(file), "--job", str(self._place.job), *asked, "--json"], self._place.told("plan")
        )
        wanted = [each for each in told.get("clips", []) if not each["reason"].startswith("not selected")]
        if not any(each["selected"] for each in wanted):
            reasons = [f"{each['name']}: {each['reason']}" for each in wanted] + told.get("problems", [])
            raise PanelError("Nothing can be sent. %s" % (" ".join(reasons) or "No clip of the file is meant."))
        lines = list(told.get("problems", []))
        lines += sorted({said for each in wanted for said in each.get("warnings", [])})
        if sorted(each["name"] for each in wanted) != sorted(item.name for item in way.items):
            names = ", ".join(item.name for item in way.items[:8])
            there = f"Resolve points at {len(way.items)} clips ({names})"
            lines.append(f"Look twice: {there}, and in the file that it exported {len(wanted)} are meant.")
        rows = [["clip", "track", "timecode", "what becomes of it"]]
        rows += [[each["name"], each["track"], each["record_timecode"], _becomes(each, told)] for each in wanted]
        form = Form(_price(told), lines, rows, (), [("send", "Send"), ("", "Cancel")])
        return (self._desk.ask(form) or {}).get("button") == "send"

    def _resumed(self, takes: List[Dict[str, Any]], answers: Dict[str, str]) -> Tuple[str, List[str]]:
        """Go on with the job; what was never sent is shown once more before it is."""
        unsent = [take for take in takes if take.get("state") in _UNSENT]
        if unsent:
            seconds = sum(float(take.get("seconds", 0)) for take in unsent)
            title = f"{seconds:.2f} s of video were planned and not sent yet"
            rows = [["clips", "prompt"]] + [[", ".join(each["clips"]), str(each.get("prompt"))] for each in unsent]
            form = Form(title, (), rows, (), [("send", "Send"), ("", "Cancel")])
            if (self._desk.ask(form) or {}).get("button") != "send":
                raise PanelError(_NO)
        return self._sent(["resume", str(self._place.job)], answers)

    def _sent(self, command: List[str], answers: Dict[str, str]) -> Tuple[str, List[str]]:
        """Let the program go its way, show the review page meanwhile, and import what came of it."""
        name = bringing.next_name(self._edit, self._place.folder)
        output = bringing.file_of(self._place.folder, name)
        flags = ["-o", str(output), "--host", "resolve", "--yes", "--json", *_flags(answers)]
        running = program.start(command + flags, self._place.told("run"))
        self._desk.tell("The takes are on their way.", [_GO_ON])
        link = ""
        while not running.ended(1.0):
            link = link or self._reviewed()
            self._desk.tell("The takes are on their way.", [_GO_ON], link)
        told = program.read_object(running.told)
        if not told.get("output") or not told.get("relinked"):
            raise PanelError(f"{running.problem()} What was sent stays on the books; start again to go on.")
        title, lines = self._brought(told, name, output)
        for _ in range(_LOOKS):
            link = link or self._reviewed()
            if link or self._review is None or self._review.ended(0.5):
                break
        if link:
            self._desk.ask(Form(title, [*lines, _JUDGE], (), (), [("end", "End the review")], link))
        return title, lines

    def _relinked(self, codec: str) -> Tuple[str, List[str]]:
        """Lay what is finished onto the timeline as it was last sent, by what was decided on the review page."""
        name = bringing.next_name(self._edit, self._place.folder)
        output = bringing.file_of(self._place.folder, name)
        command = ["relink", str(self._place.job), "-o", str(output), "--host", "resolve", "--json"]
        command += ["--timeline", self._edit.name] + (["--codec", codec] if codec else [])
        told = program.told_by(command, self._place.told("relink"))
        if not told.get("output"):
            raise PanelError(" ".join(told.get("problems", [])) or "No take is finished.")
        return self._brought(told, name, output)

    def _brought(self, told: Dict[str, Any], name: str, output: Path) -> Tuple[str, List[str]]:
        """Import a version, unless one with the same content stands in the project already."""
        versions = program.read_object(self._place.told("versions"))
        mark = hashlib.sha256(output.read_bytes()).hexdigest()
        notes = list(told.get("problems", []))
        there = [each for each, other in versions.items() if other == mark and each in bringing.names(self._edit)]
        if there:
            output.unlink()
            return f"'{there[0]}' shows these takes already.", notes
        media = [path for take in told.get("takes", []) for path in take.get("media", [])]
        brought = bringing.bring(self._edit, output, name, media)
        versions[brought.name] = mark
        self._place.told("versions").write_text(_json(versions), "utf-8")
        if brought.offline:
            notes.append(f"These clips show no media: {', '.join(brought.offline)}. Relink them by hand.")
        return f"'{brought.name}' stands in the bin {bringing.BIN}.", notes

    def _reviewed(self) -> str:
        """Open the review page as soon as there is a job; return its address for who has lost it."""
        if self._review is None:
            if self._place.job.is_dir():
                command = ["review", str(self._place.job), "--no-open", "--json"]
                self._review = program.start(command, self._place.told("review"))
            return ""
        url = str(program.read_object(self._review.told).get("url", ""))
        if url:
            self._open(url)
        return url


def _asked(way: Way, answers: Dict[str, str]) -> List[str]:
    found = ["--select", ",".join(way.terms)] if way.terms else []
    for name in ("prompt", "model"):
        found += ["--" + name, answers[name]] if answers.get(name) else []
    return found


def _flags(answers: Dict[str, str]) -> List[str]:
    found = [str(each) for each in program.record().get("arguments", [])]
    for name in ("budget", "codec"):
        found += ["--" + name, answers[name]] if answers.get(name) else []
    return found


def _count(takes: List[Dict[str, Any]], states: FrozenSet[str]) -> int:
    return sum(take.get("state") in states for take in takes)


def _price(told: Dict[str, Any]) -> str:
    estimate = told.get("estimate", {})
    usd = estimate.get("usd")
    price = "price unknown" if usd is None else f"about {usd:.2f} USD (assumed)"
    return f"{estimate.get('seconds', 0.0):.2f} s of video, {price}"


def _becomes(clip: Dict[str, Any], told: Dict[str, Any]) -> str:
    """Return what a plan says of one of its clips."""
    if not clip["selected"]:
        return str(clip["reason"])
    takes = [take for take in told.get("takes", []) if take["id"] in clip["takes"]]
    fresh = [f"sent to {take['model']}: {take['prompt']}" for take in takes if take["state"] == "NEW"]
    return "; ".join(fresh) or "there already: costs nothing"


def _json(values: Any) -> str:
    return json.dumps(values, indent=2, sort_keys=True)

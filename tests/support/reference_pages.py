"""
The reference pages that are written from the code: states, errors and exit codes, and the Python API name by name.

Run it after a change of any of these, in the checkout: ``PYTHONPATH=tests python -m support.reference_pages``.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import inspect
import re
from pathlib import Path
from typing import Any

from otio_cometapi import __all__ as public_names
from otio_cometapi import api, errors, events, records
from otio_cometapi.cli.doors import _CODES
from otio_cometapi.jobs.states import FOR_A_PERSON, LEGAL_MOVES, MEANING, PAID, STUCK, UNPAID, PartState
from otio_cometapi.pipeline.options import Exit

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"

STATES = """# States

Where a take, or a part of it, can stand, what that means, and every move that is legal. Written from the code's own
table; the ledger refuses every other move.

A take stands where its least advanced part stands; most takes have one part, which is one task of the service.
[Go on after a crash](../how-to/after-a-crash.md) says what to do in each state, [Money](../explanation/money.md) why
there are so many.

"""

ERRORS = """# Errors

How a command ends, and the exceptions behind it. Written from the code.

"""

API = """# Python, name by name

Everything that may be relied on, as the code declares it: signatures, records, fields. [Python](python.md) shows how it
is used. Records are frozen; frames are whole numbers, rates are `fractions.Fraction`, dollars are assumptions.

"""

RECORDS = (
    api.Plan,
    records.PlannedClip,
    records.PlannedTake,
    records.Look,
    api.Trouble,
    api.Relinked,
    api.Restored,
    api.Report,
    api.ReviewFolder,
    api.Cancelled,
    api.Cleaning,
    records.TakeRecord,
    records.PartRecord,
    records.TimelineRecord,
    records.Shot,
    records.Span,
    records.Checks,
)
"""What the functions give back, and what stands in that."""

WISHES = (api.Settings, api.SourceWish, api.FinishWish, api.Delivery, api.Reuse)
"""What the functions take."""


def states_page() -> str:
    """Return the page of states."""
    lines = [STATES + "## Of a take\n", "| state | what it means and what to do | moved by |", "|---|---|---|"]
    for state, meaning in MEANING.items():
        by = "a person's word" if state in FOR_A_PERSON else "nobody: it is the end" if state == "READY" else "`resume`"
        lines.append(f"| `{state.value}` | {meaning} | {by} |")
    lines += [
        "",
        "## Of a part\n",
        "`READY` is a take's alone: its parts stand at `HOME`, and its media is verified.\n",
    ]
    lines += ["| from | may go to | money stands behind it |", "|---|---|---|"]
    for state in PartState:
        targets = ", ".join(f"`{each.value}`" for each in PartState if each in LEGAL_MOVES[state])
        lines.append(f"| `{state.value}` | {targets} | {_paid(state)} |")
    return "\n".join(lines) + "\n"


def _paid(state: PartState) -> str:
    if state in PAID:
        return "yes, or it may"
    return "no" if state in UNPAID else "its attempts say" if state in STUCK else "no"


def errors_page() -> str:
    """Return the page of exit codes and exceptions."""
    lines = [ERRORS + "## Exit codes\n", "| code | name | meaning |", "|---|---|---|"]
    means = _field_docs(Exit)
    lines += [f"| {each.value} | `{each.name}` | {means[each.name]} |" for each in Exit]
    lines += ["", "Scripts may rely on these numbers. A `--json` object with a key `exit` has the same number there.\n"]
    lines += [
        "## Exceptions\n",
        "All live in `otio_cometapi.errors`. Each has `message`, `clip`, `task_id` and `next_step`;",
    ]
    lines += ["`str()` of it is one line that is fit for a terminal, whatever names stand in it.\n"]
    lines += ["| exception | is a | when | more | exit code |", "|---|---|---|---|---|"]
    for kind in (each for each in vars(errors).values() if inspect.isclass(each)):
        parents = ", ".join(f"`{parent.__name__}`" for parent in kind.__bases__)
        more = ", ".join(f"`{name}`" for name in _own_attributes(kind))
        code = next((code for known, code in _CODES.items() if issubclass(kind, known)), Exit.NOTHING)
        lines.append(f"| `{kind.__name__}` | {parents} | {_first_line(kind)} | {more} | {code.value} |")
    lines += [
        "",
        "The code is that of a command which ends with the exception. What concerns one take of several does not end a",
    ]
    lines += ["command: it is told, the others go on, and the code is 3.\n"]
    lines += ["Adapter, media linker and hook raise `opentimelineio.exceptions.OTIOError` with the same sentence."]
    return "\n".join(lines) + "\n"


def api_page() -> str:
    """Return the page of all public names."""
    functions = [getattr(api, name) for name in public_names if inspect.isfunction(getattr(api, name, None))]
    parts = [API + "## Functions\n"]
    parts += [_callable_section(each, each.__name__) for each in functions]
    parts += ["## Job\n", _doc(api.Job) + "\n"]
    for name, member in vars(api.Job).items():
        if isinstance(member, property):
            parts.append(f"### `Job.{name}`\n\n{_doc(member.fget)}\n")
        elif inspect.isfunction(member) and (not name.startswith("_") or name == "__init__"):
            parts.append(_callable_section(member, "Job" if name == "__init__" else f"Job.{name}"))
    parts += ["## What functions take\n", *(_record_section(kind) for kind in WISHES)]
    parts += ["## What functions give back\n", *(_record_section(kind) for kind in RECORDS)]
    parts += ["## Events\n", *(_record_section(kind) for kind in (events.Event, events.Stage))]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts)).rstrip() + "\n"


def _callable_section(function: Any, name: str) -> str:
    signature = inspect.signature(function)
    shown = [parameter for parameter in signature.parameters.values() if parameter.name != "self"]
    lines, starred = [], False
    for parameter in shown:
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            lines, starred = [*lines, "    *,"], True
        lines.append(f"    {_parameter(parameter)},")
    returns = "" if name == "Job" else f" -> {signature.return_annotation}"
    body = "\n".join(lines)
    text = f"{name}(\n{body}\n){returns}" if shown else f"{name}(){returns}"
    return f"### `{name}()`\n\n```text\n{text}\n```\n\n{_doc(function)}\n"


def _parameter(parameter: inspect.Parameter) -> str:
    star = "**" if parameter.kind is parameter.VAR_KEYWORD else ""
    text = f"{star}{parameter.name}: {parameter.annotation}"
    return text if parameter.default is parameter.empty else f"{text} = {_default(parameter.default)}"


def _default(value: Any) -> str:
    if dataclasses.is_dataclass(value):
        return f"{type(value).__name__}()"
    if isinstance(value, enum.Enum):
        return f"{type(value).__name__}.{value.name}"
    return value.__name__ if inspect.isfunction(value) else repr(value)


def _record_section(kind: Any) -> str:
    told = _field_docs(kind)
    if issubclass(kind, enum.Enum):
        names = {each.name: f"`{each.value!r}`" for each in kind}
        heads = "| name | value | meaning |\n|---|---|---|\n"
    else:
        names = {each.name: f"`{each.type}`".replace("|", "or") for each in dataclasses.fields(kind)}
        heads = "| field | kind | meaning |\n|---|---|---|\n"
    rows = "\n".join(f"| `{name}` | {value} | {told.get(name, '')} |" for name, value in names.items())
    properties = {name: _first_line(each.fget) for name, each in vars(kind).items() if isinstance(each, property)}
    rows += "".join(f"\n| `{name}` | property | {text} |" for name, text in properties.items())
    return f"### `{kind.__name__}`\n\n{_doc(kind)}\n\n{heads}{rows}\n"


def _field_docs(kind: Any) -> dict[str, str]:
    """Return the sentence under each field of a class, as it stands in the source."""
    (tree,) = ast.parse(inspect.cleandoc("\n" + inspect.getsource(kind))).body
    found, name = {}, ""
    assert isinstance(tree, ast.ClassDef)
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            name = node.target.id
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and name:
            found[name] = _marked(" ".join(str(node.value.value).split())).replace("|", "\\|")
            name = ""
    return found


def _doc(thing: Any) -> str:
    """Return a docstring as Markdown: sections of arguments become lists."""
    lines = []
    for line in inspect.cleandoc(thing.__doc__ or "").splitlines():
        if line in ("Args:", "Returns:", "Raises:"):
            lines.append(f"**{line[:-1]}**\n")
        elif found := re.match(r" {4}([\w*]+): (.*)", line):
            lines.append(f"- `{found[1]}`: {found[2]}")
        else:
            lines.append(f"  {line.strip()}" if lines and lines[-1].startswith(("- ", "  ")) and line else line.strip())
    return _marked("\n".join(lines))


def _marked(text: str) -> str:
    """Return text with the double backticks of a docstring as single ones."""
    return text.replace("``", "`")


def _first_line(thing: Any) -> str:
    return _marked((inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " "))


def _own_attributes(kind: type) -> list[str]:
    own = vars(kind).get("__init__")
    set_here = re.findall(r"self\.(\w+) = ", inspect.getsource(own)) if own else []
    return set_here if kind is not errors.CometError else ["message", "clip", "task_id", "next_step"]


PAGES = {"states.md": states_page, "errors.md": errors_page, "api.md": api_page}
"""Every page that is written here."""


if __name__ == "__main__":
    for file_name, page in PAGES.items():
        (REFERENCE / file_name).write_text(page(), "utf-8")

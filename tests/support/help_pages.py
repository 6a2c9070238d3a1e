"""
The pages that are written from the code: the command line's help, and the table of models.

Run it after a change of either, in the checkout: ``PYTHONPATH=tests python -m support.help_pages``.
"""

from __future__ import annotations

import json
from fractions import Fraction
from importlib import resources
from pathlib import Path
from textwrap import wrap
from typing import Any

import click
from click.testing import CliRunner

from otio_cometapi.cli import COMMANDS, cli
from otio_cometapi.comet.models import load_models
from otio_cometapi.records import Model

DOCS = Path(__file__).parents[2] / "docs"
WIDTH = 100

COMMAND_LINE = """# Command line

`otiocomet`, command by command, as `--help` prints it. A test compares this page with the commands.

Every command that prints takes `--json` and then prints one JSON object. On a terminal tables are drawn, as wide as it
is; in a pipe each row is a line of tab-separated cells that begins with the table's name. Progress goes to standard
error. `--quiet` leaves out tables, notes and progress, `--verbose` tells every step with its time. Nothing is coloured
in a pipe, or where `NO_COLOR` is set. `COMETAPI_KEY` and the other [variables](settings.md) hold for
all commands.

| exit code | meaning |
|---|---|
| 0 | all done |
| 1 | nothing could be done, for good |
| 2 | the command was called wrongly |
| 3 | partly done, or something waits for a person |
| 4 | stopped for money; nothing was sent |
| 130 | interrupted by the user |

The job defaults to `comet.cometjob` beside the output: one job for a folder of versions. `plan` takes every flag that
`run` takes, so that a line can be tried by changing one word. Options of the simulator stand on [its own
page](../mock_server.md).
"""

MODELS = """# Models

The table of `otiocomet models`, with the source of every number. **Prices are assumptions** from the upstream
provider's price lists (one credit is 0.01 USD), never CometAPI's word. No number was measured at the service. A test
compares this page with the table.

`gen4_aleph` is the default, since it is the model that the service's page documents, and it is reported retired
upstream. If the service no longer knows it, the take is refused, nothing is spent, and the message names `aleph2`.

A model that no table names is let through, with a warning and cautious limits (5 s, 1920 pixels, one image, no price).

## A table of your own

`models.toml` in the configuration folder (`COMETAPI_CONFIG_DIR`, or the platform's place for `otio-cometapi`, on Linux
`~/.config/otio-cometapi`) is laid over the built-in one, field by field:

```toml
[gen4_aleph]
usd_per_second = "0.18"

[another_model]
max_seconds = 10
max_fps = 30
usd_per_second = "0.20"
```

A number that you set is shown with your table as its source, unless `sources` names another.

| field | meaning |
|---|---|
| `max_seconds`, `min_seconds` | longest and shortest input, in seconds |
| `max_fps` | highest frame rate of the input |
| `max_width` | largest raster, in pixels along the longer side |
| `ratios` | ratios that it accepts; none: any |
| `prompt_units` | longest prompt, in UTF-16 code units |
| `max_references` | how many images |
| `guide_images` | how images go on the wire: `references` or `keyframes` |
| `data_uri_bytes` | largest data URI, in characters; an export has to fit into it |
| `usd_per_second`, `min_usd` | assumed price of a second of input, and of the smallest task |
| `reported_retired` | what is reported about its end |
| `notes` | sentences that a user should know |
| `sources` | a table: field and where its number comes from |
"""

JSON_PAGE = """# JSON output

What every command prints with `--json`, as the schema says it that lies in the package
(`otio_cometapi/cli/output.schema.json`, [JSON Schema 2020-12](https://json-schema.org/draft/2020-12)). A test holds
what the commands really print against it. Keys that stand here stay; more may come, so pass over those that you do not
know. Amounts are numbers in USD or seconds; rates are texts such as `"24000/1001"`; times are Unix seconds.

A command that ends with an error prints the object [error](#error) and a sentence on standard error. Exit codes are on
the page of the [command line](command-line.md).
"""

_FIELDS = (
    "max_seconds",
    "min_seconds",
    "max_fps",
    "max_width",
    "ratios",
    "prompt_units",
    "max_references",
    "guide_images",
    "data_uri_bytes",
    "usd_per_second",
    "min_usd",
)


def help_of(name: str) -> str:
    """Return what ``--help`` of a command prints on a terminal of 100 columns; of the program for an empty name."""
    arguments = [*name.split(), "--help"]
    shown = CliRunner().invoke(cli, arguments, prog_name="otiocomet", terminal_width=WIDTH)
    assert shown.exit_code == 0, shown.output
    return shown.output.rstrip()


def every_command() -> list[str]:
    """Return the words of every command, those of a group after it."""
    found = []
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        more = sorted(command.commands) if isinstance(command, click.Group) else []
        found += [name, *(f"{name} {each}" for each in more)]
    return found


def command_line_page() -> str:
    """Return the page of the command line."""
    parts = [COMMAND_LINE, f"## otiocomet\n\n```text\n{help_of('')}\n```\n"]
    parts += [f"## otiocomet {name}\n\n```text\n{help_of(name)}\n```\n" for name in every_command()]
    return "\n".join(parts)


def models_page() -> str:
    """Return the page of the models."""
    return "\n".join([MODELS, *(_model_section(model) for model in load_models().values())])


def _model_section(model: Model) -> str:
    sources = dict(model.sources)
    lines = [f"## `{model.id}`", ""]
    if model.reported_retired:
        lines += [*wrap(f"**Reported retired.** {model.reported_retired}", 120), ""]
    lines += ["| field | value | source |", "|---|---|---|"]
    for field in _FIELDS:
        lines.append(f"| `{field}` | {_shown(getattr(model, field))} | {sources.get(field, '')} |")
    lines += ["", *(line for note in model.notes for line in wrap(f"- {note}", 120, subsequent_indent="  ")), ""]
    return "\n".join(lines)


def _shown(value: object) -> str:
    if value is None:
        return "not known"
    if isinstance(value, Fraction):
        return f"{float(value):g}"
    if isinstance(value, tuple):
        return ", ".join(value) or "any"
    return f"{value:,}" if isinstance(value, int) else str(value)


def output_schema() -> dict[str, Any]:
    """Return the schema of everything that is printed with ``--json``."""
    found: dict[str, Any] = json.loads(resources.files("otio_cometapi.cli").joinpath("output.schema.json").read_text())
    return found


def json_page() -> str:
    """Return the page of the JSON output."""
    schema = output_schema()
    parts = [JSON_PAGE, "## Commands", ""]
    for name, entry in schema["commands"].items():
        parts += _object_section(f"otiocomet {name}", entry)
    parts += ["## Objects", ""]
    for name, entry in schema["$defs"].items():
        parts += _object_section(name.replace("_", " "), entry)
    return "\n".join(parts).rstrip() + "\n"


def _object_section(title: str, entry: dict[str, Any]) -> list[str]:
    lines = [f"### {title}", ""]
    said = entry.get("description", "")
    if said and said != title:
        lines += [f"{said[0].upper()}{said[1:]}.", ""]
    for each in entry.get("oneOf", [entry]):
        if "$ref" in each:
            lines += [f"Either {_kind_of(each)}, or:", ""]
        else:
            lines += ["| key | kind | meaning |", "|---|---|---|"]
            for key, value in each["properties"].items():
                lines.append(f"| `{key}` | {_kind_of(value)} | {value.get('description', '')} |")
            lines.append("")
    return lines


def _kind_of(value: dict[str, Any]) -> str:
    if "$ref" in value:
        name = value["$ref"].rpartition("/")[2].replace("_", " ")
        name = f"otiocomet {name}" if "/commands/" in value["$ref"] else name
        return f"[{name}](#{name.replace(' ', '-')})"
    if "enum" in value:
        return ", ".join(f"`{each}`" for each in value["enum"])
    if value.get("type") == "array":
        kind = _kind_of(value["items"])
        if "properties" in value["items"]:
            kind = "objects: " + ", ".join(f"`{key}`" for key in value["items"]["properties"])
        return f"list of {kind}"
    if value.get("type") == "object" and "properties" in value:
        return "object: " + ", ".join(f"`{key}`" for key in value["properties"])
    kinds = value.get("type", "anything")
    return kinds if isinstance(kinds, str) else " or ".join(kinds)


if __name__ == "__main__":
    (DOCS / "reference" / "command-line.md").write_text(command_line_page(), "utf-8")
    (DOCS / "reference" / "models.md").write_text(models_page(), "utf-8")
    (DOCS / "reference" / "json.md").write_text(json_page(), "utf-8")

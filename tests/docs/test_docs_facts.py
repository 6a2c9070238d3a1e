"""What the pages say of the code is what the code says: states, exit codes, answers, tables, models, names."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from otio_cometapi import api, errors, settings
from otio_cometapi.comet.verdicts import Answer, create_verdict
from otio_cometapi.editorial.look_fields import FIELDS
from otio_cometapi.editorial.look_file import read_look_file
from otio_cometapi.jobs import schema
from otio_cometapi.jobs.folder import JobFolder
from otio_cometapi.jobs.states import MEANING
from otio_cometapi.pipeline.options import Exit
from otio_cometapi.records import CONFORM_POLICIES as POLICIES
from support.doc_pages import ROOT, blocks, codes, rows
from support.help_pages import command_line_page, json_page, models_page

DOCS = ROOT / "docs"
README = ROOT / "README.md"
ANSWERS = [
    (status, codes(outcome)[0])
    for answer, outcome, _ in rows(DOCS / "explanation" / "money.md", first="answer")
    for status in codes(answer)
    if status.isdigit()
]


def squeezed(text: str) -> str:
    """Return a text with every run of blanks as one, so that wrapping plays no part."""
    return " ".join(text.split())


def test_the_command_line_page_is_the_real_help() -> None:
    """Every command stands there with what its `--help` prints."""
    page = DOCS / "reference" / "command-line.md"
    assert squeezed(page.read_text("utf-8")) == squeezed(command_line_page())


def test_the_json_page_is_the_schema() -> None:
    """The page of the JSON output is what the schema in the package says."""
    assert (DOCS / "reference" / "json.md").read_text("utf-8") == json_page()


def test_the_models_page_is_the_table() -> None:
    """Every row, field, source and note of the built-in table stands there."""
    assert (DOCS / "reference" / "models.md").read_text("utf-8") == models_page()


def test_the_states_are_the_ledgers_own() -> None:
    """The table of states has every state, in order, with the sentence that the commands print."""
    table = {codes(state)[0]: meaning for state, meaning in rows(DOCS / "how-to" / "after-a-crash.md", first="state")}
    assert table == {state.value: meaning for state, meaning in MEANING.items()}


def test_the_exit_codes_are_the_real_ones() -> None:
    """README's table has every exit code and its meaning."""
    assert [int(code) for code, _ in rows(README, first="code")] == [each.value for each in Exit]
    assert [int(code) for code, _ in rows(DOCS / "reference" / "command-line.md", first="exit code")] == list(Exit)


@pytest.mark.parametrize(("status", "outcome"), ANSWERS, ids=str)
def test_an_answer_means_what_the_money_page_says(status: str, outcome: str) -> None:
    """A create that is answered with this status and no more ends as the table says."""
    answer = Answer(status=int(status), body=b"{}")
    assert create_verdict(answer, model="gen4_aleph", secret="").outcome.value == outcome


def test_the_money_page_names_all_kinds_of_answers() -> None:
    """The table has enough rows to be the whole rule."""
    assert len(ANSWERS) >= 28
    assert {outcome for _, outcome in ANSWERS} == {"refused", "refused_for_now", "stop_run", "ambiguous"}


def test_the_ledgers_tables_are_the_real_ones() -> None:
    """The job folder's page names every table and column."""
    page = DOCS / "reference" / "job-folder.md"
    table = {codes(name)[0]: codes(columns) for name, _, columns in rows(page, first="table")}
    assert table == {table.name: [column.name for column in table.columns] for table in schema.metadata.tables.values()}


def test_every_environment_variable_is_in_the_readme() -> None:
    """README names each variable that the code reads, and no other."""
    source = "".join(path.read_text("utf-8") for path in (ROOT / "plugin").rglob("*.py"))
    read = set(re.findall(r"COMETAPI_[A-Z_]*[A-Z]", source)) | set(settings._ENVIRONMENT_LOOK)
    assert {name for cells in rows(README, first="variable") for name in codes(cells[0])} == read


def test_every_look_field_is_explained() -> None:
    """The page on selecting has a row for each field of a look."""
    page = DOCS / "how-to" / "select-clips.md"
    assert [codes(cells[0])[0] for cells in rows(page, first="field")] == list(FIELDS)


def test_every_conform_policy_is_explained() -> None:
    """The page on frames has a row for each way in which an output is made to fit."""
    table = {name for cells in rows(DOCS / "explanation" / "frames.md", first="policy") for name in codes(cells[0])}
    assert table == (set(POLICIES) - {"auto", "refuse"}) | {"short"}


@pytest.mark.parametrize("name", ["plan", "submit", "collect", "relink"])
def test_every_argument_of_a_function_is_explained(name: str) -> None:
    """The Python page has a section for the function, whose table names each of its parameters."""
    text = (DOCS / "reference" / "python.md").read_text("utf-8")
    section = text.split(f"\n## `{name}(", 1)[1].split("\n## ", 1)[0]
    parameters = {parameter.lstrip("*") for parameter in inspect.signature(getattr(api, name)).parameters}
    named = {word.lstrip("*") for line in section.splitlines() if line.startswith("| `") for word in codes(line)}
    assert parameters <= named


def test_every_place_of_a_job_is_explained() -> None:
    """The job folder's page has a row for each place that the code knows."""
    folder = JobFolder(Path("job"))
    names = [name for name, kind in vars(JobFolder).items() if isinstance(kind, property)]
    places = {getattr(folder, name).relative_to(folder.path).as_posix() for name in names}
    page = DOCS / "reference" / "job-folder.md"
    assert {codes(cells[0])[0].rstrip("/") for cells in rows(page, first="place")} == places


def test_every_room_of_the_house_is_named() -> None:
    """The table of floors names every package and module of the plugin."""
    house = {path.stem for path in (ROOT / "plugin" / "otio_cometapi").iterdir() if path.suffix in ("", ".py")}
    page = DOCS / "explanation" / "house.md"
    named = {name for cells in rows(page, first="floor") for name in codes(cells[1])}
    assert named == house - {"__init__", "__pycache__", "py"}


def test_every_error_is_explained() -> None:
    """The Python page's table has each error of the family below its base."""
    family = {name for name, kind in vars(errors).items() if inspect.isclass(kind)} - {"CometError"}
    page = DOCS / "reference" / "python.md"
    assert {name for cells in rows(page, first="error") for name in codes(cells[0])} == family


def test_the_tables_in_toml_and_csv_can_be_read(tmp_path: Path) -> None:
    """The examples of look files are look files."""
    page = DOCS / "how-to" / "select-clips.md"
    (toml,), (csv,) = blocks(page, "toml"), blocks(page, "csv")
    (tmp_path / "looks.toml").write_text(toml, "utf-8")
    (tmp_path / "looks.csv").write_text(csv, "utf-8")
    assert [pattern for pattern, _ in read_look_file(tmp_path / "looks.toml").clips] == ["st*", "hands"]
    assert [fields.get("takes") for _, fields in read_look_file(tmp_path / "looks.csv").clips] == [None, 2]

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
from support.reference_pages import PAGES

DOCS = ROOT / "docs"
SETTINGS = DOCS / "reference" / "settings.md"
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
    """The table above the commands has every exit code."""
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


def test_every_environment_variable_is_on_the_page_of_settings() -> None:
    """The page names each variable that the code reads, and no other."""
    source = "".join(path.read_text("utf-8") for path in (ROOT / "plugin").rglob("*.py"))
    read = set(re.findall(r"COMETAPI_[A-Z_]*[A-Z]", source)) | set(settings._ENVIRONMENT_LOOK)
    assert {name for cells in rows(SETTINGS, first="variable") for name in codes(cells[0])} == read


def test_every_key_of_the_configuration_is_on_the_page_of_settings() -> None:
    """The page names each key that the code reads from config.toml, and no other."""
    source = (ROOT / "plugin" / "otio_cometapi" / "settings" / "__init__.py").read_text("utf-8")
    read = set(re.findall(r'config, "(\w+)"|config\.get\("(\w+)"|_switch\([^"]*"[^"]*", ""\), "(\w+)"', source))
    names = {name for found in read for name in found if name} | {"ledger_url", "store"}
    told = {name.strip("[]") for cells in rows(SETTINGS, first="key") for name in codes(cells[0])}
    assert told == names


def test_the_example_of_a_configuration_can_be_read(tmp_path: Path) -> None:
    """It sets what its comments say."""
    (text,) = blocks(SETTINGS, "toml")
    (tmp_path / "config.toml").write_text(text, "utf-8")
    found = settings.load({"COMETAPI_CONFIG_DIR": str(tmp_path)})
    assert (found.budget, found.day_limit, found.look_defaults["takes"]) == ("60s", "20usd", 1)
    assert found.allowed_media_roots == (Path("/projects"),)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(name: str) -> None:
    """The pages of states, errors and public names are what `python -m support.reference_pages` writes now."""
    assert (DOCS / "reference" / name).read_text("utf-8") == PAGES[name]()


def test_the_figures_of_the_first_pages_are_those_of_the_proofs() -> None:
    """README and the map repeat the numbers that the pages of the proofs have."""
    readme, first = ((ROOT / name).read_text("utf-8") for name in ("README.md", "docs/index.md"))
    matrix = re.search(r"and (\d+) frames, (\d+) wrong", (DOCS / "reference" / "host-matrix.md").read_text("utf-8"))
    tried = {cells[0]: cells[1] for cells in rows(DOCS / "reliability.md", first="tried")}
    kills = tried["a kill at every point of a run"]
    writes = [int(count) for what, count in tried.items() if "at every write" in what]
    assert matrix is not None
    assert f"[{int(matrix[1]):,} frames, {matrix[2]} wrong]" in readme
    assert f"each of {kills} points" in squeezed(readme)
    assert f"{kills} kills and {sum(writes)} failing writes" in first


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

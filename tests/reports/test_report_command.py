"""`gateway report` as people call it: formats, files, and what they get wrong."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner, Result

from gateway.cli import gateway
from gateway.reports.comma import as_csv, harmless
from gateway.reports.document import document, schema
from gateway.reports.making import Reports
from gateway.reports.periods import Days
from gateway.reports.report import Report, Words
from gateway.reports.tidy import FIGURE_NAMES, figures_of, rows
from gateway.reports.workbook import as_xlsx
from tests.reports.month_rig import Place, mail, play

NOW = datetime(2026, 1, 10, tzinfo=UTC)
Command = Callable[..., Result]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    made = Place(tmp_path_factory.mktemp("november"))
    play(made, mail(), made.rulebook(NOW))
    return made


@pytest.fixture(scope="module")
def report(place: Place) -> Report:
    with place.ledger().reading() as connection:
        return Reports(connection, place.rulebook(NOW).policy, Days(date(2025, 11, 1), date(2025, 11, 30)), NOW).report(None)


@pytest.fixture
def command(place: Place) -> Command:
    config = place.config

    def run(*words: str) -> Result:
        return CliRunner().invoke(gateway, ["report", "--config", str(config), *words], prog_name="gateway")

    return run


def test_text_can_be_published(command: Command) -> None:
    answer = command("--period", "2025-11", "--division", "human-resources")
    assert (answer.exit_code, answer.stderr) == (0, "")
    told = " ".join(answer.stdout.split())
    for sentence in (
        "Human Resources, inquiries received in November 2025",
        "Answered in time by a person 10 of 16 62.5 % no answer date was promised in 2 of 18 cases",
        "missed: 3 not answered yet, 3 answered late 3 of these 6 fell due while the office was closed",
        "14 by the gateway, 3 by a person",
        "1 had been taken for spam until they were answered",
        "Written again after an answer 2 answered again in time 1 of 2; not part of the figures above",
        "Not counted, with reasons 8 null-sender 3, follow-up 2, list-header 2, spam-verdict 1",
        "Messages seen 26 (18 + 8)",
        "Other calls, counter visits and social media are not in these figures.",
        "The standard and the calendar did not change in this period.",
    ):
        assert sentence in told, sentence


def test_no_standard_is_said_and_measured_all_the_same(command: Command) -> None:
    told = " ".join(command("--period", "2025-11", "--division", "strategic-communications").stdout.split())
    assert "Answered by a person 2 of 5 no standard" in told
    assert "Acknowledged in time 4 of 5 80.0 %" in told


def unlike(value: Any, said: dict[str, Any], known: dict[str, Any], where: str = "") -> list[str]:
    """Where a value is not as its JSON Schema says: the parts of it that pydantic writes."""
    if "$ref" in said:
        return unlike(value, known[said["$ref"].rpartition("/")[2]], known, where)
    if "anyOf" in said:
        return min((unlike(value, each, known, where) for each in said["anyOf"]), key=len)
    if "enum" in said or "const" in said:
        return [] if value in said.get("enum", [said.get("const")]) else [where]
    kinds: dict[str, Any] = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    if not isinstance(value, kinds[said["type"]]) or (isinstance(value, bool) and said["type"] != "boolean"):
        return [where]
    if isinstance(value, dict):
        missing = [f"{where}.{name}" for name in set(value) ^ set(said["properties"])]
        return missing + [
            each for name, inner in value.items() for each in unlike(inner, said["properties"].get(name, {"type": "null"}), known, f"{where}.{name}")
        ]
    if isinstance(value, list):
        return [each for number, inner in enumerate(value) for each in unlike(inner, said["items"], known, f"{where}[{number}]")]
    return []


def test_json_is_as_the_schema_says(report: Report) -> None:
    assert unlike(document(report), schema(), schema()["$defs"]) == []
    assert unlike(document(report) | {"zone": 5}, schema(), schema()["$defs"]) == [".zone"]
    assert json.loads(CliRunner().invoke(gateway, ["schema", "report"]).stdout) == schema()


def test_csv_has_every_figure_once(report: Report) -> None:
    table = list(csv.DictReader(io.StringIO(as_csv(report))))
    assert len(table) == len(list(rows(report)))
    places = [tuple(row[name] for name in row if name not in ("value", "unit", "withheld")) for row in table]
    assert len(set(places)) == len(places)
    city = {row["figure"]: row["value"] for row in table if row["table"] == "city" and row["step"] == "period"}
    assert city == {name: "" if value is None else str(value) for name, value in figures_of(report.whole).items()}


NASTY = "=1+1"


def nasty(report: Report) -> Report:
    """What an admin may have named things, for a joke or worse."""
    scope = replace(report.lines[0].scope, division=NASTY, standard='=HYPERLINK("http://x","y")', kind="@SUM(A1)", audience="-2")
    line = replace(report.lines[0], scope=scope, name=Words("+1", "+1"), stated_as="=cmd|' /C calc'!A0")
    return replace(report, city=Words("=2+2", "=2+2"), whole=replace(report.whole, name=Words("=2+2", "=2+2")), lines=(line, *report.lines[1:]))


def test_no_cell_of_csv_starts_a_formula(report: Report) -> None:
    cells = [cell for row in csv.reader(io.StringIO(as_csv(nasty(report)))) for cell in row]
    assert "'=1+1" in cells
    assert [cell for cell in cells if cell[:1] in set("=+@\t\r") or (cell[:1] == "-" and not cell[1:2].isdigit())] == []
    assert [harmless(each) for each in ("  =1", "\tx", "-2", "a=b", "")] == ["'  =1", "'\tx", "'-2", "a=b", ""]


def test_the_workbook_has_typed_cells_and_no_formula(report: Report) -> None:
    workbook = openpyxl.load_workbook(io.BytesIO(as_xlsx(nasty(report))))
    cells = [cell for sheet in workbook for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert {cell.data_type for cell in cells} == {"s", "n", "d"}
    assert NASTY in {cell.value for cell in cells}
    head, *table = workbook["Figures"].iter_rows()
    column = {cell.value: number for number, cell in enumerate(head)}
    assert list(column)[7:] == [each.replace("_", " ") for each in FIGURE_NAMES]
    city = table[0]
    assert (city[column["received"]].value, city[column["from"]].value) == (27, datetime.fromisoformat("2025-11-01"))
    share = city[column["respond share"]]
    assert report.whole.figures
    assert report.whole.figures.respond
    assert (share.value, share.number_format) == (report.whole.figures.respond.share, "0.0%")


def test_files_are_written_by_their_names(command: Command, tmp_path: Path) -> None:
    for name, begins in {"a.csv": b"table,", "a.json": b"{", "a.xlsx": b"PK", "a.txt": b"City of Toronto"}.items():
        path = tmp_path / name
        path.write_bytes(b"what was there before")
        answer = command("--period", "2025-11", "--output", str(path))
        assert (answer.exit_code, answer.output) == (0, "")
        assert path.read_bytes().startswith(begins)
    assert command("--period", "2025-11", "--output", str(tmp_path / "a.tsv"), "--format", "csv").exit_code == 0
    assert (tmp_path / "a.tsv").read_bytes() == (tmp_path / "a.csv").read_bytes()
    (tmp_path / "a.tsv").unlink()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.csv", "a.json", "a.txt", "a.xlsx"]


def test_without_a_period_it_is_the_last_whole_month(command: Command) -> None:
    """Of a gateway that saw mail before this month."""
    found = json.loads(command("--json").stdout)["period"]
    last = datetime.now(UTC).date().replace(day=1)
    assert date.fromisoformat(found["until"]) < last <= date.today()  # noqa: DTZ011 - to a day, in any zone
    assert found["since"].endswith("-01")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--since", "2025-11-30", "--until", "2025-11-01"], "the period ends on 2025-11-01, before it starts on 2025-11-30"),
        (["--since", "yesterday"], "'yesterday' is not a date; write 2026-10-31, or a month such as 2026-10"),
        (["--until", "2026-02-30"], "'2026-02-30' is not a date"),
        (["--period", "2025", "--every", "day"], "a trend of more than 160 steps is too long to read"),
        (["--since", "2190"], "2190-01-01 has not come yet"),
        (["--period", "2190"], "2190-01-01 has not come yet"),
        (["--period", "2025-11", "--until", "2025-12"], "--period says both ends"),
        (["--period", "2025-11", "--division", "human-resource"], "there is no 'human-resource'; did you mean 'human-resources'?"),
        (
            ["--period", "2025-11", "--division", "parks"],
            "there is no 'parks'; there are executive-management, human-resources, strategic-communications",
        ),
        (["--period", "2025-11", "--output", "/nowhere/at/all.csv"], "/nowhere/at/all.csv cannot be written: no such file or directory"),
        (["--period", "2025-11", "--output", "/"], "/ cannot be written: is a directory"),
        (["--period", "2025-11", "--output", "r.pdf"], "a file '.pdf' cannot be written; name it .html, .xlsx, .csv, .json or .txt, or say"),
        (["--close", "2025-11", "--output", "r.xls"], "a file '.xls' cannot be written"),
        (["--close", "2025-11-01"], "'2025-11-01' is not a month; write one such as 2026-10"),
        (["--close", "2025-11", "--division", "human-resources"], "--close takes a month"),
        (["--close", "2025-11", "--output", "/nowhere/at/all.csv"], "/nowhere/at/all.csv cannot be written"),
        (["--json", "--format", "csv"], "--json and --format say different things"),
    ],
)
def test_bad_input_is_one_line_and_stores_nothing(place: Place, command: Command, words: list[str], said: str) -> None:
    answer = command(*words)
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert said in answer.stderr.splitlines()[-1]
    assert "Traceback" not in answer.stderr
    with place.ledger().reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM closed_period").scalar() == 0


def test_closing_says_what_it_froze(tmp_path: Path, place: Place) -> None:
    for each in place.folder.glob("gateway.db*"):
        (tmp_path / each.name).write_bytes(each.read_bytes())
    config = str(Place(tmp_path).config)
    answer = CliRunner().invoke(gateway, ["report", "--config", config, "--close", "2025-11", "--json"])
    found = json.loads(answer.stdout)
    assert answer.exit_code == 0
    assert f"November 2025 is closed: SHA-256 of the figures {found['period']['figures_hash']}" in answer.stderr
    again = CliRunner().invoke(gateway, ["report", "--config", config, "--close", "2025-11"])
    assert (again.exit_code, again.stdout) == (1, "")
    assert "November 2025 was closed on" in again.stderr
    text = CliRunner().invoke(gateway, ["report", "--config", config, "--period", "2025-11"]).stdout
    assert "CLOSED on" in text


def test_a_policy_with_an_error_costs_no_report(place: Place, tmp_path: Path) -> None:
    """The last good version counts, as it does for mail; without one there is nothing to go by."""
    policies = tmp_path / "policies"
    policies.mkdir()
    for each in place.policies.iterdir():
        (policies / each.name).write_bytes(each.read_bytes())
    (policies / "human-resources.yaml").write_text("division: [", encoding="utf-8")
    for each in place.folder.glob("gateway.db*"):
        (tmp_path / each.name).write_bytes(each.read_bytes())
    answer = CliRunner().invoke(gateway, ["report", "--config", str(Place(tmp_path, policies).config), "--period", "2025-11", "--json"])
    assert answer.exit_code in (0, 1)
    assert "human-resources.yaml" in answer.stderr or "gateway check" in answer.stderr

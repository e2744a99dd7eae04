"""`gateway check`, `gateway due` and `gateway schema` as a user calls them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli import gateway
from gateway.policy.clocks import EXAMPLES
from tests.policy.policy_folders import ROOT


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the shipped folders and no gateway.toml."""
    for name in ("policies", "templates", "signatures"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(gateway, arguments)


def test_check_says_good(project: Path) -> None:
    result = run("check")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("Good: 6 divisions, policy version ")


def test_check_names_the_version_that_decisions_are_stamped_with(project: Path) -> None:
    (project / "letter.eml").write_text("From: pat@example.org\nTo: hr@toronto.example\n\nWhen do you open?\n")
    stamped = json.loads(run("explain", "letter.eml", "--json").stdout)["policy_version"]
    assert json.loads(run("check", "--json").stdout)["version"] == stamped
    assert stamped in run("check").stdout


def test_check_says_what_is_wrong(project: Path) -> None:
    file = project / "policies" / "human-resources.yaml"
    text = file.read_text(encoding="utf-8").replace("mailbox:", "mail_box:").replace("respond: 10 days", "respond: ten days")
    file.write_text(text, encoding="utf-8")
    result = run("check")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "policies/human-resources.yaml:2:1: error: 'mailbox' is missing; add it",
        "policies/human-resources.yaml:4:1: error: unknown key 'mail_box'; did you mean 'mailbox'?",
        f"policies/human-resources.yaml:31:14: error: 'ten days' is not a span that can be promised; write for example {EXAMPLES}",
    ]
    assert "Not good: 3 errors, 0 warnings" in result.stdout


def test_check_sees_templates_and_signatures(project: Path) -> None:
    rules = project / "signatures" / "corporate-identity.yaml"
    rules.write_text(rules.read_text(encoding="utf-8").replace("required: [name,", "required: [nmae,"), encoding="utf-8")
    (project / "templates" / "acknowledgement" / "no-date.en.j2").write_text("{{ nobody }}", encoding="utf-8")
    result = run("check", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert not found["good"]
    assert {each["file"] for each in found["diagnostics"]} == {"signatures/corporate-identity.yaml", "templates/acknowledgement/no-date.en.j2"}
    assert any(each["message"].endswith("did you mean 'name'?") for each in found["diagnostics"])


def test_a_warning_is_no_error(project: Path) -> None:
    file = project / "policies" / "human-resources.yaml"
    file.rename(file.with_name("hr.yaml"))
    result = run("check")
    assert result.exit_code == 0
    assert result.stderr == "policies/hr.yaml:2:11: warning: the file is named hr.yaml, and the division 'human-resources'; name both alike\n"


def test_show(project: Path) -> None:
    result = run("check", "--show", "human-resources")
    assert result.exit_code == 0
    lines = [line.split(None, 1) for line in result.stdout.splitlines()]
    assert ["mailbox", "hr@toronto.example  (policies/human-resources.yaml:4)"] in lines
    assert any(key == "hours" and value.endswith("(policies/city.yaml:13)") for key, value in lines)
    assert any(key == "standards.4" and value.startswith("City-wide: any audience, any kind: acknowledge 2 business days") for key, value in lines)


def test_show_as_json(project: Path) -> None:
    effective = json.loads(run("check", "--show", "internal-audit", "--json").stdout)["effective"]
    assert effective["contacts.telephone"] == {"value": "416-555-0130", "origin": "policies/internal-audit.yaml:9"}


def test_preview(project: Path) -> None:
    result = run("check", "--show", "human-resources", "--preview")
    assert result.exit_code == 0
    assert "Your message reached Human Resources on " in result.stdout
    assert "Vous recevrez notre réponse au plus tard le" in result.stdout
    assert "internal, correspondence: received " in result.stdout


def test_preview_as_json(project: Path) -> None:
    found = json.loads(run("check", "--show", "strategic-communications", "--preview", "--json").stdout)["preview"]
    assert set(found["acknowledgement"]) == {"en", "fr"}
    assert {(each["audience"], each["kind"]) for each in found["dates"]} == {
        ("public", "media-inquiry"),
        ("council", "media-inquiry"),
        ("internal", "media-assistance"),
    }
    for each in found["dates"]:
        assert bool(each["acknowledge_by"]) == (each["audience"] != "internal")


def test_preview_of_every_shipped_division(project: Path) -> None:
    for file in sorted((ROOT / "policies").glob("*.yaml")):
        if file.stem != "city":
            assert run("check", "--show", file.stem, "--preview").exit_code == 0, file.stem


def test_preview_alone(project: Path) -> None:
    result = run("check", "--preview")
    assert result.exit_code == 2
    assert "--show DIVISION --preview" in result.stderr


def test_a_missing_folder(project: Path) -> None:
    shutil.rmtree(project / "policies")
    result = run("check")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def test_show_of_nobody(project: Path) -> None:
    result = run("check", "--show", "human-resource")
    assert result.exit_code == 2
    assert "did you mean 'human-resources'?" in result.stderr


def test_due_as_json(project: Path) -> None:
    result = run("due", "--division", "executive-management", "--kind", "correspondence", "--received", "2026-04-02 16:45", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "division": "executive-management",
        "audience": "public",
        "kind": "correspondence",
        "standard": "executive-management: public, council, correspondence",
        "received": "2026-04-02T16:45:00-04:00",
        "acknowledge_by": "2026-04-03T16:45:00-04:00",
        "respond_by": "2026-04-13T00:00:00-04:00",
        "stated_as": "All external enquiries will be acknowledged within 24 hrs. "
        "Inquiries received via correspondence will receive response within 10 days.",
        "steps": [
            "acknowledge: received Thursday, April 2, 2026, 16:45 EDT",
            "acknowledge: 24 hours later: Friday, April 3, 2026, 16:45 EDT",
            "acknowledge: the office is closed then; the date stands",
            "respond: received Thursday, April 2, 2026, 16:45 EDT",
            "respond: 10 calendar days after that day: by the end of Sunday, April 12, 2026",
            "respond: the office is closed then; the date stands",
        ],
    }


def test_due_as_text(project: Path) -> None:
    result = run("due", "--division", "internal-audit", "--received", "2026-02-13T16:50")
    assert result.exit_code == 0
    assert "Acknowledge by Thursday, February 19, 2026, 16:30 EST" in result.stdout
    assert "Monday, February 16 is Family Day" in result.stdout


@pytest.mark.parametrize(("audience", "kind"), [("public", "media-inquiry"), ("internal", "media-assistance")])
def test_due_knows_the_usual_kind(project: Path, audience: str, kind: str) -> None:
    result = run("due", "--division", "strategic-communications", "--audience", audience, "--received", "2026-02-13T16:00", "--json")
    assert json.loads(result.stdout)["kind"] == kind


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("--division", "human-resource", "--received", "2026-02-13T16:50"), "did you mean 'human-resources'?"),
        (("--division", "human-resources", "--received", "tomorrow"), "write it like 2026-02-13T16:50"),
        (("--division", "human-resources", "--received", "9999-12-31"), "too far away"),
        (("--division", "human-resources", "--received", "2026-02-13", "--kind", "corespondence"), "did you mean 'correspondence'?"),
        (("--division", "human-resources"), "Missing option '--received'"),
    ],
)
def test_due_cannot_run(project: Path, arguments: tuple[str, ...], hint: str) -> None:
    result = run("due", *arguments)
    assert result.exit_code == 2
    assert hint in result.stderr


def test_due_in_the_far_past_knows_its_holidays(project: Path) -> None:
    result = run("due", "--division", "internal-audit", "--received", "1979-06-29T10:00", "--json")
    assert json.loads(result.stdout)["acknowledge_by"] == "1979-07-04T16:30:00-04:00"


def test_due_with_a_broken_policy(project: Path) -> None:
    (project / "policies" / "city.yaml").write_text("name: x\n", encoding="utf-8")
    result = run("due", "--division", "human-resources", "--received", "2026-02-13")
    assert result.exit_code == 1
    assert "policies/city.yaml:1:7: error: " in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("name", ["city", "division"])
def test_schemas_are_those_of_the_models(name: str) -> None:
    result = run("schema", name)
    assert result.exit_code == 0
    assert (ROOT / "policies" / "schema" / f"{name}.json").read_text(encoding="utf-8") == result.stdout, (
        f"run: gateway schema {name} > policies/schema/{name}.json"
    )


def test_the_policy_schema_resolves() -> None:
    document = json.loads(run("schema", "policy").stdout)
    references = {found for found in json.dumps(document).split('"') if found.startswith("#/$defs/")}
    assert references
    assert {each.removeprefix("#/$defs/") for each in references} <= set(document["$defs"])


def test_no_schema_allows_null() -> None:
    for name in ("city", "division"):
        assert '"null"' not in run("schema", name).stdout


def test_a_bare_311_is_allowed_by_the_schema_as_by_the_check() -> None:
    """An editor reads YAML 1.2: there it is a number."""
    section = json.loads(run("schema", "city").stdout)["$defs"]["OutOfOffice"]["properties"]["ways_to_reach"]
    assert {"311", 311} <= set(section["items"]["enum"])
    assert "integer" in section["items"]["type"]

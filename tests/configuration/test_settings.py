"""gateway.toml and the environment: what is read, and how a mistake is said (tests/configuration/broken/<case>)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from gateway.settings import SettingsError, load_settings

BROKEN = sorted((Path(__file__).parent / "broken").iterdir(), key=lambda each: each.name)


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("case", BROKEN, ids=lambda each: each.name)
def test_a_broken_file_is_answered_with_its_lines(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)
    with pytest.raises(SettingsError) as raised:
        load_settings(Path("gateway.toml"))
    assert "\n".join(raised.value.lines) + "\n" == Path("expected.txt").read_text(encoding="utf-8")


def test_without_a_file_the_embedded_defaults_hold(tmp_path: Path) -> None:
    settings = load_settings()
    assert [each.bind for each in settings.listener] == ["127.0.0.1:2525", "127.0.0.1:2526"]
    assert [each.trusts_senders for each in settings.listener] == [False, True]
    assert settings.next_hop.inbound == (f"maildir://{tmp_path}/var/mail",)
    assert settings.ledger.url == f"sqlite:///{tmp_path}/var/gateway.db"
    assert settings.paths.policies == tmp_path / "policies"
    assert (settings.timeouts.connect, settings.timeouts.intake) == (5.0, 2.0)
    assert settings.caps.correspondent == (10, timedelta(days=1))


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "gateway.toml").write_text('[paths]\npolicies = "p"\n[ledger]\nurl = "sqlite:///l.db"\n[next_hop]\nnotices = "maildir:///var/n"\n')
    settings = load_settings(folder / "gateway.toml")
    assert settings.paths.policies == folder / "p"
    assert settings.ledger.url == f"sqlite:///{folder}/l.db"
    assert settings.next_hop.notices == (f"maildir://{folder}/var/n",)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (
            "smtps://city@smart.example?password_file=smart.password&ca=/etc/ca.pem",
            "smtps://city@smart.example?password_file={base}/smart.password&ca=/etc/ca.pem",
        ),
        ("lmtp:///run/dovecot/lmtp", "lmtp:///run/dovecot/lmtp"),
    ],
)
def test_files_that_a_next_hop_names_are_relative_to_the_file_too(tmp_path: Path, written: str, read: str) -> None:
    (tmp_path / "gateway.toml").write_text(f'[next_hop]\ninbound = "{written}"\n')
    assert load_settings().next_hop.inbound == (read.format(base=tmp_path),)


@pytest.mark.parametrize(("written", "octets"), [('"64MB"', 64_000_000), ('"1 GB"', 10**9), ("4096", 4096)])
def test_sizes(tmp_path: Path, written: str, octets: int) -> None:
    (tmp_path / "gateway.toml").write_text(f"[relay]\nmax_in_flight = {written}\n")
    assert load_settings().relay.max_in_flight == octets


@pytest.mark.parametrize(
    ("written", "root"),
    [
        ("maildir:////srv/mail", "/srv/mail"),
        ("maildir:///tmp/mail", "/tmp/mail"),
        ("maildir:///var/mail", "{base}/var/mail"),
        ("maildir:///inbox", "{base}/inbox"),
    ],
)
def test_where_a_maildir_target_lies(tmp_path: Path, written: str, root: str) -> None:
    (tmp_path / "gateway.toml").write_text(f'[next_hop]\ninbound = "{written}"\n')
    assert load_settings().next_hop.inbound == (f"maildir://{root.format(base=tmp_path)}",)


def test_the_environment_beats_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gateway.toml").write_text('[timeouts]\nconnect = "1s"\ncommand = "2s"\n[next_hop]\ninbound = "smtp://a:1"\n')
    monkeypatch.setenv("GATEWAY_TIMEOUTS__CONNECT", "9s")
    monkeypatch.setenv("GATEWAY_NEXT_HOP__INBOUND", '["smtp://b:2", "lmtp://c:3"]')
    monkeypatch.setenv("GATEWAY_LISTENER", '[{"name": "x", "bind": "[::1]:2525", "direction": "outbound"}]')
    monkeypatch.setenv("GATEWAY_ORGANIZATION_DOMAINS", '["A.example", "Straße.example."]')
    monkeypatch.setenv("GATEWAY_CAPS__DOMAIN", "none")
    settings = load_settings()
    assert (settings.timeouts.connect, settings.timeouts.command) == (9.0, 2.0)
    assert settings.next_hop.inbound == ("smtp://b:2", "lmtp://c:3")
    assert [each.name for each in settings.listener] == ["x"]
    assert settings.organization_domains == ("a.example", "xn--strae-oqa.example")
    assert settings.caps.domain is None


def test_a_mistake_in_the_environment_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_LISTENER", "[{")
    with pytest.raises(SettingsError, match=r"^environment: error: listener: write a list or a table here; in the environment, as JSON"):
        load_settings()


def test_a_misspelt_section_in_the_environment_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PORT_25_TCP", "tcp://10.0.0.1:25")  # as Kubernetes sets them for a service of that name
    load_settings()
    monkeypatch.setenv("GATEWAY_NEXTHOP__INBOUND", "smtp://127.0.0.1:25")
    with pytest.raises(SettingsError, match=r"^environment: error: GATEWAY_NEXTHOP__INBOUND: .*did you mean GATEWAY_NEXT_HOP__"):
        load_settings()


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "nowhere.toml")
    (tmp_path / "latin.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(tmp_path / "latin.toml")

"""`gateway survey ask`: a question that a person orders, where no mail tells that it is time (an audit is finished)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from gateway.cli.diagnostics import config_option, found_wrong, settings_or_exit
from gateway.cli.measure import known_division, policy_in_force
from gateway.cli.outbox import opened
from gateway.judgement.canonical import canonical, split
from gateway.judgement.survey_verdict import Askable, Asking
from gateway.ledger import survey_rows
from gateway.notices.parse_back import check
from gateway.notices.survey import NotAsked, Writing
from gateway.policy.field_types import did_you_mean
from gateway.policy.model import Division, Policy, Survey


@click.group()
def survey() -> None:
    """Ask the question of a survey that no mail sets off. One after an audit, for example. Results: gateway report.

    \b
    Examples:
      gateway survey ask internal-audit audit-clients parks-director@toronto.example --about "Parks audit 2026"
    """


@survey.command()
@config_option
@click.argument("division")
@click.argument("name", metavar="SURVEY")
@click.argument("addresses", nargs=-1, required=True, metavar="ADDRESS...")
@click.option("--about", required=True, metavar="TEXT", help="What it is about: nobody is asked twice about the same. Not printed, kept as a hash.")
@click.option("--language", type=click.Choice(["en", "fr", "both"]), default="both", show_default=True)
def ask(config: Path | None, division: str, name: str, addresses: tuple[str, ...], about: str, language: str) -> None:
    """Ask each ADDRESS once. Who opted out is not asked; the division's rollout for the survey's audience must be enforce."""
    settings, now = settings_or_exit(config), datetime.now(UTC)
    asked = left = 0
    with opened(config) as ledger:
        rulebook = policy_in_force(settings, ledger, now)
        of = known_division(rulebook.policy, division)
        chosen = _survey(of, name, rulebook.policy)
        _all_may_be_asked(addresses, of, chosen, rulebook.policy)
        give_up = timedelta(seconds=settings.notices.give_up_after)
        writing = Writing(rulebook.policy, rulebook.texts, ledger.pseudonyms.key, now, give_up, settings.notices.return_path)
        with ledger.writing() as connection:
            for address in dict.fromkeys(map(canonical, addresses)):
                person = ledger.pseudonyms.of_address(address) or ""
                occasion = ledger.pseudonyms.of_text(f"survey\0{of.slug}\0{chosen.slug}\0{about}\0{address}")
                try:
                    notice = writing.notice(Asking(chosen, of, Askable(0, address, person, language, "new-inquiry"), occasion), occasion)
                except NotAsked as error:
                    found_wrong(f"error: {error}; nobody was asked")
                if complaint := check(notice):
                    found_wrong(f"error: {complaint}; nobody was asked")
                if survey_rows.opted_out(connection, person) or not survey_rows.ask(connection, notice, person, now):
                    left += 1
                else:
                    asked += 1
    click.echo(f"{asked} asked" + (f", {left} left alone (asked about this before, or opted out)" if left else "") + ".")


def _survey(division: Division, slug: str, policy: Policy) -> Survey:
    known = {each.slug: each for each in division.surveys}
    if slug not in known:
        names = f"; it has {', '.join(sorted(known))}" if known else "; its policy file declares none (surveys)"
        raise click.BadParameter(f"{division.slug} has no survey '{slug}'{did_you_mean(slug, known) or names}", param_hint="SURVEY")
    if policy.survey_answers is None:
        raise click.UsageError("no address takes answers: write surveys: {answers_to: …} in city.yaml")
    audience = known[slug].asked.get("audience", "")
    if not any(mode == "enforce" and each == audience for each, mode in division.rollout.items()):
        raise click.UsageError(f"{division.slug} does not enforce for the audience '{audience}': write rollout: {{{audience}: enforce}} in its file")
    return known[slug]


def _all_may_be_asked(addresses: tuple[str, ...], division: Division, chosen: Survey, policy: Policy) -> None:
    for number, address in enumerate(addresses, 1):
        domain = split(canonical(address))[1]
        if not domain:
            raise click.BadParameter(f"number {number} is not an address", param_hint="ADDRESS")
        if chosen.asked.get("audience") == "internal" and domain not in policy.organization_domains:
            raise click.BadParameter(
                f"number {number} is outside our own domains, and {chosen.slug} asks staff of {division.slug}'s clients", param_hint="ADDRESS"
            )

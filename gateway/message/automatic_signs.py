"""What a message shows of machines: the signs that `gateway.message.automatic` weighs, each worked out when first asked for.

Decides nothing. Evidence names a field or a fact, never an address, a name or a subject.
"""

from __future__ import annotations

import re

from gateway.message import absence_phrases as absences
from gateway.message import absence_reasons as reasons
from gateway.message import automatic_headers as headers
from gateway.message import automatic_phrases as phrases
from gateway.message import responder_phrases as responders
from gateway.message.automatic_phrases import fold
from gateway.message.keywords import auto_submitted_keyword, keywords, without_comments
from gateway.message.model import Message, Part
from gateway.message.once import once
from gateway.message.sieve import Sieves
from gateway.message.text import plain_text, readable_leaves
from gateway.message.words_of_a_person import speaks

OPENING_LIMIT = 2000
"""Characters of the newest text in which phrases are looked for: what an automatic mail is, it says early."""
_SAFE_VALUE = re.compile(r"[\w .;()/=,-]{0,60}")


class Signs:
    """What a message shows, each sign worked out when a rule first asks for it."""

    def __init__(self, message: Message, mail_from: str | None) -> None:
        self.message = message
        self.mail_from = mail_from
        self.names = message.names_among(headers.ALL_NAMES)

    @once
    def null_sender(self) -> str | None:
        path = self.mail_from
        if path is None and (written := self.message.first("return-path")) is not None:
            path = "" if written.strip().lower() in ("<>", "<mailer-daemon>") else written
        return "null reverse-path" if path is not None and path.strip().lower() in ("", "<>", "mailer-daemon") else None

    @once
    def from_locals(self) -> tuple[str, ...]:
        return tuple(address.local.lower() for name in ("from", "sender") for address in self.message.of(name))

    @once
    def mail_system(self) -> bool:
        """Whether a mail system is named as the writer, or nobody in the way of bounces (`From: Postmaster <>`)."""
        named = any(phrases.MAIL_SYSTEM_NAMED.match(each.display_name) for each in self.message.of("from"))
        return named or self.from_a_daemon or bool(self._daemons)

    @once
    def _daemons(self) -> frozenset[str]:
        """Local parts of mail systems among the senders'; mdaemon only with a system's name, or with the Message-ID of MDaemon's own mail: it is
        M. Daemon's, too."""
        found = headers.DAEMONS.intersection(self.from_locals)
        if "mdaemon" in found and not re.match(r"<MDAEMON\d", self.message.message_id or ""):
            names = {word for name in ("from", "sender") for each in self.message.of(name) for word in re.findall(r"\w+", fold(each.display_name))}
            return found if names & headers.SYSTEMS else found - {"mdaemon"}
        return found

    @property
    def from_mail_software(self) -> bool:
        """Whether the writer's address or name is a mail filter's or gateway's."""
        words = {word for each in self.message.of("from") for word in re.findall(r"[^\W\d_]+", fold(f"{each.display_name} {each.local}"))}
        return bool(words & headers.FILTERS)

    @once
    def from_a_daemon(self) -> bool:
        """The same, where no person can be: a postmaster is often one (RFC 5230 §4.6), a System Administrator, too."""
        nobody = not self.message.of("from") and (self.message.first("from") or "").endswith("<>")
        return nobody or bool(self._daemons & headers.DAEMONS_ONLY) or any(local.startswith("microsoftexchange") for local in self.from_locals)

    @once
    def from_a_person(self) -> bool:
        """Whether the one writer's address is made of a first and a last name that stand in the display name: a mailbox of one's own."""
        writers = self.message.of("from")
        if len(writers) != 1:
            return False
        names = re.findall(r"[^\W\d_]+", re.sub(r"\(.*?\)", " ", fold(writers[0].display_name)))
        if not 2 <= len(names) <= 5 or headers.TEAMS.intersection(names) or headers.SYSTEMS.intersection(names):
            return False
        words = [word for word in re.split(r"[._-]", fold(writers[0].local)) if word.isalpha()]
        if len(words) >= 2:
            return all(word in names or (len(word) == 1 and any(name[0] == word for name in names)) for word in words)
        local = "".join(words)
        if local in (names[0], "".join(name[0] for name in names)) and len(local) >= 3:
            return True
        return any(first != last and local in (first + last, first[0] + last, first + last[0], last + first[0]) for first in names for last in names)

    @once
    def owner_names(self) -> frozenset[str]:
        """The words of the one writer's display name, without those of offices."""
        writers = self.message.of("from")
        words = re.findall(r"[^\W\d_]{2,}", fold(writers[0].display_name)) if len(writers) == 1 else []
        return frozenset(words) - headers.TEAMS

    @property
    def under_its_name(self) -> bool:
        """Whether the subject begins with the writer's own name."""
        first = re.match(r"[^\W\d_]{2,}", self.subject)
        return first is not None and first[0] in self.owner_names

    @once
    def greets_its_reader(self) -> bool:
        """Whether a name of the recipient stands in the first words, as in a letter to somebody known."""
        readers = {word for name in ("to", "cc") for each in self.message.of(name) for word in re.findall(r"[^\W\d_]{3,}", fold(each.display_name))}
        return bool(readers.intersection(re.findall(r"[^\W\d_]{3,}", self.opening[:40])))

    @once
    def from_a_team(self) -> bool:
        """Whether a writer's name or address has a word of offices in it."""
        words = {word for each in self.message.of("from") for word in re.findall(r"[^\W\d_]+", fold(f"{each.display_name} {each.local}"))}
        return bool(words & headers.TEAMS)

    @once
    def subject(self) -> str:
        """Folded, without tags in front of it."""
        subject = fold(self.message.subject[:500])
        tagged = phrases.TAG.match(subject)
        return subject[tagged.end() :] if tagged and tagged.end() < len(subject) else subject.strip()

    @once
    def _newest(self) -> tuple[str, bool, bool]:
        text = fold(plain_text(self.message)[: 4 * OPENING_LIMIT])
        quoted = phrases.QUOTED.search(text)
        opening = _opening(text[: quoted.start()] if quoted else text)
        unusual = _RARELY_SAID.may_find(opening)
        return reasons.with_apostrophes(opening) if unusual else opening, quoted is not None, unusual

    @property
    def opening(self) -> str:
        """The beginning of the newest text, folded, on one line."""
        return self._newest[0]

    @property
    def quotes(self) -> bool:
        """Whether an earlier message is quoted below."""
        return self._newest[1]

    @property
    def _unusual(self) -> bool:
        """Whether something of `_RARELY_SAID` may stand in the opening."""
        return self._newest[2]

    @once
    def personal(self) -> bool:
        """Marks of a person: to a group, asking, with enclosures."""
        recipients = len(self.message.of("to")) + len(self.message.of("cc"))
        return recipients > 1 or bool(self.message.attachments) or phrases.NOT_A_ROBOT.search(self.opening) is not None

    def table(self, table: dict[str, re.Pattern[str]]) -> str | None:
        """Evidence of the first field that stands in the table with a fitting value."""
        for name in sorted(self.names):
            if name in table:
                for value in self.message.all(name):
                    if table[name].search(value):
                        return evidence(name, value)
        return None

    @once
    def submitted(self) -> tuple[str, str] | None:
        """Keyword and value of the first Auto-Submitted that is not `no` (RFC 3834 §5, RFC 5436: unknown keywords count)."""
        if not self.names:
            return None
        for name in ("auto-submitted", "x-auto-submitted"):
            for value in self.message.all(name):
                keyword = auto_submitted_keyword(value)
                if keyword not in ("", "no"):
                    return keyword, evidence(name, value)
        return None

    @once
    def reply(self) -> str | None:
        """Evidence that software answered a message."""
        if not self.names:
            return None
        if self.submitted and self.submitted[0].startswith(("auto-repl", "auto-resp")):
            return self.submitted[1]
        return self.table(headers.REPLY) or self.table(headers.ABSENCE) or self._own_rule_loop

    @once
    def _own_rule_loop(self) -> str | None:
        if "x-ms-exchange-inbox-rules-loop" not in self.names:
            return None
        # Exchange writes the mailbox whose rule acted: its own address in an automatic reply, another one in a redirected letter.
        writers = {address.key for address in self.message.of("from")}
        for value in self.message.all("x-ms-exchange-inbox-rules-loop"):
            if value.strip("<> ").casefold() in writers:
                return "X-MS-Exchange-Inbox-Rules-Loop names the sender"
        return None

    @once
    def generated(self) -> str | None:
        """Evidence that software wrote the message, in answer or not."""
        return (self.submitted[1] if self.submitted else None) or self.table(headers.GENERATED)

    @once
    def machine(self) -> str | None:
        return self.reply or self.generated or self.null_sender

    @once
    def from_list(self) -> str | None:
        if not self.names:
            return None
        if names := sorted(self.names & headers.LIST):
            return evidence(names[0], "")
        return "Precedence: list" if self.precedence("list") else None

    @once
    def precedences(self) -> frozenset[str]:
        """What Precedence and its private form say."""
        written = [value for name in ("precedence", "x-precedence") if name in self.names for value in self.message.all(name)]
        return frozenset(word.lower() for value in written for word in keywords(value))

    def precedence(self, *words: str) -> bool:
        return not self.precedences.isdisjoint(words)

    @once
    def old_responder(self) -> str | None:
        """Vacation programs from before Auto-Submitted say `Precedence: bulk`; so do newsletters, which have more to show."""
        lone = self.precedence("bulk", "junk") and not self.from_list and not self.names & headers.UNSUBSCRIBE
        return "Precedence: bulk" if lone else None

    @once
    def answers(self) -> bool:
        return bool(self.message.in_reply_to or self.message.references)

    @once
    def forwarded(self) -> bool:
        return phrases.FORWARDED.match(self.subject) is not None

    @once
    def tagged_by_software(self) -> bool:
        """Whether a tag in front of the subject says so."""
        subject = self.message.subject[:100]
        return "auto" in subject.lower() and absences.SOFTWARE_TAG.match(fold(subject)) is not None

    @once
    def by_software(self) -> bool:
        """Whether the subject begins as only software writes it, or a tag in front of it says so."""
        if self.tagged_by_software:
            return True
        short = phrases.SHORT_SOFTWARE_SUBJECT.match(self.subject)
        if short and (self.machine or self.self_declared):
            return True
        if short and self.answers and (self.acknowledges or self.absent or not speaks(self.opening)):
            return True
        return bool(phrases.SOFTWARE_SUBJECT.match(self.subject) or phrases.SOFTWARE_ABSENCE_SUBJECT.match(self.subject))

    @once
    def self_declared(self) -> bool:
        said = phrases.SELF_DECLARED.search(self.opening) if self._unusual else None
        return said is not None and any(_mentions_machine(part) for part in readable_leaves(self.message.root))

    @once
    def deletes_mail(self) -> bool:
        """The newest text says that mail which comes in meanwhile is not kept."""
        return self._unusual and responders.MAIL_DELETED.search(self.opening) is not None

    def tells_of_absence(self, sentence: str) -> bool:
        """A sentence of the newest text says that its writer is away."""
        return any(each.search(sentence) for each in (phrases.ABSENCE_OWN, phrases.ABSENCE_OTHER_LANGUAGES, *_TERSE))

    @once
    def absent(self) -> bool:
        """The newest text says that its writer is away."""
        return bool(phrases.ABSENCE_OWN.search(self.opening)) or (
            (not self.opening.isascii() or not self.english) and bool(phrases.ABSENCE_OTHER_LANGUAGES.search(self.opening))
        )

    @once
    def absent_tersely(self) -> bool:
        """The same in so few words that it counts only in what software is known to have sent in answer."""
        text = reasons.OF_A_THING.sub(" ", self.opening)
        return any(each.search(text) for each in _TERSE)

    @once
    def absent_at_first(self) -> bool:
        """Whether that is the first thing said, behind a greeting and thanks."""
        return any(each.match(text) for each in _TERSE for text in (self.opening, self.told))

    @once
    def told(self) -> str:
        """The newest text behind a greeting and thanks for writing."""
        thanks = absences.THANKS_FIRST.match(self.opening)
        return self.opening[thanks.end() :] if thanks else self.opening

    @property
    def says_no_more(self) -> bool:
        """The whole of the newest text is thanks and an absence till a day; below it at most the writer's name."""
        alone = absences.FORMULA_ALONE.fullmatch(self.opening)
        return alone is not None and frozenset(re.findall(r"[^\W\d_]{2,}", alone["signed"])) <= self.owner_names

    @once
    def told_in_a_letter(self) -> bool:
        """An absence told to somebody known, beside tasks for the reader, or before or after it."""
        if responders.ABSENCE_TO_COME.search(self.opening):
            return True
        return responders.GREETS_BY_NAME.match(self.opening) is not None and responders.HANDS_OVER.search(self.opening) is not None

    @once
    def by_domino(self) -> bool:
        """Subject and fixed text of the Domino agent, which answers lists, too; both at the beginning."""
        if " out of " not in self.subject or phrases.DOMINO_SUBJECT.match(self.subject) is None:
            return False
        said = phrases.DOMINO_ABSENCE.search(self.opening)
        return said is not None and said.start() <= 3

    @once
    def tells_of_somebody(self) -> bool:
        """Behind no more than courtesies stands first that somebody is away or gone: the mailbox's owner, or anybody, if no team writes."""
        if self.tells_of_its_owner:
            return True
        somebody = absences.SOMEBODY_NAMED.match(self.told)
        away = somebody is not None and responders.OWNER_IS_AWAY.match(self.told, somebody.end())
        return bool(away) and not self.from_a_team and not (phrases.ACKNOWLEDGEMENT.search(self.told) or reasons.OF_A_THING.match(self.told))

    @once
    def of_others(self) -> bool:
        """A list of who is away, what a no-reply address tells, or the reader's own affairs: nobody speaks of himself."""
        if reasons.ABOUT_THE_READER.match(self.told) and not reasons.FIRST_PERSON.search(self.opening):
            return True
        by_nobody = not self.reply and any(headers.NO_REPLY.fullmatch(local) for local in self.from_locals)
        listed = by_nobody or reasons.ROSTER.search(self.opening) is not None
        return listed and responders.SPEAKS_FOR_ITSELF.search(self.opening) is None

    @once
    def other_purpose(self) -> bool:
        """The newest text tells of no absence but of something else: a promise, a receipt, a new address."""
        return any(each.search(self.opening) for each in (phrases.OTHER_PURPOSE, absences.PROMISE, reasons.PRESENT))

    @once
    def english(self) -> bool:
        return " the " in self.opening and " der " not in self.opening

    @once
    def acknowledges(self) -> bool:
        return phrases.ACKNOWLEDGEMENT.search(self.opening) is not None

    @once
    def closed(self) -> bool:
        """The newest text says that an office is closed or a mailbox unread for a time."""
        return bool(phrases.CLOSED.search(self.opening) or responders.NOT_READ_MEANWHILE.search(self.opening))

    @once
    def tells_of_its_owner(self) -> bool:
        """The newest text begins with the writer's own name in the third person, and that its bearer is away or gone."""
        named = responders.OWNER_NAMED.match(self.told) or (self.told is not self.opening and responders.OWNER_NAMED.match(self.opening))
        if not named or not responders.OWNER_IS_AWAY.match(named.string, named.end()):
            return False
        words = set(re.findall(r"[^\W\d_]{2,}", named[1])) - {"mr", "mrs", "ms", "dr", "mme"}
        return bool(words) and words <= self.owner_names

    @once
    def noted_as_vacation(self) -> str | None:
        """A vacation responder's own mark: RFC 3834 comments such as `auto-replied (vacation)`, or a field of its own."""
        if not self.names:
            return None
        for value in self.message.all("auto-submitted"):
            if re.search("vacation|out.?of.?office|absence", without_comments(value)[1].lower()) and auto_submitted_keyword(value) not in ("", "no"):
                return evidence("auto-submitted", value)
        return self.table(headers.ABSENCE)


_RARELY_SAID = Sieves(reasons.LEFT_OUT_HERE, phrases.SELF_DECLARED, responders.MAIL_DELETED)
"""What is looked for in the opening of nearly every letter, and hardly ever stands there."""
_TERSE = (phrases.ABSENCE_TERSE, absences.AWAY_IN_FEW_WORDS, absences.ELLIPTIC_IN_OTHER_LANGUAGES, reasons.WHY_AWAY)


def _opening(text: str) -> str:
    """The first words of folded text on one line. Nearly always there are enough of them in its beginning."""
    line = _on_one_line(text[: OPENING_LIMIT + OPENING_LIMIT // 4])
    return (line if len(line) >= OPENING_LIMIT else _on_one_line(text))[:OPENING_LIMIT]


def _on_one_line(text: str) -> str:
    # Folded: no line has two blanks side by side.
    return " ".join(filter(None, map(str.strip, text.split("\n"))))


def _mentions_machine(part: Part) -> bool:
    lowered = (part.text or "")[: 4 * OPENING_LIMIT if part.content_type == "text/plain" else None].lower()
    return any(root in lowered for root in phrases.SELF_DECLARED_ROOTS)


def evidence(name: str, value: str) -> str:
    """The field as a mail administrator writes it; its value only where that can name nobody."""
    shown = "-".join(word.upper() if word in ("ms", "id", "fc", "ml") else word.capitalize() for word in name.split("-"))
    first = value.partition(";")[0].strip()
    return f"{shown}: {first}" if first and name in _SHOWN_VALUES and _SAFE_VALUE.fullmatch(first) else shown


_SHOWN_VALUES = frozenset(("auto-submitted", "x-auto-submitted", "precedence", "x-precedence", "x-autoreply", "x-autogenerated", "x-apple-action"))

"""Is it an out-of-office reply, though no header field says that software sent it? From before Auto-Submitted, and by rules of mail programs.

Rules of `gateway.message.automatic` that read subject and words alone. Decides rather too little: people write of their absences under the same
subjects, and what is taken for a reply is neither answered nor counted.
"""

from __future__ import annotations

import re

from gateway.message import absence_phrases as absences
from gateway.message import automatic_phrases as phrases
from gateway.message import responder_phrases as responders
from gateway.message.automatic_kind import Automatic
from gateway.message.automatic_signs import Signs

_SIGNATURE_PIECES = 3
"""Name, title and office, with commas between them."""


def absence_under_its_subject(signs: Signs) -> Automatic | None:
    """A responder's own subject, with no name nor day behind it, and an absence of the writer's: but for letters of people."""
    if not responders.RESPONDER_SUBJECT.match(signs.subject) or signs.quotes or signs.personal or signs.greets_its_reader:
        return None
    if not (signs.absent or signs.absent_at_first) or signs.of_others or absences.ABSENCE_OF_THE_READER.search(signs.opening):
        return None
    if is_a_letter(signs):
        return None
    return Automatic("out_of_office", "absence-in-answer", "subject of a responder; the text says that the writer is away")


def people_write_it(signs: Signs) -> bool:
    """A responder's subject that is a person's, too: a notice of absence, a bare "Automatic reply", somebody else's absence."""
    if responders.BEFORE_AN_ANSWER.match(signs.subject):
        return False
    if responders.SAYS_IT_IS_A_REPLY.match(signs.subject):
        return not _opens_with_an_absence(signs)
    if responders.PEOPLE_WRITE_IT.match(signs.subject):
        return True
    named = responders.OF_SOMEBODY.match(signs.subject)
    locals_ = (re.findall(r"[^\W\d_]{2,}", local) for local in signs.from_locals)
    owner = signs.owner_names.union(*locals_)
    return named is not None and owner.isdisjoint(re.findall(r"[^\W\d_]{2,}", named[0]))


def _opens_with_an_absence(signs: Signs) -> bool:
    """Behind courtesies it says so at once, and it is to nobody and of no matter of the writer's."""
    if responders.GREETS_BY_NAME.match(signs.opening) or responders.OWN_MATTER.search(signs.opening):
        return False
    first = responders.SENTENCE_END.split(signs.told, maxsplit=1)[0]
    return signs.absent_at_first or signs.tells_of_absence(first) or phrases.CLOSED.search(first) is not None


def is_a_letter(signs: Signs) -> bool:
    """An absence told to somebody, and not to whoever writes."""
    if signs.told_in_a_letter or responders.GREETS_BY_NAME.match(signs.opening) or responders.HANDS_OVER.search(signs.opening):
        return True
    echoed = ":" in signs.subject.rstrip(" .!:-")
    told_anybody = responders.FOR_WHOEVER_WRITES.search(signs.opening)
    if not told_anybody and (responders.ILL.search(signs.opening) or (not echoed and responders.FORETOLD.search(signs.opening))):
        return True
    return not _says_nothing_else(signs)


def _says_nothing_else(signs: Signs) -> bool:
    """Each sentence is of the absence, of what to do meanwhile, a courtesy or the writer's name: nobody's matter is spoken of."""
    if responders.OWN_MATTER.search(signs.opening):
        return False
    sentences = [each for each in responders.SENTENCE_END.split(signs.opening) if len(re.findall(r"[^\W\d_]+", each)) > 2]
    named = [number for number, each in enumerate(sentences) if not signs.owner_names.isdisjoint(re.findall(r"[^\W\d_]{2,}", each))]
    signature = named[-1] if named and len(sentences) - named[-1] <= _SIGNATURE_PIECES else len(sentences)
    return all(responders.OF_AN_ABSENCE.search(each) or signs.tells_of_absence(each) for each in sentences[:signature])


def absence_told_to_anybody(signs: Signs) -> Automatic | None:
    """No header, no fixed wording: what a person tells whoever writes, and never in a letter. Rather missed than said of a letter."""
    gone = responders.GONE_SUBJECT.match(signs.subject)
    if not (signs.tells_of_its_owner or signs.deletes_mail or gone):
        return None
    in_talk = signs.answers or signs.quotes or signs.personal or signs.greets_its_reader or phrases.REPLIED.match(signs.subject)
    if in_talk or responders.TAKES_PART.search(signs.opening) or responders.ASKS_FOR.search(signs.opening):
        return None
    unread = responders.UNREAD_MAILBOX.search(signs.opening)
    written = responders.SPEAKS_FOR_ITSELF.search(signs.opening) and not responders.NOTICE_SET_UP.search(signs.opening)
    if signs.tells_of_its_owner and not written and (unread or gone or signs.under_its_name or phrases.ABSENCE_SUBJECT.match(signs.subject)):
        return Automatic("out_of_office", "absence-of-its-owner", "from a person's mailbox, of that person's absence, in the third person")
    away = signs.absent or phrases.ABSENCE_TERSE.search(signs.opening)
    if away and (signs.deletes_mail or (gone and unread)):
        return Automatic("out_of_office", "absence-told-to-anybody", "the text says that the writer is away, and what becomes of mail that comes in")
    return None


def absence_by_formula(signs: Signs) -> Automatic | None:
    """A mail program's rule that answers under the original subject: thanks, absence, what happens meanwhile, and nothing of a person's own."""
    if not (signs.answers or phrases.REPLIED.match(signs.subject)) or signs.quotes or not phrases.FORMULA_OPENING.match(signs.opening):
        return None
    if not signs.absent or signs.personal or signs.greets_its_reader or responders.OF_THE_MATTER.search(signs.opening):
        return None
    if phrases.FORMULA_CLOSING.search(signs.opening) or signs.says_no_more:
        return Automatic("out_of_office", "absence-formula", "in answer to a message, word for word an absence note")
    return None


def absence_in_own_words(signs: Signs) -> Automatic | None:
    """A subject that people write, too: only Domino's fixed text, or an answer without any mark of a person."""
    if phrases.DOMINO_ABSENCE.search(signs.opening):
        return Automatic("out_of_office", "domino-absence", "fixed text of the Domino out-of-office agent")
    if signs.told_in_a_letter and not responders.BEFORE_AN_ANSWER.match(signs.subject):
        return None
    echoed = re.match(r"[^:]{1,40}: ?\S", signs.subject) is not None
    if phrases.ECHOED_BY_SOFTWARE.match(signs.subject) and phrases.ABSENCE_TERSE.match(signs.opening) and not signs.personal:
        return Automatic("out_of_office", "absence-in-answer", "subject of an absence before another subject; the text names an absence")
    if signs.absent and not signs.personal and (signs.answers or echoed):
        return Automatic("out_of_office", "absence-in-answer", "subject and text of an absence, in answer to a message")
    return None

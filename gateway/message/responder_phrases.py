"""What a responder's owner tells whoever writes: words for `gateway.message.automatic` where no header field and no fixed wording helps.

Folded form, English and French, as in `gateway.message.automatic_phrases`. None of it decides anything alone.
"""

from __future__ import annotations

# ruff: noqa: E501 — a pattern broken over lines is harder to check against a phrase
import re

from gateway.message.automatic_phrases import any_of, in_text

_MAILBOX = r"(?:mailbox|mail box|inbox|account|address|e-?mails?|messages|voice ?mail)"
NOT_READ_MEANWHILE = in_text(
    rf"\b(?:because of|due to|owing to|during|while)\b.{{0,80}}\b{_MAILBOX} (?:is|are|will) (?:not|un|no longer) ?(?:be |being )?(?:actively |regularly )?(?:monitored|read|checked|answered)\b",
    rf"\b{_MAILBOX} (?:is|are|will) (?:not|un) ?(?:be |being )?(?:actively |regularly )?(?:monitored|read|checked|answered)(?: \w+)?,? (?:during|while|until|till|before|because|due to|for the (?:duration|moment)|at (?:this|the) (?:time|moment)|on (?:those|these|that|\w+day)|over the|this week|today|in the meantime|from)\b",
    r"\bboite(?: [\w'-]+){0,3} (?:n'est|ne sera) pas (?:surveillee|lue|consultee) (?:pendant|durant|jusqu|avant|en raison|cette|du|le|ces)",
)
"""Nobody reads a mailbox for a time or for a reason; a mailbox that is never read (a no-reply address) is no absence."""

_MEANWHILE = r"(?:meantime|meanwhile|until then|while|during|absence|period|interim)"
MAIL_DELETED = in_text(
    rf"\b(?:everything|anything|all|any|e-?mails?|mail|messages?)(?: [\w'-]+){{0,3}} (?:sent|received|arriv\w+|com(?:es|ing)|delivered|addressed)\b.{{0,40}}\b{_MEANWHILE}\b.{{0,40}}(?<!\bwas )(?<!\bwere )\b(?:deleted|discarded|erased|binned|not be (?:kept|read|saved))\b",
    r"\bmessages?(?: [\w'-]+){0,3} recus?\b.{0,60}\b(?:absence|entre-?temps|d'ici la)\b.{0,20}\b(?:seront|sera|sont|est)(?: [\w'-]+)? (?:supprimes?|effaces?)\b",
)
"""What happens to mail that comes in meanwhile, as only whoever sets up a responder tells a reader yet unknown."""

_SET_UP = r"\bset (?:up )?this (?:message|reply|note|notice|auto-?reply)(?: up)?\b|\bthis (?:message|reply|notice|note) (?:was|is|has been) set(?: up)? (?:by|for|on)\b"
UNREAD_MAILBOX = in_text(
    r"\b(?:your|mail to (?:him|her|them|me)|this) ?(?:e-?mail|message|mail)?s? (?:has|was|is|will)(?: been| be)? not(?: been| be)? (?:been )?(?:automatically )?(?:forwarded|read|redirected|passed on)\b(?! to me)",
    r"\bvotre (?:courriel|message) (?:n'a pas ete|ne sera pas) (?:transfere|lu|achemine|redirige)\b",
    rf"\b(?:this|my|the|his|her|their) (?:e-?mail )?{_MAILBOX}(?: \w+)? (?:is|are) ?(?:not|no longer|un) ?(?:being )?(?:monitored|read|checked|in use|active)\b",
    r"\b(?:ce compte|cette (?:boite|adresse))(?: [\w'-]+){0,3} n'est (?:plus|pas) (?:surveillee?|active?|lue?|consultee?|utilisee?)\b",
    _SET_UP,
)
"""The mailbox that this comes from is unread, what came was passed on to nobody, or a notice was set up in it for its owner."""

OWNER_IS_AWAY = any_of(
    r"(?:is|will be)(?: [\w'-]+){0,2} (?:away|out|off|absent|retired|unavailable|not (?:in|here|available|working)|on (?:[\w-]+ ){0,2}(?:leave|vacation|holidays?|secondment|sabbatical|jury duty))\b",
    r"(?:will (?:return|be back|not be (?:in|available|back))|is (?:due )?back|returns)(?! (?:to you|in touch|your|with|the))\b|has (?:now |since )?(?:retired|left(?=\s*[.,;]| (?:the|our) (?:city|company|organi[sz]ation|office|department|division|ministry|service|team)| for | as of | on | in |$)|resigned|moved (?:on|to (?:another|a (?:new|different)))|been transferred|died|passed away|gone on)\b|(?:is )?no longer (?:works?|with|at|employed|here|in)\b|passed away\b",
    r"(?:est|sera)(?: [\w'-]+){0,2} (?:absente?|a la retraite|en (?:conge|vacances|formation|deplacement))\b|a (?:pris sa retraite|quitte)\b|ne travaille plus\b|n'est plus\b",
)
"""What is said of a mailbox's owner right behind the name; nobody speaks so of himself."""

OWNER_NAMED = re.compile(
    r"(?:(?:hi|hello|greetings|good (?:day|morning|afternoon)|bonjour)(?: there)?\W+)?(?:please (?:note|be advised)(?: that)? |veuillez noter que |thank you for your (?:e-?mail|message)\W+|this is to (?:let you know|inform you|advise you|say)(?: that)? |(?:unfortunately|sadly|regrettably|malheureusement),? )?"
    r"((?:[^\W\d_][\w'-]{0,40}\.? ){1,4}?)(?=(?:is|has|will|no longer|passed|est|sera|a|ne|n'est)\b)"
)
"""How a notice in the third person begins: the name, then the verb."""

TAKES_PART = in_text(
    r"\b(?:as (?:we )?(?:discussed|agreed)|(?:so|and) i(?:'m| am|'ve| have|'ll| will) (?:answering|writing|replying|looked|reviewed)|i(?:'ve| have) (?:reviewed|looked|read|spoken|checked|sent)"
    r"|your (?:application|drawings|permit|renewal|file|invoice|proposal) (?:is|are|was|were|has|looks?))\b"
)
"""Somebody who knows what the reader wrote about."""

SPEAKS_FOR_ITSELF = re.compile(r"\b(?:i|i'm|i've|i'd|i'll|my|we would|we need|je|j'ai|mon|ma)\b")
"""Somebody speaks of himself below a name in the third person: a widow, a colleague at that desk; but for whoever set up the notice."""

NOTICE_SET_UP = in_text(_SET_UP)

GONE_SUBJECT = any_of(
    r"(?:i am |i'm )?no longer (?:with|at|working|employed|here)\b|(?:i have|i've) (?:left|retired|moved on)(?: from)?(?: (?:the|our) (?:city|company|organi[sz]ation|office|department|division|ministry|team))?(?: of \w+)?\s*(?:[:(!.-]|$)",
    r"(?:j'ai quitte|je ne travaille plus|plus a l'emploi)\b",
)
"""Subjects of those who left: people write them, too, so nothing without two more signs."""

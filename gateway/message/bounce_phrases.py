"""Words by which notices of non-delivery are known: data for `gateway.message.automatic`.

Folded form, as in `gateway.message.automatic_phrases`, which says how words count. None of it decides anything alone.
"""

from __future__ import annotations

# ruff: noqa: E501 — a pattern broken over lines is harder to check against a phrase
from gateway.message.automatic_phrases import any_of, in_text

BOUNCE_SUBJECT = any_of(
    r"(?:message status - |mail )?un-?deliver(?:able|ed)",
    r"(?:e-?mail |mail )?delivery (?:failure|failed|status|notification|report|problem|delayed|error|unsuccessful|warning)",
    r"mail delivery (?:failed|failure|problem|system|subsystem|error)",
    r"failure notice|returned mail|mail system error|non-?delivery|nondeliverable|mail returned|message (?:delivery|undeliverable|not delivered|delayed)",
    r"warning: (?:message|could not send|mail)|(?:message )?delayed mail|mail could not be|could not deliver|rejected mail|undelivered mail",
    r"(?:non remis|non distribue|impossible de remettre|message non remis|echec de (?:la )?(?:remise|distribution|livraison)|avis de non-remise)",
    r"unzustellbar|nicht zugestellt|no se puede entregar|no entregado|nao (?:e possivel|foi possivel) entregar|non recapitabile|mancato recapito",
    r"无法送达|無法傳遞|未送达|未传递|배달되지 않음|недоставленное|не доставлено|לא ניתן להעברה|لم یتم التسلیم|(?:ваше )?(?:письмо|сообщение) не (?:было )?доставлено",
)
"""How the subject of a notice begins. People complain of deliveries, too, so a second sign must stand beside it."""

BOUNCE_TEXT = in_text(
    r"this is the qmail-send program|this message was created automatically by mail delivery software|did not reach the following recipient|permanent fatal errors",
    r"could not be delivered to (?:one or more|the following)|delivery to the following recipients? (?:has )?(?:failed|been delayed)|not listed in (?:domino|public name)",
    r"sorry to have to inform you|undeliverable (?:message|mail)|recipient address rejected|\buser unknown\b|550[ -]5\.\d\.\d|\bmailbox (?:unavailable|is full|full)\b|no such user",
    r"your message (?:wasn't|was not|could not be|couldn't be|cannot be) delivered|message you sent could not be delivered|unable to deliver (?:your|the) message",
    r"n'a pas pu etre (?:remis|distribue|livre)|impossible de (?:remettre|distribuer)|\bthe following (?:address|recipient)(?:es|s|\(es\)|\(s\))? (?:failed|had)",
)

BOUNCE_OF_DAEMON = in_text(
    r"(?:\bnot|n't|\bunable to|\bfailed to)(?: (?:yet|been|be|able to)){0,3} deliver|\b(?:delivery (?:failure|failed|error|problem)|failure delivery|failed mail|mail failed|mail error)\b",
    r"\breturn(?:ing|ed) to sender\b|\bundeliver(?:able|ed)\b|не может быть доставлен|не доставлен|не удалось доставить",
)
"""What is enough in the subject or text of a mail system, and would be a complaint about a parcel from anybody else."""

BOUNCE_OPENING = any_of(
    r"[\W_]*(?:(?:this is|this message was|message from) .{0,100}?(?:[:*]|\.(?= ))\W*)?(?:"
    r"(?:your|a|the|this) (?:e-?mail message|mail message|message|e-?mail|mail)\b.{0,200}? (?:could not be|couldn't be|cannot be|was not|wasn't|has not been) delivered to"
    r"|(?:we )?(?:could not|couldn't|cannot|(?:was |were )?unable to) deliver (?:(?:your|the|this|a) )?(?:message|e-?mail|mail) to"
    r"|votre (?:message|courriel)\b.{0,200}? n'a pas pu etre (?:remis|distribue|livre|delivre|transmis) (?:aux?|a)|failed recipients?)"
    r"(?:(?: [\w']+){0,7}? (?:recipient|address|destinataire|adresse)[a-z()]{0,5}(?: suivante?s?)?)?\W{1,20}[^\s@<>]{1,80}@(?P<domain>[a-z0-9-]+(?:\.[a-z0-9-]+)+)"
)
"""First words of a notice from a sender that shows nothing of a mail system (filters, gateways): what was not delivered, and to which address."""

WORDS_OF_A_PERSON = in_text(
    r"(?<![.@])\b(?:i|i'm|i've|my|me|mine|our|ours|us|he|she|his|her|him|je|mon|ma|mes|moi|notre|nos|nous|ich|mir|mich|meine?[mnrs]?|unsere?[mnrs]?)\b|\b[jm]'",
    r"\b(?:thanks|thank you|regards|sincerely|yours|kindly|merci|cordialement|salutations|danke|grussen)\b",
)
"""Filters and gateways speak neither of themselves nor of him and her, and close without courtesies; who tells of a notice does."""

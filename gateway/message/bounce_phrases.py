"""Words by which notices of non-delivery are known: data for `gateway.message.automatic`.

Folded form, as in `gateway.message.automatic_phrases`, which says how words count. None of it decides anything alone.
"""

from __future__ import annotations

# ruff: noqa: E501 — a pattern broken over lines is harder to check against a phrase
import re

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

NOTICE_SUBJECT = any_of(
    r"[\W_]*(?:ndr|dsn|rejected|blocked|refused|undeliverable|returned|temporary|permanent)\b ?(?:\W ?|e-?mail|mail|message|delivery)",
    r"[\W_]*(?:(?:your|the|an?|votre|le|ihre|su) )?(?:e-?mail|mail|message|courriel|nachricht|mensaje)s?\b.{0,80}?\b(?:blocked|rejected|refused|stopped|quarantined|undeliver(?:able|ed)|returned|failed|not (?:been )?(?:delivered|accepted|sent)|could not be (?:delivered|processed|sent)|bloquee?|refusee?|rejetee?|non (?:distribue|livre|remis)e?|n'a (?:pas|pu) (?:pas |pu )?(?:etre|ete) (?:livre|distribue|remis|transmis)|unzustellbar|nicht zugestellt)\b",
    r"[\W_]*(?:virus (?:in|found|detected)|(?:content |security |mail )?policy violation|echec de (?:l'envoi|transmission)|zustellung fehlgeschlagen|no se pudo entregar)",
)
"""Subjects of filters and gateways, as people write them, too: only beside what `NOTICE_RECIPIENT` and `NOTICE_DETAIL` find."""

NOTICE_RECIPIENT = re.compile(
    r"(?:(?<!write )(?<!reply )(?<!contact )(?<!speak )(?<!respond )(?<!e-mail )(?<!forwarded )(?<!send it )(?<!ecrire )\b"
    r"(?:to|an?|aux?|for|recipients?|addressee?|destinataires?|suivante?s?|destinatarios?|siguientes|failed|permanently|reached)(?:\(e?s\))?\W{1,12}|(?P<angle><))"
    r"(?P<local>[^\s@<>]{1,80})@(?P<domain>[a-z0-9-]+(?:\.[a-z0-9-]+)+)(?(angle)>)"
)
"""Who was not reached, as such notices name them."""

NOTICE_DETAIL = in_text(
    r"\b(?:reason|cause|motif|motivo|grund|fehler|erreur|error(?: type)?|diagnostic(?: code)?|recipients?(?:\(s\))?|destinataires?|subject|objet|betreff|asunto|action taken|rule|spam score|event|virus|remote server replied|message-id) ?[:=]",
    r"\b(?:address|adresse|recipient|destinataire)(?:es|s|\(es\)|\(s\))? (?:failed|suivante?s?) ?:|[a-z0-9]> ?:|\b[45]\d\d[ -]?#?[45]\.\d{1,3}\.\d{1,3}\b",
)
"""A labelled line or a status code (RFC 3463): what mail software tells and people do not."""

MAIL_SOFTWARE = in_text(
    r"\b(?:anti-?)?(?:spam|content|e-?mail|mail|message|virus|attachment|bulk)[ -]?(?:filter|gateway|firewall|checker|scanner|server|system|security appliance)\b|\bmail delivery (?:software|system|subsystem)\b",
    r"\bthe [\w-]+(?: connect)? (?:gateway|firewall|mail ?server|server at [a-z0-9.-]+)\b|\bfiltre (?:de contenu|antipourriel|anti-?spam)|\b(?:passerelle|serveur|systeme) de (?:courriel|messagerie)\b",
)
"""Mail software that names itself."""

GREETING = re.compile(r"\W*(?:hi|hello|dear|good (?:day|morning|afternoon|evening)|bonjour|bonsoir|madame|monsieur|hallo|hola)\b(?!\. this is the)")

SYSTEMS_SPEAK = re.compile(
    r"\bour (?:spam firewall|content checker|bulk e-?mail filter)\b|\bi'm sorry to have to inform you that\b|\bi'm afraid i wasn't able to deliver your message\b|\bi've given up\b"
)
"""What software says of itself, word for word (Barracuda, amavis, Postfix, qmail)."""

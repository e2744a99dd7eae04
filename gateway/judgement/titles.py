"""Words of position titles, organizational units and places, in English and French. Data for the rules on staff mail; nothing here decides."""

from __future__ import annotations

import re

TITLE = re.compile(
    r"\b(?:manager|supervisor|director|analyst|advisor|adviser|officer|coordinator|co-ordinator|specialist|assistant|clerk|planner"
    r"|engineer|inspector|commissioner|librarian|nurse|consultant|administrator"
    r"|lead|leader|chief|head|technician|technologist|developer|architect|designer|programmer|secretary|receptionist|representative|agent"
    r"|associate|executive|deputy|president|vice[- ]president|chair|councillor"
    r"|counsel|solicitor|lawyer|auditor|accountant|controller|treasurer|buyer|investigator|mediator|negotiator|recruiter|trainer|éducat(?:eur|rice)"
    r"|instructor|teacher|curator|archivist|editor|writer|economist|scientist|researcher"
    r"|strategist|superintendent|foreperson|operator|driver|mechanic|electrician|plumber|arborist|forester|paramedic|firefighter|captain"
    r"|caseworker|counsellor|counselor|psychologist|therapist|physician|doctor"
    r"|dispatcher|surveyor|appraiser|assessor|adjudicator|registrar|ombudsman|ombudsperson|mayor|clerk|intern|student|trainee|worker|guard"
    r"|lifeguard|attendant|custodian|caretaker|collector|labourer|carpenter|painter|gardener|cook|aide|helper|ranger|warden"
    r"|cashier|bookkeeper|statistician|biologist|chemist|ecologist|epidemiologist|dietitian|nutritionist|hygienist|veterinarian|historian|translator"
    r"|interpreter|webmaster|evaluator|educator|navigator|principal|fellow|travailleu(?:r|se)|liaison"
    r"|facilitator|organizer|producer|photographer|strategy lead|ambassador|steward"
    r"|gestionnaire|superviseure?|directeur|directrice|analyste|conseill(?:er|ère)|agente?|coordonnat(?:eur|rice)|spécialiste|adjointe?"
    r"|commis|urbaniste|ingénieure?|inspect(?:eur|rice)|commissaire|bibliothécaire"
    r"|infirmi(?:er|ère)|chef(?:fe)?|technicien(?:ne)?|développeu(?:r|se)|secrétaire|réceptionniste|représentante?|avocate?"
    r"|vérificat(?:eur|rice)|comptable|contrôleu(?:r|se)|formateur|formatrice|rédact(?:eur|rice)"
    r"|chercheu(?:r|se)|responsable|préposée?|stagiaire|étudiante?|présidente?|maire|mairesse|greffi(?:er|ère)|négociat(?:eur|rice)"
    r"|architecte|administrat(?:eur|rice)|charg[ée]e?s? de|économiste|traducteur|traductrice"
    r"|(?:co-?)?founder|co-?owner|[sea]?vp|c[eftio]o|professor|lecturer|staff member|post-?doc(?:toral)?|(?:post-?)?doctorante?"
    r"|rep|paralegal|millwright|scrum master|surintendante?"
    r"|mitarbeiter(?:in)?|leiter(?:in)?|sachbearbeiter(?:in)?|ass?istente|gerente|analista|diretora?|directora|direttore|direttrice"
    r"|coord(?:e|i)nador[a]?|responsabile|técnic[oa]|ingenier[oa]|engenheir[oa]|professora?|profesora?)s?\b",
    re.IGNORECASE,
)
TEAM_FUNCTION = re.compile(
    r"\b(?:general inquiries|inquiries|enquiries|client services?|customer services?|help ?desk|staff help|media desk|information desk"
    r"|renseignements(?: généraux)?|demandes de renseignements|service à la clientèle|accueil|service desk|intake|reception)\b",
    re.IGNORECASE,
)
"""What stands in the place of a title when a team signs."""
UNIT = re.compile(
    r"\b(?:division|department|departments|dept\.?|services?|section|branch|unit|office|program(?:me)?s?|bureau|centre|center|directorate"
    r"|agency|secretariat|library|libraries|resources|relations|planning|communications?"
    r"|operations|management|development|engineering|finance|audit|equity|housing|health|parks|forestry|recreation|transportation|water"
    r"|waste|shelter|fire|paramedic|transit|technology|innovation|policy|strategy|engagement"
    r"|procurement|purchasing|legal|clerk['’]s|real estate|construction|building|licensing|standards|culture|museums?|economic"
    r"|district|faculty|institute|laborator(?:y|ies)|(?:school|college) of|trading|sales|marketing|analytics|sciences?|informatics|informatik"
    r"|children['’]s|seniors|social|employment|revenue|accounting|pension|payroll|benefits|safety|security"
    r"|ressources humaines|équipe|direction|secteur|unité|service|planification|gestion|finances|vérification|équité|logement|santé|parcs"
    r"|loisirs|transports?|eau|technologies?|politiques?|approvisionnement|affaires|culture"
    r"|sécurité|exploitation|relations|communications)\b",
    re.IGNORECASE,
)
"""Words of divisions and units: weaker evidence than the names that the policy lists."""
AGENT = re.compile(
    r"\b(?!(?:\w*water|shelter|center|tower|power|sewer|river|harbou?r|computer|order|matter|paper|letter|number|quarter|chapter|cluster|register|customer"
    r"|newsletter|consumer|theater|sector|corridor|floor|labou?r|outdoor|indoor|minor|major|motor|senior|junior|officer|summer|winter|transfer|gender"
    r"|together|forever|n?ever|better|other|another|further|after|over|under|for|or)s?$)"
    r"(?:\w{2,}(?:er|or|ist|ian|eur|euse|trice)|constable|official|hand)$",
    re.IGNORECASE,
)
"""The last word of a phrase names a person by its ending, whatever stands before it (Water Meter Reader)."""
PERSON = re.compile(
    r"^(?:senior|junior|acting|interim|principal|certified|registered|licensed|assistant|associate|lead|a/|sr\.?|jr\.?) ?\b"
    r"|\b(?:level )?(?:I{1,3}|IV|V|[1-5]|[A-C])$|\b(?:master|page|rep|apprentice|crier|hand|owner|partner|volunteer|cadet|sergeant|chaplain|elder)s?$"
    r"|^\w{3,}(?:eur|euse|trice|ière|ienne?|iste|logue) (?:d[eu]s?\b|d['’]|en\b|à\b|aux?\b)",
    re.IGNORECASE,
)
"""A rank, a grade, or a noun for a person, where no word of a title stands."""
UNIT_OF = re.compile(
    r"(?!(?:manager|supervisor|director|head|chief|lead|leader|coordinator|president|commissioner|superintendent|deputy)\b)(?:[\w'’&-]+ ){0,5}?"
    rf"{TITLE.pattern} (?:services|division|department|branch|section|unit|office|program(?:me)?s?|team|association|college|network)$",
    re.IGNORECASE,
)
"""A unit named after those who work or are served there (Paramedic Services): its last noun is no person."""
POSTAL = re.compile(
    r"\b\d{1,5}[A-Za-z]?,? (?:[A-ZÀ-Þ][\w'’.-]+ ){1,4}(?:st|street|ave|avenue|rd|road|blvd|boulevard|drive|dr|way|crescent|court|lane"
    r"|place|square|sq|west|east|north|south)\b|\b\d{1,5},? ?(?:rue|avenue|boul\w*|chemin|place)\b"
    r"|\b[A-Z]\d[A-Z] ?\d[A-Z]\d\b|\b\d{1,2}(?:st|nd|rd|th|e|er) (?:floor|fl\.?|étage)\b|\b(?:floor|étage) \d|\b(?:city hall|metro hall"
    r"|civic centre|east tower|west tower|north tower|south tower|north york civic|hôtel de ville|p\.?o\.? box|c\.?p\.? \d)"
    r"|\b(?:toronto|ottawa|montréal),? (?:on|ont|ontario|qc|québec)\b|\bbuilding #?[A-Z]{0,2}\d|\b(?:suite|room|unit|bureau|pièce|salle) ?#?\d",
    re.IGNORECASE,
)
RANKED = re.compile(r"(?:auditor|deputy|chief|executive|vice|medical|fire)\b(?: [\w-]+){0,4}['’]s office$", re.IGNORECASE)
"""One office and its holder's rank (Auditor General's Office), not somebody in it."""
UNIT_FIRST = re.compile(
    r"(?:division|direction|services?|section|secteur|bureau|unité|équipe|département|centre|greffe|secrétariat|programme|archives|bibliothèques?|musées?)"
    r"(?: générale?| régionale?| municipale?s?)* (?:d[eu]s?\b|d['’]|à la |à l['’]|aux? |pour )"
    r"|(?:division|department|office|bureau|cent(?:re|er)|institute) (?:of|for) (?!the )",
    re.IGNORECASE,
)
"""The noun that a phrase is about stands first (Division des services comptables): a unit, whoever is named behind it."""
SURE_UNIT = re.compile(
    r"\b(?:division|department|branch|section|unit|office|services|operations|management|secretariat|directorate|programs?)\W*$", re.IGNORECASE
)
"""Two units below each other, and nobody's title so."""

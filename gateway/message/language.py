"""In which language a text is written, as far as one can tell without being told.

Scripts decide where they can; counts of small words decide English and French, also in very short mail; a trained model
(py3langid, data from its package) decides the rest. Unsure is an answer: a reply then speaks both official languages.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

TEXT_CLIP = 1500
"""Characters that are looked at."""
_UNSURE = ("", 0.0)


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_MODEL_LANGUAGES = sorted(
    _set("en fr es pt it de nl pl ro hu cs sk hr sr sl sq tl vi tr id so sw da sv no fi et lt lv ru uk bg mk be ar fa ur ps hi mr ne zh ja el he")
)
_ENOUGH_LETTERS = 25
"""Below this the model guesses; only scripts and small words are believed."""
_MODEL_CONFIDENCE = 0.55

_ADDRESS = re.compile(r"https?://\S+|www\.\S+|(?<!\S)[^\s@]++@\S+|<[^<>\s]*>")
_ADDRESS_MARKS = ("@", "<", "://", "www.")
_DIGITS = re.compile(r"[\d_]+")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_ASCII_RUN = re.compile("[\0-\x7f]+")
_NO_LETTERS = bytes(octet for octet in range(128) if not chr(octet).isalpha())
_WORDS_APART = bytes(octet if chr(octet).isalpha() or chr(octet) == "'" else 32 for octet in range(256))
_LOOSE_APOSTROPHE = re.compile("'(?:(?![a-z])|(?<![a-z]'))")
_SECOND_APOSTROPHE = re.compile("'([a-z]+)'")

_ENGLISH = _set(
    "the and of is are was were be been have has had do does did not you your i i'm i've my we our it it's this that these those with "
    "for from at by which who what when where how why would could should will can't don't didn't isn't there here please thank thanks "
    "hello hi dear regards sincerely need about any they their them he she his her but if because tomorrow yesterday today help street "
    "know let get got still into been since morning afternoon sorry"
)
_FRENCH = _set(
    "le la les des du et est sont était être avoir j'ai ai avons avez ont je nous vous votre vos notre nos ce cette ces cet qui que "
    "qu'il quand où comment pourquoi avec pour dans sur par pas ne n'est n'ai c'est d'un d'une une un aux au il elle ils elles leur "
    "mais donc car bonjour bonsoir merci salutations cordialement madame monsieur svp s'il besoin demain hier aujourd'hui rue "
    "j'aimerais voudrais toujours depuis aussi très chez entre été fait faire peut pouvez pourriez l'eau d'eau mon ma mes"
)
_SMALL = _ENGLISH | _FRENCH
# Spelled the same in other languages that people here write: they count only beside words that are not.
_SHARED_WITH_OTHERS = _set("le la les des du et que qui un une ne mon ma me i he do at was her")
_ENGLISH_OWN, _FRENCH_OWN = _ENGLISH - _SHARED_WITH_OTHERS, _FRENCH - _SHARED_WITH_OTHERS
_LATIN = re.compile("[\0-\u036f\u1e00-\u1eff\u2000-\u2fff]+")
_SCRIPTS = (
    (re.compile("[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]"), "ko"),
    (re.compile("[\u3040-\u30ff]"), "ja"),
    (re.compile("[\u3400-\u9fff\U00020000-\U0002ffff]"), "zh"),
    (re.compile("[\u0b80-\u0bff]"), "ta"),
    (re.compile("[\u0a00-\u0a7f]"), "pa"),
    (re.compile("[\u0a80-\u0aff]"), "gu"),
    (re.compile("[\u0980-\u09ff]"), "bn"),
    (re.compile("[\u0c00-\u0c7f]"), "te"),
    (re.compile("[\u0d00-\u0d7f]"), "ml"),
    (re.compile("[\u0d80-\u0dff]"), "si"),
    (re.compile("[\u0e00-\u0e7f]"), "th"),
    (re.compile("[\u0530-\u058f]"), "hy"),
    (re.compile("[\u10a0-\u10ff]"), "ka"),
    (re.compile("[\u1200-\u137f]"), "am"),
    (re.compile("[\u0370-\u03ff\u1f00-\u1fff]"), "el"),
    (re.compile("[\u0590-\u05ff]"), "he"),
    (re.compile("[\u0900-\u097f]"), "hi"),
    (re.compile("[\u0600-\u06ff\u0750-\u077f]"), "arabic"),
    (re.compile("[\u0400-\u04ff]"), "cyrillic"),
)
_DENSE = frozenset(("zh", "ja", "ko"))
"""Scripts that say in one character what takes four elsewhere."""


def detect(text: str) -> tuple[str, float]:
    """ISO 639-1 code and confidence (0 to 1); `("", 0.0)` when unsure: too short, mixed, or none that we know."""
    text = text[:TEXT_CLIP]
    if any(mark in text for mark in _ADDRESS_MARKS):
        text = _ADDRESS.sub(" ", text)
    if not text.isascii():
        text = _DIGITS.sub(" ", text)
    letters = _letters(text)
    if letters < 2:
        return _UNSURE
    return _by_script(text, letters) or _by_small_words(text) or _by_model(text, letters)


def _letters(text: str) -> int:
    count = len(text.encode("ascii", "ignore").translate(None, _NO_LETTERS))
    return count if text.isascii() else count + sum(map(str.isalpha, _ASCII_RUN.sub("", text)))


def _by_script(text: str, letters: int) -> tuple[str, float] | None:
    other = "" if text.isascii() else _LATIN.sub("", text)
    if not other:
        return None
    counts = {name: len(script.findall(other)) for script, name in _SCRIPTS}
    if counts["zh"] and counts["ja"] * 10 > counts["zh"]:
        counts["ja"] += counts.pop("zh")  # kanji among kana
    name = max(counts, key=lambda each: counts[each])
    count = counts[name]
    share = count * (4 if name in _DENSE else 1) / (letters + count * (3 if name in _DENSE else 0))
    if count < 2 or share < 0.3:
        return None
    if share < 0.6:
        return _UNSURE
    refine = {"arabic": _arabic_script, "cyrillic": _cyrillic_script}.get(name)
    code = refine(text) if refine else name
    return (code, round(min(share, 0.99), 2)) if code else None


def _arabic_script(text: str) -> str:
    if re.search("[\u0679\u0688\u0691\u06ba\u06d2\u06c1\u06be]", text):
        return "ur"
    return "fa" if re.search("[\u067e\u0686\u0698\u06af\u06cc\u06a9]", text) else "ar"


def _cyrillic_script(text: str) -> str:
    lowered = text.lower()
    ukrainian = len(re.findall("[іїєґ]", lowered))
    russian = len(re.findall("[ыэъё]", lowered))
    return "uk" if ukrainian > russian else "ru" if russian > ukrainian else ""


def _by_small_words(text: str) -> tuple[str, float] | None:
    """English and French by their small words; mixed is unsure; None when they do not decide."""
    words = _words(text.lower().replace("’", "'"))
    small = list(filter(_SMALL.__contains__, words))
    english, english_own = _hits(small, _ENGLISH, _ENGLISH_OWN)
    french, french_own = _hits(small, _FRENCH, _FRENCH_OWN)
    if min(english_own, french_own) >= 2 and min(english, french) * 4 > max(english, french):
        return _UNSURE
    code, hits, own, other = ("en", english, english_own, french) if english >= french else ("fr", french, french_own, english)
    share = hits / len(words) if words else 0.0
    if own and hits > 3 * other and share >= 0.25 and (own >= 2 or len(words) <= 3):
        return code, round(min(0.99, 0.6 + share), 2)
    return None


def _words(text: str) -> list[str]:
    """What `_WORD` finds in a text of small letters."""
    if not text.isascii():
        return _WORD.findall(text)
    if "'" in text:
        text = _SECOND_APOSTROPHE.sub(r"'\1 ", _LOOSE_APOSTROPHE.sub(" ", text))
    return text.encode("ascii").translate(_WORDS_APART).decode("ascii").split()


def _hits(words: list[str], known: frozenset[str], own: frozenset[str]) -> tuple[int, int]:
    """How many words are known, and how many different ones of them belong to no other language."""
    found = list(filter(known.__contains__, words))
    return len(found), len(own.intersection(found))


def warm_up() -> None:
    """Load the model now, so that no message waits for it."""
    _model()


def _by_model(text: str, letters: int) -> tuple[str, float]:
    if letters < _ENOUGH_LETTERS:
        return _UNSURE
    code, confidence = _model().classify(_DIGITS.sub(" ", text))
    return (str(code), round(float(confidence), 2)) if confidence >= _MODEL_CONFIDENCE else _UNSURE


@cache
def _model() -> LanguageIdentifier:
    # Half a second and 40 MB, with numpy: most mail is decided without it, and so is every command that reads none.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - see above

    model: LanguageIdentifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages(_MODEL_LANGUAGES)
    return model

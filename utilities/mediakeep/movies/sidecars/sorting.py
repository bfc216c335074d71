"""Sort titles of movies without their leading article."""

from __future__ import annotations

_ARTICLES = {
    "da": ("den", "det", "de", "en", "et"),
    "de": ("der", "die", "das", "ein", "eine"),
    "en": ("the", "a", "an"),
    "es": ("el", "la", "los", "las", "un", "una"),
    "fr": ("le", "la", "les", "un", "une"),
    "it": ("il", "lo", "la", "i", "gli", "le", "un", "uno", "una"),
    "nl": ("de", "het", "een"),
    "no": ("den", "det", "de", "en", "et"),
    "pt": ("o", "a", "os", "as", "um", "uma"),
    "sv": ("den", "det", "de", "en", "ett"),
}
_ELIDED = {"fr": ("l'", "l’"), "it": ("l'", "l’", "un'", "un’")}


def title(text: str, language: str) -> str:
    """Return "Tide, The" for "The Tide", or "" if there is no article of the language."""
    for article in _ELIDED.get(language, ()):
        if text.lower().startswith(article) and len(text) > len(article):
            return f"{text[len(article) :]}, {text[: len(article)]}"
    article, _, rest = text.partition(" ")
    is_article = article.lower() in _ARTICLES.get(language, ())
    return f"{rest.strip()}, {article}" if is_article and rest.strip() else ""

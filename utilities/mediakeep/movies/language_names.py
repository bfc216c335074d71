"""English names of languages, for display and for parsing subtitle file names."""

from __future__ import annotations

from mediakeep.media.video import languages

_NAME_BY_CODE = {
    "afr": "Afrikaans", "alb": "Albanian", "ara": "Arabic", "arm": "Armenian", "baq": "Basque",
    "bel": "Belarusian", "ben": "Bengali", "bos": "Bosnian", "bul": "Bulgarian", "bur": "Burmese",
    "cat": "Catalan", "chi": "Chinese", "cze": "Czech", "dan": "Danish", "dut": "Dutch",
    "eng": "English", "epo": "Esperanto", "est": "Estonian", "fin": "Finnish", "fre": "French",
    "geo": "Georgian", "ger": "German", "gle": "Irish", "glg": "Galician", "gre": "Greek",
    "heb": "Hebrew", "hin": "Hindi", "hrv": "Croatian", "hun": "Hungarian", "ice": "Icelandic",
    "ind": "Indonesian", "ita": "Italian", "jpn": "Japanese", "kan": "Kannada", "kaz": "Kazakh",
    "khm": "Khmer", "kor": "Korean", "lat": "Latin", "lav": "Latvian", "lit": "Lithuanian",
    "mac": "Macedonian", "mal": "Malayalam", "mar": "Marathi", "may": "Malay", "mon": "Mongolian",
    "nob": "Norwegian", "nno": "Norwegian Nynorsk", "nor": "Norwegian", "pan": "Punjabi",
    "per": "Persian", "pol": "Polish", "por": "Portuguese", "rum": "Romanian", "rus": "Russian",
    "slo": "Slovak", "slv": "Slovenian", "spa": "Spanish", "srp": "Serbian", "swe": "Swedish",
    "tam": "Tamil", "tel": "Telugu", "tgl": "Tagalog", "tha": "Thai", "tur": "Turkish",
    "ukr": "Ukrainian", "urd": "Urdu", "vie": "Vietnamese", "wel": "Welsh",
}  # fmt: skip
_CODE_BY_NAME = {name.lower(): code for code, name in _NAME_BY_CODE.items()}
_EQUIVALENT_CODES = {"nob": "nor"}  # "Norwegian" mostly means Bokmål


def language_code(text: str) -> str:
    """Return the ISO 639-2/B code of a language, or "" if unknown.

    `text` is a code, a tag such as "pt-BR" or an English name.
    """
    iso_code = _CODE_BY_NAME.get(text.strip().lower()) or languages.normalize_language(text)
    return _EQUIVALENT_CODES.get(iso_code, iso_code)


def language_name(iso_code: str) -> str:
    """Return the English name of a language by its code, or the code itself if unknown."""
    return _NAME_BY_CODE.get(iso_code, iso_code)

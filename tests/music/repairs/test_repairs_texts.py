"""Whitespace and mojibake are repaired if certain, and nothing else is changed."""

from __future__ import annotations

from hypothesis import assume, example, given
from hypothesis import strategies as st

from mediakeep.music.checks.tag_texts import is_mojibake
from mediakeep.music.repairs import preview, safe, tag_texts
from mediakeep.music.text import cleaning, compare_text, mojibake, whitespace
from tests.music import paper
from tests.music.repairs import made
from tests.music.repairs.made import build_artist
from tests.sampling import each_row, tried

ODD = " \t\n\x1c\x85\u00a0\u202f\u2028\u3000\u200b\u2060\ufeff\u200d"
SPACED = st.text(alphabet=st.sampled_from(ODD + "ab1.«»?!Öß海"), max_size=12)
LETTERS = st.sampled_from("äöüßéèñçåøæłżőčšğİÿþ“”’—ЖдиЯ海あ한אדक€ 12ab")


@each_row(
    ("text", "tidy"),
    [
        (" Army of Me", "Army of Me"),
        ("Army of Me \t", "Army of Me"),
        ("Army  of   Me", "Army of Me"),
        ("Army\tof\nMe", "Army of Me"),
        ("Army\u00a0of Me", "Army of Me"),
        ("Army \u200bof Me\ufeff", "Army of Me"),
        ("a\u00a0b\u00a0c", "a b c"),
        ("Tür\u00a0\u00a0zu", "Tür zu"),
        ("Vraiment\u00a0?", "Vraiment\u00a0?"),
        ("«\u00a0Oui\u00a0»", "«\u00a0Oui\u00a0»"),
        ("10\u202f000 ans", "10\u202f000 ans"),
        ("Vraiment\u00a0\u00a0?", "Vraiment\u00a0?"),
        ("海\u3000の\u3000\u3000歌", "海\u3000の\u3000歌"),
        ("👩\u200d🎤", "👩\u200d🎤"),
        (" \t", " \t"),
        ("\u200b", "\u200b"),
        ("\u200b\t\u200b", "\u200b\t\u200b"),
    ],
)
def test_white_space_goes_where_none_belongs_and_stays_where_it_is_proper(
    text: str, tidy: str
) -> None:
    assert whitespace.clean_whitespace(text) == tidy


@tried(120)
@given(SPACED)
@example("Ö\x85")
def test_no_whitespace_is_found_after_the_fix(text: str) -> None:
    tidy = whitespace.clean_whitespace(text)
    assert whitespace.clean_whitespace(tidy) == tidy
    lacks = not compare_text.has_text("".join(text.split()).translate(dict.fromkeys(map(ord, ODD))))
    detail = paper.find_detail("whitespace", paper.numbered(1, title=(tidy,)))
    assert detail is None or lacks
    if lacks or is_mojibake(text):  # reported as such instead
        return
    if paper.find_detail("whitespace", paper.numbered(1, title=(text,))) is None:
        assert tidy == text


def test_the_reason_says_what_was_superfluous() -> None:
    (repair,) = safe.plan_repairs(build_artist(paper.numbered(1, title="Army  of Me ")))
    assert repair.change.reason == "whitespace: space at the end, two spaces in a row"
    assert (repair.old, repair.kinds) == (("Army  of Me ",), ("whitespace",))


@each_row(
    ("text", "meant"),
    [
        ("BjÃ¶rk", "Björk"),
        ("Ã¢â‚¬Å“Dawn", "“Dawn"),
        ("Ïðèâåò", "Привет"),
        ("Fée du Café", "Fée du Café"),
        ("AMANHÃ…", "AMANHÃ…"),
        ("BjÃ¶rk \ufffd", "BjÃ¶rk \ufffd"),
        ("Bj\ufffdrk", "Bj\ufffdrk"),
        ("Å\u0081Ã³dÅº", "Łódź"),
        ("ðÅÓÎÑ Ï ÌÀÂ×É", "Песня о любви"),  # KOI8-R
        ("\x8fåñíß î ëþáâè", "Песня о любви"),  # Mac Cyrillic
        ("\x8f¥á\xad\xef ® «î¡¢¨", "Песня о любви"),  # DOS
        ("·Ñ´ÐÓËáÔ", "·Ñ´ÐÓËáÔ"),  # Korean: proposed only
        ("ÇË¤£°_²´¯Çµ|´^", "ÇË¤£°_²´¯Çµ|´^"),  # Big5
        ("ÌÏØÓ", "ÌÏØÓ"),  # "лось" in KOI8-R, or "МПШУ"
        ("DOHLÍŽITELKA", "DOHLÍŽITELKA"),
        *(
            (text, text) for text in ("Ð¡Â¹", "Ì¦...", "Ä°Ä© (Live)", "Á¸âÃ°²¾²Õâ¼ÒÕÔÒÌÄï")
        ),  # Chinese
    ],
)
def test_mojibake_is_fixed_if_it_is_certain(text: str, meant: str) -> None:
    assert mojibake.repair_mojibake(text) == meant


def test_a_text_that_was_garbled_in_two_ways_at_once_is_proposed_but_not_repaired() -> None:
    mixed = "BjÃ¶rk â€œ and â\x80\x9c"  # the same letters as Windows-1252 and as Latin-1
    assert mojibake.detect_mojibake(mixed) == "Björk “ and “"
    assert mojibake.repair_mojibake(mixed) == mixed


def test_letters_that_may_be_of_two_scripts_are_proposed_but_not_repaired() -> None:
    read_twice = made.garble("Äîðîãà")  # which may be Cyrillic that was read wrong before
    assert mojibake.detect_mojibake(read_twice) == "Дорога"
    assert mojibake.repair_mojibake(read_twice) == read_twice


def test_a_long_text_is_fixed_without_truncation() -> None:
    long = "BjÃ¶rk " * 400
    assert mojibake.repair_mojibake(long) == long


@tried(100)
@given(st.text(alphabet=LETTERS, min_size=1, max_size=20), st.integers(1, 3), st.booleans())
def test_a_text_becomes_nothing_but_what_it_was_before_it_was_garbled(
    text: str, times: int, latin: bool
) -> None:
    assume(mojibake.detect_mojibake(text) is None)  # a text may look garbled by chance
    texts = [text]
    for _ in range(times):
        texts.append(made.garble(texts[-1], "latin-1" if latin else "cp1252"))
    assert mojibake.repair_mojibake(texts[-1]) in texts


def test_letters_are_fixed_before_white_space_which_they_may_be_a_part_of() -> None:
    """The last letter of "à la carte" was read as a no-break space."""
    whole = build_artist(paper.numbered(1, title="DÃ©jÃ\u00a0 vu ", composer="BjÃ¶rk"))
    repairs = {repair.field: repair for repair in safe.plan_repairs(whole)}
    title = repairs["title"]
    assert title.change.values == ("Déjà vu",)
    assert title.kinds == ("mojibake", "whitespace")
    assert title.change.reason.startswith("mojibake, whitespace: decoded with the wrong encoding; ")
    assert title.old == ("DÃ©jÃ\u00a0 vu ",)
    assert repairs["composer"].change.values == ("Björk",)


def test_several_texts_of_a_field_are_fixed_together_and_those_alike_become_one() -> None:
    whole = build_artist(paper.numbered(1, genres=("Folk ", "Folk", "NoÃ«l")))
    (repair,) = safe.plan_repairs(whole)
    assert repair.change.values == ("Folk", "Noël")


def test_a_text_that_no_tag_can_hold_is_left_alone() -> None:
    whole = build_artist(paper.numbered(1, title=("Dawn \ud800 ",)))
    assert safe.plan_repairs(whole) == ()


def test_planned_repairs_fix_the_issues_in_memory() -> None:
    whole = build_artist(paper.numbered(1, title=" Dawn", artist="BjÃ¶rk"))
    (track,) = preview.predict_artist_after_repairs(whole, safe.plan_repairs(whole)).tracks
    assert (track.tags.title, track.tags.artist) == (("Dawn",), ("Björk",))
    assert cleaning.clean_text(" BjÃ¶rk\u200b") == "Björk"


def test_white_space_of_a_garbled_text_is_not_taken_away() -> None:
    """It can be the second half of a letter, which nothing could restore then."""
    here = paper.numbered(1, title="Bj\ufffdrk\xa0", artist="Vera ")
    repairs = tag_texts.repair_whitespace(build_artist(here))
    assert [(repair.field, repair.old) for repair in repairs] == [("artist", ("Vera ",))]


@each_row("text", ["\x84\xa0", "\x83A\x83\x85", "\x8b¥£¥\xad¤\xa0", "Wait\x85 what"])
def test_letters_of_an_unknown_encoding_are_no_whitespace(text: str) -> None:
    track = paper.numbered(1, title=(text,))
    changes = safe.plan_repairs(build_artist(track))
    assert [one for one in changes if "whitespace" in one.kinds] == []
    assert paper.find_detail("whitespace", track) is None

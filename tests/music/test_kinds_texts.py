"""Mojibake is found and repaired, and correct text is left alone in any language."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mediakeep.music.text import compare_text, mojibake
from tests.music import paper, shelf
from tests.sampling import each_row

# Words that people sing in twenty languages and more, with the letters that distinguish them.
LANGUAGES = {
    "Albanian": "Ç’kemi është dëgjo këngë zemër ëndërr çdo Shqipëri përse shtëpi",
    "Azerbaijani": "mənim sənə sevgilim gözəl ürək yağış çiçək şərqi",
    "Bulgarian": "Любов моя обич къща щастие ъгъл сърце",
    "Catalan": "cançó col·lecció això plàtan nit és però aquí",
    "Czech": "příliš žluťoučký kůň úpěl ďábelské ódy Dvořák švestka",
    "Danish": "blå rødgrød sørgmodig kærlighed Århus æble øre på år",
    "Estonian": "öö jõgi mäed süda üksi sõnad kõrb šokolaad",
    "Faroese": "føroyar eg elski ljóð vøtn ørvur hevði søga",
    "Finnish": "tämä yö hyvä äiti kesä järvi öljy pitkä KESÄ–SYKSY",
    "French": "où est-elle été garçon naïve cœur Noël forêt déjà français À",
    "German": "Straße Übermut schön Mädchen Glück größer Äpfel Spaß…",
    "Greek": "αγάπη θάλασσα ήλιος καρδιά ελπίδα ψυχή Αθήνα",
    "Hebrew": "שלום ירושלים אהבה שיר לילה",
    "Hungarian": "szerelem őszi eső fű árvíztűrő tükörfúrógép öröm Ő",
    "Icelandic": "ágætis byrjun þú ert sólin það vorið ævintýri Óðinn Sigur Rós",
    "Irish": "éire gaoth aneas a stór mo chroí Sinéad",
    "Italian": "perché più città È l’amore lunedì così là",
    "Japanese": "月曜日 灯台 さくら サクラ 愛 夜に駆ける",
    "Korean": "사랑 봄날 하늘 바다 밤",
    "Latvian": "mīlestība jūra saule ķirsis šūpoles žēl",
    "Lithuanian": "meilė žemė širdis jūra ąžuolas LIETUVĖ",
    "Norwegian": "å være kjærlighet sørlandet fjære blå Å…",
    "Polish": "żółć miłość łódź świat dziękuję źródło noc",
    "Portuguese": "coração saudade não amanhã AMANHÃ… maçã João É",
    "Romanian": "dragoste inimă țară șase mâine Țepeș gând",
    "Russian": "привет любовь дорога звезда солнце Ёлка я и ты",
    "Serbian": "љубав ноћ њежно ђак Џез шта",
    "Slovak": "ľúbim ťa mäkčeň dĺžka kôň vášeň ňuch",
    "Spanish": "corazón mañana ¿dónde estás? canción señor ESPAÑA ¡olé!",
    "Swedish": "Åsa sjön måne älskling på ö åäö ÅÄÖ BLÅ–GUL",
    "Turkish": "İstanbul şarkı gözüm ağaç üzgün ılık çığ",
    "Ukrainian": "їжак є ґанок любов мрія Київ",
    "Vietnamese": "tiếng Việt mưa với người yêu hà nội đêm ở ơi",
    "Welsh": "tŷ môr cân dŵr ŵyn",
}
WORDS = [word for words in LANGUAGES.values() for word in words.split()]

texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)


def misdecode(text: str, encoding: str) -> str:
    """Read UTF-8 in another encoding; the bytes that Windows-1252 lacks come as controls."""
    return misread(text.encode(), encoding)


def misread(raw: bytes, encoding: str) -> str:
    return "".join(bytes([byte]).decode(encoding, "ignore") or chr(byte) for byte in raw)


@given(texts, st.sampled_from(["", "…", "!", "’s", " (Live)", "\u00a0!", "”", "™"]))
def test_true_words_are_never_called_garbled(text: str, end: str) -> None:
    for true in (text, text.upper(), text.title()):
        assert mojibake.detect_mojibake(true + end) is None


def is_certain(text: str) -> bool:
    """Return whether a text has enough odd letters, and not each in a word of its own."""
    odd = [sum(not char.isascii() for char in word) for word in text.split()]
    return sum(odd) > 3 and max(odd) > 1


@given(texts.filter(is_certain))
def test_long_texts_that_were_misread_are_always_found_and_fixed(text: str) -> None:
    text = " ".join(text.split())
    for encoding in ("cp1252", "latin-1"):
        assert mojibake.detect_mojibake(misdecode(text, encoding)) == text


@given(texts.filter(is_certain))
def test_double_mojibake_is_fixed_twice(text: str) -> None:
    text = " ".join(text.split())
    assert mojibake.detect_mojibake(misdecode(misdecode(text, "cp1252"), "cp1252")) == text


@given(st.text(max_size=40))
def test_fixing_a_text_twice_changes_nothing_more(text: str) -> None:
    decoded = mojibake.decode_mojibake(text)
    assert isinstance(decoded, str)
    if mojibake.detect_mojibake(text):
        assert decoded != text


@each_row(
    "text",
    [
        *(
            "Björk",
            "Étude",
            "Motörhead",
            "MOTÖRHEAD",
            "Übermut",
            "Ænima",
            "Œuvre",
            "Où",
            "Té",
            "Cœur",
        ),
        *("Ágætis byrjun", "Dvořák", "Łódź", "ÅSA", "ÖSTERREICH", "Êtes-vous là ?", "Île"),
        *("It’s a “test”", "Wait…", "A – B", "♥", "愛", "日本語", "с тобой", "Αθήνα", "שלום"),
        *("Tiếng Việt", "với", "🎵", "N° 5", "10\u00a0000", "à la", "50 €", "Ž", "Ünsal™"),
    ],
)
@each_row("encoding", ["cp1252", "latin-1"])
def test_even_short_texts_are_fixed_where_no_doubt_is_left(text: str, encoding: str) -> None:
    assert mojibake.detect_mojibake(misdecode(text, encoding)) == text


def test_a_control_character_leaves_no_doubt_even_of_one_letter() -> None:
    assert mojibake.detect_mojibake(misdecode("Б", "latin-1")) == "Б"


@each_row(
    "text",
    [
        *("AMANHÃ…", "BEYONCÉ’S", "RENÉ’S", "IRMÃ’S", "HYVÄ…", "HYVÄ”", "TÄMÄ…", "KESÄ–SYKSY"),
        *("BLÅ–GUL", "Ç’kemi", "Spaß…", "Groß”", "café…”", "voilà\u00a0»", "«\u00a0CITÉ\u00a0»"),
        *("Å²", "2×½", "Ø½", "OLÉ®", "Müller™", "ESPAÑA™", "Å… nei", "Ó…", "DÉJÀ VU…", "MØ", "Ö"),
        *("ÆØÅ", "ÅÄÖ åäö", "ÆØÅ ÆØÅ", "ÖÖ ÖÖ", "äöüß", "Öööö", "Ääää!", "áéíóú", "Þýðing"),
        *("Çà", "Ôô"),
        *("Ãngela", "Â", "Ã", "Ñandú", "São Tomé", "naïve", "…", "“Café…”", "Ð¯", "É™", "½", "²³"),
        *("DOHLÍŽITELKA", "¿Qué?", "¡ÁÉÍ!", "MÓÐURBLÓÐ SENAN", "DEFINIÇÕES E CAIAÇÕES"),
    ],
)
def test_what_could_be_meant_so_is_left_alone(text: str) -> None:
    assert mojibake.detect_mojibake(text) is None


@each_row(
    "text",
    [
        *("Привет", "Любовь", "Кино", "Море волнуется", "Дом у дороги", "Ёлка", "Київ"),
        *("ЗВЕЗДА ПО ИМЕНИ СОЛНЦЕ", "ДДТ - Дождь (Live)", "Где мой дом?", "Мир и май", "Дом"),
    ],
)
def test_cyrillic_read_as_latin_1_is_fixed(text: str) -> None:
    assert mojibake.detect_mojibake(text.encode("cp1251").decode("cp1252")) == text


@each_row("text", ["Я и ты", "Ты", "Да", "ААААА", "у-у-у"])
def test_cyrillic_too_short_to_be_certain_of_is_left_alone(text: str) -> None:
    assert mojibake.detect_mojibake(text.encode("cp1251").decode("latin-1")) is None


@each_row(
    ("text", "encodings"),
    [
        ("Песня о любви", ("cp1251", "koi8-r", "cp866", "mac-cyrillic", "iso8859-5")),
        ("Ніч яка місячна", ("cp1251", "koi8-u", "cp1125", "mac-cyrillic")),
        ("Кафана на балкану", ("cp1251", "mac-cyrillic", "iso8859-5")),
        ("Ελλάδα μου", ("cp1253",)),
        ("ירושלים של זהב", ("cp1255",)),
        ("أنت عمري", ("cp1256",)),
        ("上を向いて歩こう", ("cp932", "euc_jp")),
        ("月亮代表我的心", ("gbk",)),
        ("月亮代表我的心 (Live)", ("cp950",)),
        ("사랑했지만", ("cp949",)),
    ],
)
def test_texts_in_a_codepage_of_another_script_are_found(
    text: str, encodings: tuple[str, ...]
) -> None:
    for encoding in encodings:
        for wrong in ("latin-1", "cp1252"):
            assert mojibake.detect_mojibake(misread(text.encode(encoding), wrong)) == text, encoding


def test_a_letter_that_is_lost_is_reported_without_a_proposal() -> None:
    detail = paper.find_detail("mojibake", paper.numbered(1, title="Bj\ufffdrk"))
    assert detail == 'title "Bj\ufffdrk" has lost letters'
    assert paper.find_detail("mojibake", paper.numbered(1, title="Bjï¿½rk")) is not None


@each_row("field", ["title", "artist", "album", "albumartist", "composer", "genres"])
def test_each_field_is_looked_at(field: str) -> None:
    detail = paper.find_detail("mojibake", paper.numbered(1, **{field: "BjÃ¶rk"}))
    assert detail == f'{field.removesuffix("s")} "BjÃ¶rk" should be "Björk"'


def test_a_text_that_stands_in_two_fields_is_reported_once() -> None:
    detail = paper.find_detail("mojibake", paper.numbered(1, artist="BjÃ¶rk", albumartist="BjÃ¶rk"))
    assert detail == 'artist and albumartist "BjÃ¶rk" should be "Björk"'


def test_loose_tracks_are_looked_at_too() -> None:
    loose = paper.album(paper.track(1, title="BjÃ¶rk"), place="")
    assert paper.find_detail("mojibake", loose) is not None


@each_row("suffix", shelf.FORMATS)
def test_garbled_letters_are_found_in_files_of_each_format(tmp_path: Path, suffix: str) -> None:
    shelf.put_album(tmp_path / "Vera" / "Dawn", "Été", "Ágætis byrjun", "AMANHÃ…", suffix=suffix)
    shelf.put(
        tmp_path / "Vera" / "Dawn" / f"04 x.{suffix}",
        title="NÃ¼ll",
        album="Dawn",
        tracknumber="4/4",
    )
    assert paper.list_kinds_on_disk(tmp_path / "Vera")["mojibake"] == [f"Dawn/04 x.{suffix}"]


def test_a_garbled_album_tag_is_mojibake_alone(tmp_path: Path) -> None:
    shelf.put_album(tmp_path / "Vera" / "Étude", "One", "Two", "Three", "Four")
    path = tmp_path / "Vera" / "Étude" / "03 Three.mp3"
    shelf.put(path, title="Three", album="Ã‰tude", tracknumber="3/4")
    kinds = paper.list_kinds_on_disk(tmp_path / "Vera")
    assert kinds.pop("mojibake") == ["Étude/03 Three.mp3"]
    assert not kinds.keys() & {"album-variation", "track-gap", "albumartist-mixed"}


@each_row("text", ["x" * 70_000, "Ã¶" * 70_000, " " * 70_000, "À" * 70_000])
def test_texts_that_no_tagger_writes_are_judged_at_once_and_quoted_short(text: str) -> None:
    details = paper.list_details("mojibake", paper.numbered(1, title=text, artist=text, album=text))
    assert all(len(detail) < 2000 for detail in details.values())
    assert len(compare_text.quote(text)) < 300
    assert len(compare_text.comparison_key(text)) <= 2000


@each_row(
    ("text", "other"),
    [
        *(
            ("AC/DC", "ac-dc"),
            ("The Beatles", "Beatles, The"),
            ("Simon & Garfunkel", "SIMON AND GARFUNKEL"),
        ),
        *(("Beyoncé", "Beyonce"), ("MØ", "Mo"), ("Björk", "Bjo\u0308rk"), ("A-ha", "a‐ha")),
        *(("Guns N’ Roses", "Guns N' Roses"), ("Ёлка", "Елка"), ("İstanbul", "istanbul")),
        *(("ＡＢＣ", "abc"), ("Dead mau5", "deadmau5"), ("P.O.D.", "POD"), ("Łona", "Lona")),
    ],
)
def test_loosely_equal_texts(text: str, other: str) -> None:
    assert compare_text.comparison_key(text) == compare_text.comparison_key(other)


@each_row(
    ("text", "other"),
    [
        *(("!!!", "???"), ("1", "4"), ("1.5", "15"), ("Vol. 1/2", "Vol. 12"), ("がき", "かき")),
        *(("C# minor", "C minor"), ("Part I", "Part II"), ("÷", "×"), ("мой", "мои"), ("कि", "कु")),
        *(("The", ""), ("Tide", "Tides"), ("ข่าว", "ขาว")),
    ],
)
def test_texts_that_are_not_loosely_equal(text: str, other: str) -> None:
    assert compare_text.comparison_key(text) != compare_text.comparison_key(other)


@each_row("text", ["VoilÃ\xa0", "Ã\xa0 bientÃ´t", "Bj\ufffdrk  live ", "BjÃ¶rk "])
@each_row("field", ["title", "artist", "album"])
def test_whitespace_of_mojibake_is_not_reported_too(field: str, text: str) -> None:
    here = paper.numbered(1, **{field: text})
    assert paper.find_detail("mojibake", here) is not None
    assert paper.find_detail("whitespace", here) is None
    other = "artist" if field == "title" else "title"
    detail = paper.find_detail("whitespace", paper.numbered(1, **{field: text, other: "Low  Tide"}))
    assert detail == f'{other} "Low  Tide": two spaces in a row'

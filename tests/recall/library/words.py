"""Words for names and titles, in many scripts."""

import random
import unicodedata


def _cut(text: str) -> tuple[str, ...]:
    """The words of the text."""
    return tuple(text.split())


FIRST = _cut(
    "Anna Bela Carla Dorian Edda Farid Greta Hakon Ines Jonas Klara Leif Mira Nils Olga "
    "Petra Quint Rosa Sven Tilda Ulla Vera Wim Xenia Yara Zeno Amos Birk Cleo Dag Elin Finn "
    "Gaia Hugo Ida"
)
LAST = _cut(
    "Abel Brandt Castell Dorn Eklund Farkas Gruber Halvorsen Iversen Jansen Keller "
    "Lindqvist Moreau Novak Ostrom Petrov Quist Reuter Salgado Thorne Ulrich Varga Wendt "
    "Yilmaz Zander Alder Birch Cole Drake Ellery Frost Grove Hale Irons Jarvis"
)
ADJECTIVES = _cut(
    "Amber Bitter Crooked Distant Early Faded Golden Hollow Idle Jagged Kindly Lonely "
    "Marble Narrow Open Paper Quiet Restless Silver Tender Upper Velvet Wicked Young Broken "
    "Copper Drowsy Electric Frozen Gentle Hidden Iron Loud Midnight Northern Plastic Ragged "
    "Scarlet Thin Wooden"
)
NOUNS = _cut(
    "Anchor Bridge Candle Desert Engine Feather Garden Harbour Island Junction Kettle "
    "Lantern Mirror Needle Orchard Pebble Quarry River Shadow Tower Umbrella Valley Window "
    "Yard Avenue Blanket Chimney Doorway Echo Forest Glacier Hammer Insect Jacket Kingdom "
    "Ladder Meadow Notebook Ocean Pavement Railway Sparrow Thunder Voyage Whistle Airport "
    "Basement Carousel Driftwood Evening"
)
VERBS = _cut("Leaving Counting Breaking Following Losing Mending Painting Reading Selling Waking")

SCRIPTS: dict[str, str] = {
    "cyrillic": (
        "Привет Зима Река Дорога Город Ночь Вечер Облако Ветер Море Песня Солнце Поезд Берег Снег "
        "Огонь Тишина Окно Дождь Весна"
    ),
    "greek": (
        "Θάλασσα Νύχτα Δρόμος Ουρανός Καρδιά Φεγγάρι Ήλιος Άνεμος Βροχή Ποτάμι Τραγούδι Χειμώνας "
        "Κύμα Σιωπή Παράθυρο Λιμάνι Γέφυρα Όνειρο"
    ),
    "japanese": (
        "夜の海 春の雨 遠い空 青い鳥 赤い靴 静かな朝 月の光 "
        "風の歌 花火 夏の終わり 東京の夜 さくら ひかり ゆめ かぜ"
    ),
    "arabic": "ليل بحر طريق مدينة قمر شمس ريح مطر أغنية نافذة قلب سماء نهر حلم صباح غروب",
    "turkish": (
        "Gece Deniz Yağmur Şehir Güneş Rüzgâr Işık Çiçek Kuş Gölge İstanbul Aşk Yıldız "
        "Köprü Sessizlik Bahçe"
    ),
    "vietnamese": "Đêm Biển Mưa Phố Nắng Gió Trăng Hoa Chim Bóng Tình Đường Sông Mùa Nhớ Quê",
    "german": (
        "Straße Übermut Grüße Schönheit Äpfel Fuß Mädchen Frühling Träume Öl Größe Nächte "
        "Wärme Küche Märchen Süden"
    ),
    "french": (
        "Été Forêt Château Cœur Rêve Noël Façade Hôtel Naïve Élève Mère Garçon Fenêtre "
        "Âme Île Voilà"
    ),
    "spanish": (
        "Corazón Mañana Niño Canción Camión Sueño Jardín Árbol Señor Pájaro Último Año "
        "Rincón Otoño Montaña Adiós"
    ),
    "polish": (
        "Żółw Łódź Źródło Ćma Śnieg Gęś Wąż Król Miłość Noc Cień Róża Słońce Księżyc Dzień Światło"
    ),
    "czech": (
        "Řeka Žena Šťastný Čas Dům Měsíc Příběh Ztráta Květ Noc Slunce Děšť Hvězda Úsvit Vítr Růže"
    ),
    "portuguese": (
        "São Coração Ângela Não Ilusão Água Órfão Índio Verão Canção Chão Pão Avó Três Também Você"
    ),
    "korean": "밤바다 봄비 하늘 별빛 바람 노래 사랑 거리 기억 새벽 겨울 여름밤 달빛 눈물 편지 꿈",
    "hebrew": "לילה ים דרך עיר ירח שמש רוח גשם שיר חלון לב שמים נהר חלום בוקר",
    "icelandic": (
        "Þögn Ást Eldur Ísland Vetur Sól Mánni Fjörður Ljós Haf Blær Nótt Ævi Ómur Skógur"
    ),
}
NUMBER_TITLES = (
    "1979",
    "7",
    "22",
    "99 Steps",
    "1,000 Hours",
    "505",
    "3 AM",
    "4'33\"",
    "2 + 2",
    "0",
)
PLACES = _cut(
    "Antwerp Bergen Cork Dresden Essen Florence Ghent Hobart Izmir Jena Kiel Lima Malmo Nara"
)


def person(chance: random.Random) -> str:
    """A name such as "Ines Wendt"."""
    return f"{chance.choice(FIRST)} {chance.choice(LAST)}"


def band(chance: random.Random) -> str:
    """A name such as "The Velvet Lantern"."""
    name = f"{chance.choice(ADJECTIVES)} {chance.choice(NOUNS)}"
    return chance.choice((f"The {name}s", name, f"{name} {chance.choice(NOUNS)}", f"{name} Band"))


def title(chance: random.Random) -> str:
    """A title in English, of two words or more."""
    adjective = chance.choice(ADJECTIVES)
    noun, other = chance.sample(NOUNS, 2)
    forms = (
        f"{adjective} {noun}", f"The {noun} and the {other}", f"{chance.choice(VERBS)} the {noun}",
        f"{noun} of {other}", f"{adjective} {noun} (Part {chance.randint(1, 4)})",
        f"Don't {chance.choice(('Mind', 'Follow', 'Wake'))} the {noun}", f"{noun}, {other}",
        f"{adjective} {noun} in {chance.choice(PLACES)}",
    )  # fmt: skip
    return chance.choice(forms)


def foreign(chance: random.Random, script: str) -> str:
    """A title of one to three words of one script."""
    words = unicodedata.normalize("NFC", SCRIPTS[script]).split()
    if script == "japanese":
        return "".join(chance.sample(words, chance.randint(1, 2)))
    text = " ".join(chance.sample(words, chance.randint(1, 3)))
    return text.upper() if script == "portuguese" and chance.random() < 0.3 else text


def several(chance: random.Random, count: int, script: str = "") -> list[str]:
    """So many titles, no two of them alike without regard to case or accents."""
    made: dict[str, str] = {}
    while len(made) < count:
        text = foreign(chance, script) if script else title(chance)
        bare = unicodedata.normalize("NFKD", text.casefold())
        made.setdefault("".join(letter for letter in bare if letter.isalnum()), text)
    return list(made.values())

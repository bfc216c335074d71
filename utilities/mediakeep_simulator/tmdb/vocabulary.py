"""The words of generated titles and texts, in four languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

LANGUAGES = {"en": "US", "de": "DE", "fr": "FR", "ja": "JP"}  # each with its country

TextsByLanguage = Mapping[str, str]  # by language


class TitleNoun(NamedTuple):
    """A noun for generated titles, with its article if the language has one."""

    en: str
    de: str
    fr: str
    ja: str


class TitleWord(NamedTuple):
    """An adjective, a place or a name for generated titles, in four languages.

    German adjectives follow a definite article.
    """

    en: str
    de: str
    fr: str
    ja: str


NOUNS = tuple(
    TitleNoun(*words)
    for words in (
        ("Lantern", "die Laterne", "la lanterne", "灯籠"),
        ("Ferry", "die Fähre", "le bac", "渡し船"),
        ("Orchard", "der Obstgarten", "le verger", "果樹園"),
        ("Clockmaker", "der Uhrmacher", "l'horloger", "時計職人"),
        ("Harbour", "der Hafen", "le port", "港"),
        ("Key", "der Schlüssel", "la clé", "鍵"),
        ("Letter", "der Brief", "la lettre", "手紙"),
        ("Violin", "die Geige", "le violon", "バイオリン"),
        ("Bridge", "die Brücke", "le pont", "橋"),
        ("Train", "der Zug", "le train", "列車"),
        ("Umbrella", "der Regenschirm", "le parapluie", "傘"),
        ("Kite", "der Drachen", "le cerf-volant", "凧"),
        ("Mill", "die Mühle", "le moulin", "水車"),
        ("Baker", "der Bäcker", "le boulanger", "パン屋"),
        ("Island", "die Insel", "l'île", "島"),
        ("Window", "das Fenster", "la fenêtre", "窓"),
        ("Garden", "der Garten", "le jardin", "庭"),
        ("Map", "die Karte", "la carte", "地図"),
        ("Teapot", "die Teekanne", "la théière", "急須"),
        ("Pilot", "der Pilot", "le pilote", "操縦士"),
        ("Fox", "der Fuchs", "le renard", "狐"),
        ("Heron", "der Reiher", "le héron", "鷺"),
        ("Coat", "der Mantel", "le manteau", "外套"),
        ("Mirror", "der Spiegel", "le miroir", "鏡"),
        ("Snow", "der Schnee", "la neige", "雪"),
        ("River", "der Fluss", "la rivière", "川"),
        ("Library", "die Bücherei", "la bibliothèque", "図書館"),
        ("Puppet", "die Marionette", "la marionnette", "人形"),
        ("Storm", "der Sturm", "la tempête", "嵐"),
        ("Beekeeper", "der Imker", "l'apiculteur", "養蜂家"),
        ("Piano", "das Klavier", "le piano", "ピアノ"),
        ("Witness", "der Zeuge", "le témoin", "証人"),
        ("Ladder", "die Leiter", "l'échelle", "梯子"),
        ("Comet", "der Komet", "la comète", "彗星"),
        ("Well", "der Brunnen", "le puits", "井戸"),
        ("Moth", "der Falter", "le papillon de nuit", "蛾"),
    )
)
QUALITIES = tuple(
    TitleWord(*words)
    for words in (
        ("Red", "rote", "rouge", "赤い"),
        ("Yellow", "gelbe", "jaune", "黄色い"),
        ("Sad", "traurige", "triste", "悲しい"),
        ("Strange", "seltsame", "étrange", "奇妙な"),
        ("Invisible", "unsichtbare", "invisible", "見えない"),
        ("Faithful", "treue", "fidèle", "忠実な"),
        ("Fragile", "zerbrechliche", "fragile", "壊れやすい"),
        ("Motionless", "reglose", "immobile", "動かない"),
        ("Quiet", "stille", "tranquille", "静かな"),
        ("Wild", "wilde", "sauvage", "野生の"),
        ("Pale", "blasse", "pâle", "淡い"),
        ("Lonely", "einsame", "solitaire", "孤独な"),
        ("Splendid", "prächtige", "magnifique", "見事な"),
        ("Blind", "blinde", "aveugle", "盲目の"),
    )
)
PLACES = tuple(
    TitleWord(latin, latin, latin, kana)
    for latin, kana in (
        ("Marrow Bay", "マロウ湾"),
        ("Ulmenau", "ウルメナウ"),
        ("Kestrel Row", "ケストレル通り"),
        ("Vaudrelle", "ヴォドレル"),
        ("Ostrava Nova", "オストラヴァ・ノヴァ"),
        ("Tern Point", "ターン岬"),
        ("Bellacourt", "ベラクール"),
        ("Sørvik", "ソルヴィク"),
        ("Low Hadding", "ロー・ハディング"),
        ("Quillby", "クイルビー"),
        ("Santa Oliva", "サンタ・オリバ"),
        ("Grünfels", "グリューンフェルス"),
        ("Port Amity", "ポート・アミティ"),
        ("Karahama", "唐浜"),
        ("Dunmarsh", "ダンマーシュ"),
        ("Lac-aux-Ormes", "ラク・オ・ゾルム"),
        ("Ellerby", "エラビー"),
        ("Zelkova Street", "欅通り"),
        ("Móra", "モーラ"),
        ("Winterfold", "ウィンターフォールド"),
    )
)
NAMES = tuple(
    TitleWord(latin, latin, latin, kana)
    for latin, kana in (
        ("Agnes", "アグネス"),
        ("Bruno", "ブルーノ"),
        ("Célestine", "セレスティーヌ"),
        ("Dorian", "ドリアン"),
        ("Edda", "エッダ"),
        ("Florian", "フロリアン"),
        ("Greta", "グレタ"),
        ("Haruka", "遥"),
        ("Ivo", "イヴォ"),
        ("Jonna", "ヨンナ"),
        ("Kenji", "健二"),
        ("Lotte", "ロッテ"),
        ("Mireille", "ミレイユ"),
        ("Noor", "ヌール"),
        ("Ottilie", "オッティリエ"),
        ("Pál", "パール"),
        ("Quentin", "カンタン"),
        ("Rosalind", "ロザリンド"),
    )
)
SURNAMES = (
    *("Abernoth", "Brückl", "Castellane", "Drummle", "Eskildt", "Fairwater", "Gruber-Lenz"),
    *("Holloran", "Ibáñez-Roe", "Jarnefelt", "Kobayashi-West", "Lindqvist", "Marchetti", "Nwosu"),
    *("Okonjo", "Pellerin", "Quist", "Rautavaara", "Sedlák", "Tamura", "Ueno", "Vantongeren"),
    *("Wexford", "Yıldız", "Zoller"),
)
STUDIOS = ("Paper Boat Pictures", "Nordwind Film", "Atelier Huit", "Studio Hinoki", "Two Gulls")
KEYWORDS = ("lighthouse", "small town", "lost letter", "rivalry", "night train", "clock", "exile")
# by the English name: TMDb's number, and other names
GENRES: Mapping[str, tuple[int, TextsByLanguage]] = {
    "Drama": (18, {"de": "Drama", "fr": "Drame", "ja": "ドラマ"}),
    "Comedy": (35, {"de": "Komödie", "fr": "Comédie", "ja": "コメディ"}),
    "Mystery": (9648, {"de": "Mystery", "fr": "Mystère", "ja": "謎"}),
    "Adventure": (12, {"de": "Abenteuer", "fr": "Aventure", "ja": "アドベンチャー"}),
    "Romance": (10749, {"de": "Liebesfilm", "fr": "Romance", "ja": "ロマンス"}),
    "Thriller": (53, {"de": "Thriller", "fr": "Thriller", "ja": "スリラー"}),
}
CERTIFICATES = {
    "US": ("G", "PG", "PG-13", "R"),
    "DE": ("0", "6", "12", "16", "18"),
    "GB": ("U", "PG", "12A", "15", "18"),
    "FR": ("TP", "12", "16"),
}
OVERVIEWS: tuple[TextsByLanguage, ...] = (
    {
        "en": "{name} comes back to {place} and has one night to explain everything.",
        "de": "{name} kommt nach {place} zurück und hat eine Nacht, um alles zu erklären.",
        "fr": "{name} revient à {place} et n'a qu'une nuit pour tout expliquer.",
        "ja": "{name}は{place}に戻り、一夜ですべてを説明しなければならない。",
    },
    {
        "en": "Nobody in {place} has ever left. Then {name} finds an old timetable.",
        "de": "Niemand hat {place} je verlassen. Dann findet {name} einen alten Fahrplan.",
        "fr": "Personne n'a jamais quitté {place}. Puis {name} trouve un vieil horaire.",
        "ja": "{place}を出た者はいない。ある日、{name}は古い時刻表を見つける。",
    },
    {
        "en": "{name} inherits a house in {place} & learns who else has a key to it.",
        "de": "{name} erbt ein Haus in {place} und erfährt, wer noch einen Schlüssel hat.",
        "fr": "{name} hérite d'une maison à {place} et apprend qui d'autre en a la clé.",
        "ja": "{name}は{place}の家を相続し、鍵を持つもう一人の存在を知る。",
    },
)
TAGLINES: tuple[TextsByLanguage, ...] = (
    {
        "en": "Some doors close themselves.",
        "de": "Manche Türen schließen sich selbst.",
        "fr": "Certaines portes se ferment seules.",
        "ja": "ひとりでに閉まる扉がある。",
    },
    {"en": "It was never lost.", "de": "Es war nie verloren.", "fr": "Rien n'était perdu."},
)

"""An NFO brought up to date: what is ours follows us, all else stays as it is.

A place that is empty is filled; one that still says what we wrote last time says what we say now;
anything else is somebody's own, and stays.
"""

from __future__ import annotations

import msgspec

from mediakeep.media.nfo import ids, reading, rendering, slots
from mediakeep.media.nfo.details import Details
from mediakeep.media.nfo.editing import Edits
from mediakeep.media.nfo.nfo import Nfo, read
from mediakeep.media.nfo.tree import Element

_LEADING = ("uniqueid", "rating")  # of these one is the default
_NEAR = 0.051  # ratings that differ by no more are one, rounded
# What is only said in one language, or for one country: each slot, and its field.
_SPOKEN = {"plot": "plot", "tagline": "tagline", "mpaa": "mpaa", "sorttitle": "sort_title"}


def merged(
    nfo: Nfo | None, wanted: Details, written: Details | None, *, elsewhere: bool = False
) -> bytes:
    """Return what an NFO should be: the same bytes where nothing is to be changed.

    `nfo` is None where there is no file; `written` is what was wanted when we wrote it last, and
    `elsewhere` whether that was for another language or country. What is locked stays, and so does
    the whole of an NFO that is about another movie.
    """
    if nfo is None:
        return rendering.rendered(wanted)
    if nfo.is_locked or disagrees(nfo, wanted, written):
        return nfo.data
    edits = _Merging(nfo, wanted, written or Details(), elsewhere).edits()
    return nfo.letters.encoded(edits.applied()) if edits else nfo.data


def disagrees(nfo: Nfo, wanted: Details, written: Details | None) -> bool:
    """Tell whether an NFO names another movie than ours, and not because we wrote so."""
    for name in (ids.TMDB, ids.IMDB):
        theirs, ours = nfo.details.ids.get(name), wanted.ids.get(name)
        if theirs and ours:
            return theirs != ours and (written is None or written.ids.get(name) != theirs)
    return False


def remembered(wanted: Details, written: Details | None, *, elsewhere: bool = False) -> Details:
    """Return what of ours an NFO says once it is merged: what is wanted, and what stays of before.

    That we no longer know, but it still is not a person's.
    """
    if written is None or written.ids.get(ids.TMDB) != wanted.ids.get(ids.TMDB):
        return wanted
    gone = dict.fromkeys(_SPOKEN.values() if elsewhere else ("sort_title",), "")
    nothing, before = Details(), msgspec.structs.replace(written, **gone)
    kept = {
        name: getattr(before, name)
        for name in Details.__struct_fields__
        if getattr(wanted, name) == getattr(nothing, name)
    }
    every = wanted.ids | {name: one for name, one in written.ids.items() if name not in wanted.ids}
    return msgspec.structs.replace(wanted, **{**kept, "ids": every})


def details(data: bytes) -> Details:
    """Return what an NFO says that `merged` made."""
    return read(data).details


class _Merging:
    """Decides slot by slot."""

    def __init__(self, nfo: Nfo, wanted: Details, written: Details, elsewhere: bool) -> None:
        self.root, self.body, self.ids = nfo.root, nfo.body, nfo.details.ids
        self.wanted, self.written = wanted, written
        self.theirs = slots.of(nfo.root)
        self.mine = slots.of(_tree(wanted))
        self.before = slots.of(_tree(written))
        self.locked = slots.locked(nfo.locked_fields)
        known = written.ids.get(ids.TMDB)
        self.is_another = bool(known) and known != wanted.ids.get(ids.TMDB, known)
        self.spoken = frozenset(_SPOKEN if elsewhere else ("sorttitle",))

    def edits(self) -> Edits:
        """Decide on every slot that is ours now or was."""
        edits = Edits(self.body, self.root)
        ratings = []
        for key in dict.fromkeys((*self.mine, *self.before)):
            if key in self.locked or not self._is_ours(key):
                continue
            if key.startswith("rating:") and key in self.mine and key not in self.theirs:
                ratings += self._less_leading(key)
            else:
                self._settle(edits, key)
        self._add_ratings(edits, ratings)
        self._settle_older_id(edits)
        return edits

    def _is_ours(self, key: str) -> bool:
        """Tell whether a slot is to say something else, and may."""
        theirs, mine = self._value(self.theirs, key), self._value(self.mine, key)
        if theirs == mine:
            return False
        if not theirs:
            return not self._is_told_otherwise(key)
        if key == "set" and mine and _is_less(self.theirs[key], self.mine[key]):
            return True
        # What we no longer know of the same movie is still true of it, but for what is said in
        # another language, and how a title is sorted that it bears no more.
        follows = mine or (self.is_another and key != "fileinfo") or key in self.spoken
        return bool(follows) and theirs == self._value(self.before, key)

    @staticmethod
    def _value(side: dict[str, list[Element]], key: str) -> tuple[slots.Meaning, ...]:
        return slots.value(side.get(key, []))

    def _is_told_otherwise(self, key: str) -> bool:
        """Tell whether another element says what a slot would say, or says that it is not so."""
        if key.startswith("rating:"):
            return self._has_older_rating and not self._is_older_rating_ours
        if key == "sorttitle":
            return self.root.said("title") not in ("", self.wanted.title, self.written.title)
        if key == "premiered":  # Kodi takes the year from it
            year = reading.whole(self.root.said("year"))
            return year not in (0, self.wanted.year, self.written.year)
        if key == "year":
            date = self.root.said("premiered")
            own = (self.wanted.premiered, self.written.premiered)
            return reading.whole(date) not in (0, self.wanted.year) and date not in own
        service = slots.service(key)
        own_ids = (None, self.wanted.ids.get(service), self.written.ids.get(service))
        return bool(service) and self.ids.get(service) not in own_ids

    @property
    def _has_older_rating(self) -> bool:
        new = any(self._value(self.theirs, key) for key in self.theirs if key.startswith("rating:"))
        return not new and reading.real(self.root.said("rating")) > 0

    @property
    def _older_rating(self) -> list[Element]:
        return [*self.root.named("rating"), *self.root.named("votes")]

    @property
    def _is_older_rating_ours(self) -> bool:
        known = [one.value for one in (*self.wanted.ratings[:1], *self.written.ratings[:1])]
        older = reading.real(self.root.said("rating"))
        same = any(abs(older - value) < _NEAR for value in known)
        return same and not any(one.attributes or one.children for one in self._older_rating)

    def _settle(self, edits: Edits, key: str) -> None:
        theirs, mine = self.theirs.get(key, []), self.mine.get(key, [])
        bare = [one for one in theirs if slots.is_bare(one)]
        if not mine:
            edits.remove(bare)
        elif theirs and slots.is_single(key):
            told = next((one for one in theirs if not slots.is_empty(one)), theirs[0])
            edits.say(told, mine[0].text)
        elif bare:
            edits.replace(bare, self._less_leading(key, bare[0]))
        else:
            edits.insert(self._less_leading(key))

    def _less_leading(self, key: str, old: Element | None = None) -> list[Element]:
        """Return our elements of a slot, none the default where another is."""
        mine, name = self.mine[key], key.partition(":")[0]
        if name not in _LEADING:
            return mine
        told = (slot for slot in self.theirs if slot in self.mine or self._value(self.theirs, slot))
        every = (one for slot in told for one in self.theirs[slot] if one.name == name)
        if any(ids.is_default(one) for one in every if one is not old):
            for one in mine:
                one.attributes.pop("default", None)
        return mine

    def _add_ratings(self, edits: Edits, new: list[Element]) -> None:
        parents = list(self.root.named("ratings"))
        if not new or any(one.text.strip() for one in parents):
            return
        if parents and parents[0].children:
            edits.insert(new, parents[0])
        elif parents:
            edits.replace(parents[:1], [Element("ratings", parents[0].attributes, children=new)])
        else:
            edits.insert([Element("ratings", children=new)])
        if self._has_older_rating:  # it says the same, and Kodi no longer looks at it
            edits.remove(self._older_rating)

    def _settle_older_id(self, edits: Edits) -> None:
        """Let the `<id>` of older programs follow, where it is what we said the movie is."""
        for one in self.root.named("id"):
            names = [name for name, known in self.written.ids.items() if known == one.text.strip()]
            now = self.wanted.ids.get(names[0], "") if names else ""
            if now and now != one.text.strip() and not one.children:
                edits.say(one, now)


def _tree(details: Details) -> Element:
    return Element("movie", children=rendering.elements(details))


def _is_less(theirs: list[Element], mine: list[Element]) -> bool:
    """Tell whether a set is ours by its name, and says less of it."""
    theirs = [one for one in theirs if not slots.is_empty(one)]
    (_, known, text, inside), *others = slots.value(theirs)
    ((_, given, _, full),) = slots.value(mine)
    return not others and not text and inside == full[:1] and set(known) <= set(given)

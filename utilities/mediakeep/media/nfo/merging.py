"""Update an NFO: elements that mediakeep wrote are changed, everything else is kept.

Empty elements are filled; elements with the value that was written last time get the new value; all
others were edited by the user or another program and are kept.
"""

from __future__ import annotations

import msgspec

from mediakeep.media.nfo import ids, reading, rendering, slots
from mediakeep.media.nfo.details import Details
from mediakeep.media.nfo.editing import Edits
from mediakeep.media.nfo.nfo import Nfo, read
from mediakeep.media.nfo.tree import Element

_LEADING = ("uniqueid", "rating")  # elements of which one is the default
_NEAR = 0.051  # ratings that differ by less are the same, rounded
# Values that depend on language or country: element -> field.
_SPOKEN = {"plot": "plot", "tagline": "tagline", "mpaa": "mpaa", "sorttitle": "sort_title"}


def merged(
    nfo: Nfo | None, wanted: Details, written: Details | None, *, elsewhere: bool = False
) -> bytes:
    """Return the updated bytes of an NFO, identical if there is nothing to change.

    `nfo` is None if there is no file; `written` is the content wanted at the last write, and
    `elsewhere` whether that was for another language or country. Locked elements are kept, and so
    is an NFO about another movie as a whole.
    """
    if nfo is None:
        return rendering.rendered(wanted)
    if nfo.is_locked or disagrees(nfo, wanted, written):
        return nfo.data
    edits = _Merging(nfo, wanted, written or Details(), elsewhere).edits()
    return nfo.letters.encoded(edits.applied()) if edits else nfo.data


def disagrees(nfo: Nfo, wanted: Details, written: Details | None) -> bool:
    """Return whether an NFO has the id of another movie that mediakeep did not write."""
    for name in (ids.TMDB, ids.IMDB):
        file_id, wanted_id = nfo.details.ids.get(name), wanted.ids.get(name)
        if file_id and wanted_id:
            return file_id != wanted_id and (written is None or written.ids.get(name) != file_id)
    return False


def remembered(wanted: Details, written: Details | None, *, elsewhere: bool = False) -> Details:
    """Return the content of a merged NFO that mediakeep wrote, now or before.

    Earlier values that are no longer known are included: they were not written by the user.
    """
    if written is None or written.ids.get(ids.TMDB) != wanted.ids.get(ids.TMDB):
        return wanted
    reset = dict.fromkeys(_SPOKEN.values() if elsewhere else ("sort_title",), "")
    empty, previous = Details(), msgspec.structs.replace(written, **reset)
    kept_values = {
        name: getattr(previous, name)
        for name in Details.__struct_fields__
        if getattr(wanted, name) == getattr(empty, name)
    }
    all_ids = wanted.ids | {
        name: id_ for name, id_ in written.ids.items() if name not in wanted.ids
    }
    return msgspec.structs.replace(wanted, **{**kept_values, "ids": all_ids})


def details(data: bytes) -> Details:
    """Return the content of an NFO that `merge_details` returned."""
    return read(data).details


class _Merging:
    """Merges an NFO element by element."""

    def __init__(self, nfo: Nfo, wanted: Details, written: Details, elsewhere: bool) -> None:
        self.root, self.body, self.ids = nfo.root, nfo.body, nfo.details.ids
        self.wanted, self.written = wanted, written
        self.theirs = slots.of(nfo.root)
        self.mine = slots.of(_tree(wanted))
        self.before = slots.of(_tree(written))
        self.locked = slots.locked(nfo.locked_fields)
        written_id = written.ids.get(ids.TMDB)
        self.is_another = bool(written_id) and written_id != wanted.ids.get(ids.TMDB, written_id)
        self.spoken = frozenset(_SPOKEN if elsewhere else ("sorttitle",))

    def edits(self) -> Edits:
        """Return the edits of all elements that are wanted now or were written before."""
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
        """Return whether an element has to be changed and may be."""
        theirs, mine = self._value(self.theirs, key), self._value(self.mine, key)
        if theirs == mine:
            return False
        if not theirs:
            return not self._is_told_otherwise(key)
        if key == "set" and mine and _is_less(self.theirs[key], self.mine[key]):
            return True
        # Values that are no longer known are still true for the same movie, except those in another
        # language and the sort title of a former title.
        follows = mine or (self.is_another and key != "fileinfo") or key in self.spoken
        return bool(follows) and theirs == self._value(self.before, key)

    @staticmethod
    def _value(side: dict[str, list[Element]], key: str) -> tuple[slots.Meaning, ...]:
        return slots.value(side.get(key, []))

    def _is_told_otherwise(self, key: str) -> bool:
        """Return whether another element states the same value or contradicts it."""
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
        values = [
            element.value for element in (*self.wanted.ratings[:1], *self.written.ratings[:1])
        ]
        older = reading.real(self.root.said("rating"))
        is_same = any(abs(older - value) < _NEAR for value in values)
        return is_same and not any(
            element.attributes or element.children for element in self._older_rating
        )

    def _settle(self, edits: Edits, key: str) -> None:
        theirs, mine = self.theirs.get(key, []), self.mine.get(key, [])
        replaceable = [element for element in theirs if slots.is_bare(element)]
        if not mine:
            edits.remove(replaceable)
        elif theirs and slots.is_single(key):
            target = next((element for element in theirs if not slots.is_empty(element)), theirs[0])
            edits.say(target, mine[0].text)
        elif replaceable:
            edits.replace(replaceable, self._less_leading(key, replaceable[0]))
        else:
            edits.insert(self._less_leading(key))

    def _less_leading(self, key: str, old: Element | None = None) -> list[Element]:
        """Return the wanted elements, without the default mark if another has it."""
        mine, name = self.mine[key], key.partition(":")[0]
        if name not in _LEADING:
            return mine
        keys = (key_ for key_ in self.theirs if key_ in self.mine or self._value(self.theirs, key_))
        siblings = (
            element for key_ in keys for element in self.theirs[key_] if element.name == name
        )
        if any(ids.is_default(element) for element in siblings if element is not old):
            for element in mine:
                element.attributes.pop("default", None)
        return mine

    def _add_ratings(self, edits: Edits, new: list[Element]) -> None:
        parents = list(self.root.named("ratings"))
        if not new or any(element.text.strip() for element in parents):
            return
        if parents and parents[0].children:
            edits.insert(new, parents[0])
        elif parents:
            edits.replace(parents[:1], [Element("ratings", parents[0].attributes, children=new)])
        else:
            edits.insert([Element("ratings", children=new)])
        if self._has_older_rating:  # it has the same value, and Kodi ignores it now
            edits.remove(self._older_rating)

    def _settle_older_id(self, edits: Edits) -> None:
        """Update the `<id>` of older programs if it has the id that was written."""
        for element in self.root.named("id"):
            services = [
                name
                for name, written_id in self.written.ids.items()
                if written_id == element.text.strip()
            ]
            new_id = self.wanted.ids.get(services[0], "") if services else ""
            if new_id and new_id != element.text.strip() and not element.children:
                edits.say(element, new_id)


def _tree(details: Details) -> Element:
    return Element("movie", children=rendering.elements(details))


def _is_less(theirs: list[Element], mine: list[Element]) -> bool:
    """Return whether a set is the wanted one with less information."""
    theirs = [element for element in theirs if not slots.is_empty(element)]
    (_, attributes, text, children), *others = slots.value(theirs)
    ((_, wanted_attributes, _, wanted_children),) = slots.value(mine)
    return (
        not others
        and not text
        and children == wanted_children[:1]
        and set(attributes) <= set(wanted_attributes)
    )

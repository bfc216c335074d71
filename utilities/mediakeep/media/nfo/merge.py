"""Update an NFO: change the elements that mediakeep wrote, and keep everything else.

Empty elements are filled. Elements with the value that mediakeep wrote last time get the new value.
All others were edited by the user or another program and are kept.
"""

from __future__ import annotations

import msgspec

from mediakeep.media.nfo import ids, kodi_parser, kodi_writer, managed_elements
from mediakeep.media.nfo.model import NfoMovie
from mediakeep.media.nfo.nfo_file import NfoFile, parse_nfo
from mediakeep.media.nfo.xml_edits import XmlEdits
from mediakeep.media.nfo.xml_tree import Element

_ELEMENTS_WITH_DEFAULT = ("uniqueid", "rating")  # elements of which one is the default
_RATING_TOLERANCE = 0.051  # ratings that differ by less are the same, rounded
# Values that depend on language or country: element -> field.
_LOCALIZED_FIELDS = {
    "plot": "plot",
    "tagline": "tagline",
    "mpaa": "mpaa",
    "sorttitle": "sort_title",
}


def merge_details(
    nfo: NfoFile | None, wanted: NfoMovie, written: NfoMovie | None, *, elsewhere: bool = False
) -> bytes:
    """Return the bytes of an NFO updated to the wanted content, identical if nothing changes.

    `nfo` is None if there is no file. `written` is the content wanted at the last write, and
    `elsewhere` is True if that was for another language or country. Locked elements are kept. An
    NFO about another movie is kept as a whole.
    """
    if nfo is None:
        return kodi_writer.render_nfo(wanted)
    if nfo.is_locked or is_other_movie(nfo, wanted, written):
        return nfo.data
    edits = _NfoMerger(nfo, wanted, written or NfoMovie(), elsewhere).build_edits()
    return nfo.decoded_text.encode(edits.apply()) if edits else nfo.data


def is_other_movie(nfo: NfoFile, wanted: NfoMovie, written: NfoMovie | None) -> bool:
    """Return True if an NFO has the ID of another movie, and mediakeep did not write that ID."""
    for name in (ids.TMDB, ids.IMDB):
        file_id, wanted_id = nfo.details.ids.get(name), wanted.ids.get(name)
        if file_id and wanted_id:
            return file_id != wanted_id and (written is None or written.ids.get(name) != file_id)
    return False


def select_written_details(
    wanted: NfoMovie, written: NfoMovie | None, *, elsewhere: bool = False
) -> NfoMovie:
    """Return the part of an updated NFO's content that mediakeep wrote, now or earlier.

    Earlier values that are no longer known are included: they were not written by the user.
    """
    if written is None or written.ids.get(ids.TMDB) != wanted.ids.get(ids.TMDB):
        return wanted
    reset = dict.fromkeys(_LOCALIZED_FIELDS.values() if elsewhere else ("sort_title",), "")
    empty, previous = NfoMovie(), msgspec.structs.replace(written, **reset)
    kept_values = {
        name: getattr(previous, name)
        for name in NfoMovie.__struct_fields__
        if getattr(wanted, name) == getattr(empty, name)
    }
    all_ids = wanted.ids | {
        name: id_ for name, id_ in written.ids.items() if name not in wanted.ids
    }
    return msgspec.structs.replace(wanted, **{**kept_values, "ids": all_ids})


def parse_details(data: bytes) -> NfoMovie:
    """Return the content of an NFO from the bytes that `merge_details` returned."""
    return parse_nfo(data).details


class _NfoMerger:
    """Merges the wanted content into an NFO, element by element."""

    def __init__(self, nfo: NfoFile, wanted: NfoMovie, written: NfoMovie, elsewhere: bool) -> None:
        self.root, self.body, self.ids = nfo.root, nfo.body, nfo.details.ids
        self.wanted, self.written = wanted, written
        self.file_elements = managed_elements.group_elements(nfo.root)
        self.wanted_elements = managed_elements.group_elements(_build_tree(wanted))
        self.written_elements = managed_elements.group_elements(_build_tree(written))
        self.locked_keys = managed_elements.keys_of_locked_fields(nfo.locked_fields)
        written_id = written.ids.get(ids.TMDB)
        self.was_other_movie = bool(written_id) and written_id != wanted.ids.get(
            ids.TMDB, written_id
        )
        self.localized_keys = frozenset(_LOCALIZED_FIELDS if elsewhere else ("sorttitle",))

    def build_edits(self) -> XmlEdits:
        """Return the edits of all elements that are wanted now or were written earlier."""
        edits = XmlEdits(self.body, self.root)
        ratings = []
        for key in dict.fromkeys((*self.wanted_elements, *self.written_elements)):
            if key in self.locked_keys or not self._should_update(key):
                continue
            if (
                key.startswith("rating:")
                and key in self.wanted_elements
                and key not in self.file_elements
            ):
                ratings += self._without_second_default(key)
            else:
                self._update_element(edits, key)
        self._add_ratings(edits, ratings)
        self._update_legacy_id(edits)
        return edits

    def _should_update(self, key: str) -> bool:
        """Return True if an element differs from the wanted value and may be changed."""
        existing, wanted = (
            self._element_values(self.file_elements, key),
            self._element_values(self.wanted_elements, key),
        )
        if existing == wanted:
            return False
        if not existing:
            return not self._is_stated_elsewhere(key)
        if (
            key == "set"
            and wanted
            and _is_incomplete_set(self.file_elements[key], self.wanted_elements[key])
        ):
            return True
        # Values that are no longer known are still true for the same movie, except those in another
        # language and the sort title of a former title.
        follows = (
            wanted or (self.was_other_movie and key != "fileinfo") or key in self.localized_keys
        )
        return bool(follows) and existing == self._element_values(self.written_elements, key)

    @staticmethod
    def _element_values(
        side: dict[str, list[Element]], key: str
    ) -> tuple[managed_elements.Meaning, ...]:
        return managed_elements.element_values(side.get(key, []))

    def _is_stated_elsewhere(self, key: str) -> bool:
        """Return True if another element states or contradicts the value of this one."""
        if key.startswith("rating:"):
            return self._has_legacy_rating and not self._is_legacy_rating_ours
        if key == "sorttitle":
            return self.root.child_text("title") not in ("", self.wanted.title, self.written.title)
        if key == "premiered":  # Kodi takes the year from it
            year = kodi_parser.parse_integer(self.root.child_text("year"))
            return year not in (0, self.wanted.year, self.written.year)
        if key == "year":
            date = self.root.child_text("premiered")
            own = (self.wanted.premiered, self.written.premiered)
            return kodi_parser.parse_integer(date) not in (0, self.wanted.year) and date not in own
        service = managed_elements.service_from_key(key)
        own_ids = (None, self.wanted.ids.get(service), self.written.ids.get(service))
        return bool(service) and self.ids.get(service) not in own_ids

    @property
    def _has_legacy_rating(self) -> bool:
        new = any(
            self._element_values(self.file_elements, key)
            for key in self.file_elements
            if key.startswith("rating:")
        )
        return not new and kodi_parser.parse_decimal(self.root.child_text("rating")) > 0

    @property
    def _legacy_rating_elements(self) -> list[Element]:
        return [*self.root.find_children("rating"), *self.root.find_children("votes")]

    @property
    def _is_legacy_rating_ours(self) -> bool:
        values = [
            element.value for element in (*self.wanted.ratings[:1], *self.written.ratings[:1])
        ]
        older = kodi_parser.parse_decimal(self.root.child_text("rating"))
        is_same = any(abs(older - value) < _RATING_TOLERANCE for value in values)
        return is_same and not any(
            element.attributes or element.children for element in self._legacy_rating_elements
        )

    def _update_element(self, edits: XmlEdits, key: str) -> None:
        existing, wanted = self.file_elements.get(key, []), self.wanted_elements.get(key, [])
        replaceable = [
            element for element in existing if managed_elements.has_only_own_attributes(element)
        ]
        if not wanted:
            edits.remove(replaceable)
        elif existing and managed_elements.is_single_element(key):
            target = next(
                (element for element in existing if not managed_elements.is_empty_element(element)),
                existing[0],
            )
            edits.set_text(target, wanted[0].text)
        elif replaceable:
            edits.replace(replaceable, self._without_second_default(key, replaceable[0]))
        else:
            edits.insert(self._without_second_default(key))

    def _without_second_default(self, key: str, old: Element | None = None) -> list[Element]:
        """Return the wanted elements with a key, without the default mark if another has it."""
        wanted, name = self.wanted_elements[key], key.partition(":")[0]
        if name not in _ELEMENTS_WITH_DEFAULT:
            return wanted
        keys = (
            key_
            for key_ in self.file_elements
            if key_ in self.wanted_elements or self._element_values(self.file_elements, key_)
        )
        siblings = (
            element for key_ in keys for element in self.file_elements[key_] if element.name == name
        )
        if any(ids.is_default(element) for element in siblings if element is not old):
            for element in wanted:
                element.attributes.pop("default", None)
        return wanted

    def _add_ratings(self, edits: XmlEdits, new: list[Element]) -> None:
        parents = list(self.root.find_children("ratings"))
        if not new or any(element.text.strip() for element in parents):
            return
        if parents and parents[0].children:
            edits.insert(new, parents[0])
        elif parents:
            edits.replace(parents[:1], [Element("ratings", parents[0].attributes, children=new)])
        else:
            edits.insert([Element("ratings", children=new)])
        if self._has_legacy_rating:  # it has the same value, and Kodi ignores it now
            edits.remove(self._legacy_rating_elements)

    def _update_legacy_id(self, edits: XmlEdits) -> None:
        """Update the `<id>` element of older programs if it has the ID that was written."""
        for element in self.root.find_children("id"):
            services = [
                name
                for name, written_id in self.written.ids.items()
                if written_id == element.text.strip()
            ]
            new_id = self.wanted.ids.get(services[0], "") if services else ""
            if new_id and new_id != element.text.strip() and not element.children:
                edits.set_text(element, new_id)


def _build_tree(details: NfoMovie) -> Element:
    return Element("movie", children=kodi_writer.build_elements(details))


def _is_incomplete_set(existing: list[Element], wanted: list[Element]) -> bool:
    """Return True if a movie set in the NFO is the wanted set with less information."""
    existing = [element for element in existing if not managed_elements.is_empty_element(element)]
    (_, attributes, text, children), *others = managed_elements.element_values(existing)
    ((_, wanted_attributes, _, wanted_children),) = managed_elements.element_values(wanted)
    return (
        not others
        and not text
        and children == wanted_children[:1]
        and set(attributes) <= set(wanted_attributes)
    )

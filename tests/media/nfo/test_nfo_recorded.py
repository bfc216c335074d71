"""NFO files as Kodi 18 exported them are read whole, and brought up to date without a loss.

Where MEDIAKEEP_RECORDED names a folder with `nfo/*.nfo` as programs wrote them, those are read too.
They are not ours to give, so they are not in the project.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import msgspec

from mediakeep.media.nfo import merge, nfo_file
from mediakeep.media.nfo.model import NfoMovie
from tests.media.nfo import nfos
from tests.sampling import each_row

RECORDED = Path(os.environ.get("MEDIAKEEP_RECORDED", os.devnull))
OWN = {"kodi": nfos.KODI, "jellyfin": nfos.JELLYFIN, "old": nfos.OLD}
FILES = {name: text.encode() for name, text in OWN.items()}
if RECORDED.is_dir():
    FILES |= {path.name: path.read_bytes() for path in sorted(RECORDED.glob("nfo/*.nfo"))}


def lines(data: bytes) -> list[str]:
    return [line.strip() for line in data.decode().splitlines()]


@each_row("name", FILES)
def test_an_exported_file_loses_nothing_but_what_was_empty_or_older(name: str) -> None:
    found = nfo_file.parse_nfo(FILES[name])
    same = {service: found.details.ids.get(service, id_) for service, id_ in nfos.TIDE.ids.items()}
    wanted = msgspec.structs.replace(nfos.TIDE, ids=same)
    data = merge.merge_details(found, wanted, None)
    for line in Counter(lines(FILES[name])) - Counter(lines(data)):
        empty = line.endswith("/>") or "></" in line
        assert empty or line.startswith(("<rating>", "<votes>", "<set>")), line
    again = nfo_file.parse_nfo(data)
    assert (
        merge.merge_details(again, wanted, wanted)
        == merge.merge_details(again, wanted, None)
        == data
    )
    for field in found.details.__struct_fields__:
        told = getattr(found.details, field)
        if told != getattr(NfoMovie(), field) and field not in (
            "ratings",
            "thumbs",
            "ids",
            "collection",
        ):
            assert getattr(again.details, field) == told
    assert again.details.ids | found.details.ids == again.details.ids
    assert set(found.details.thumbs) <= set(again.details.thumbs)


@each_row("name", FILES)
def test_an_exported_file_stays_as_it_is_where_nothing_is_known(name: str) -> None:
    found = nfo_file.parse_nfo(FILES[name])
    assert merge.merge_details(found, NfoMovie(), None) == FILES[name]

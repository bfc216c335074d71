"""What MediaInfo calls codecs, kinds of HDR and of 3D, in the words of Kodi."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Kodi takes its names of codecs from FFmpeg (libavcodec/codec_desc.c).
_VIDEO = {
    "AVC": "h264",
    "HEVC": "hevc",
    "VVC": "vvc",
    "AV1": "av1",
    "VP8": "vp8",
    "VP9": "vp9",
    "VC-1": "vc1",
    "WMV1": "wmv1",
    "WMV2": "wmv2",
    "MPEG-4 Visual": "mpeg4",
    "MPEG Video": "mpeg2video",
    "H.263": "h263",
    "Sorenson Spark": "flv1",
    "Theora": "theora",
    "JPEG": "mjpeg",
    "ProRes": "prores",
    "DV": "dvvideo",
    "RealVideo 3": "rv30",
    "RealVideo 4": "rv40",
}
_BY_ID = {"DIV3": "msmpeg4v3", "MP43": "msmpeg4v3", "MP42": "msmpeg4v2", "WMV3": "wmv3"}
_AUDIO = {
    "AAC": "aac",
    "AC-3": "ac3",
    "E-AC-3": "eac3",
    "AC-4": "ac4",
    "DTS": "dca",
    "MLP": "mlp",
    "MLP FBA": "truehd",
    "FLAC": "flac",
    "ALAC": "alac",
    "Opus": "opus",
    "Vorbis": "vorbis",
    "PCM": "pcm",
    "WMA": "wmav2",
    "TTA": "tta",
    "WavPack": "wavpack",
    "Monkey's Audio": "ape",
}
_LAYERS = {"Layer 1": "mp1", "Layer 2": "mp2", "Layer 3": "mp3"}
_TEXT = {
    "UTF-8": "subrip",
    "ASS": "ass",
    "SSA": "ssa",
    "PGS": "hdmv_pgs_subtitle",
    "VobSub": "dvd_subtitle",
    "RLE": "dvd_subtitle",
    "DVB Subtitle": "dvb_subtitle",
    "Teletext Subtitle": "dvb_teletext",
    "Timed Text": "mov_text",
    "WebVTT": "webvtt",
    "EIA-608": "eia_608",
    "TTML": "ttml",
}
_HDR = (
    ("Dolby Vision", "dolbyvision"),
    ("2094 App 4", "hdr10plus"),
    ("HDR10+", "hdr10plus"),
    ("2086", "hdr10"),
    ("HDR10", "hdr10"),
)
_TRANSFERS = {"PQ": "hdr10", "HLG": "hlg"}
_EYES = {  # of which eye the first picture is; Kodi's ways to lay out the two
    "Side by Side": ("left_right", "right_left"),
    "Top-Bottom": ("top_bottom", "bottom_top"),
    "Checkerboard": ("checkerboard_lr", "checkerboard_rl"),
    "Row Interleaved": ("row_interleaved_lr", "row_interleaved_rl"),
    "Column Interleaved": ("col_interleaved_lr", "col_interleaved_rl"),
    "Both Eyes laced in one block": ("block_lr", "block_rl"),
    "Anaglyph (cyan/red)": ("anaglyph_cyan_red", "anaglyph_cyan_red"),
    "Anaglyph (green/magenta)": ("anaglyph_green_magenta", "anaglyph_green_magenta"),
}

Told = Mapping[str, str]


def video(told: Told) -> str:
    """Name the codec of a stream of pictures."""
    form = told.get("Format", "")
    if form == "MPEG Video" and told.get("Format_Version", "").endswith("1"):
        return "mpeg1video"
    return _BY_ID.get(told.get("CodecID", "").upper(), "") or _VIDEO.get(form) or _plain(form)


def audio(told: Told) -> str:
    """Name the codec of a stream of sound."""
    form = told.get("Format", "")
    extra = told.get("Format_AdditionalFeatures", "").split()
    trade = told.get("Format_Commercial_IfAny", "")
    if form == "DTS" and ("XLL" in extra or "Master Audio" in trade):
        return "dtshd_ma"
    if form == "DTS" and ("XBR" in extra or "High Resolution" in trade):
        return "dtshd_hra"
    if form == "MPEG Audio":
        return _LAYERS.get(told.get("Format_Profile", ""), "mp3")
    return _AUDIO.get(form.removesuffix(" LC")) or _plain(form)


def subtitle(told: Told) -> str:
    """Name the codec of subtitles."""
    form = told.get("Format", "")
    return _TEXT.get(form) or _plain(form)


def hdr(told: Told) -> str:
    """Name the kind of HDR, the best where there are several; "" for none."""
    forms = f"{told.get('HDR_Format', '')} {told.get('HDR_Format_Compatibility', '')}"
    found = next((name for sign, name in _HDR if sign in forms), "")
    return found or _TRANSFERS.get(told.get("transfer_characteristics", ""), "")


def stereo(told: Told) -> str:
    """Name how the pictures of both eyes lie; "" for a film that is none in 3D."""
    layout = told.get("MultiView_Layout", "")
    for sign, names in _EYES.items():
        if layout.startswith(sign):
            return names["right eye first" in layout]
    return "block_lr" if told.get("MultiView_Count") == "2" else ""


def _plain(form: str) -> str:
    """Write a name that is not in a table as it is, in small letters."""
    return re.sub(r"[^a-z0-9]+", "_", form.lower()).strip("_")[:32]

"""One transfer of an episode in a process of its own: episode_child.py TRANSFER KEY=VALUE...

It is run with the Python of a peer, too, and so imports what it needs in each function.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_CHUNK = 1 << 18  # bytes
_RETRIES = 5  # of a peer, in one process


def upload(host: str, token: str, video: str, state: str) -> None:
    """Upload a video with the client that episodes use; the session is recorded before a byte."""
    from mediakeep.lookups.http.models import HttpEnvironment, Secret, Service
    from mediakeep.lookups.transfer import UploadSource
    from mediakeep.lookups.youtube.client import YouTubeClient
    from mediakeep.lookups.youtube.login import TokenFile
    from mediakeep.lookups.youtube.model import VideoMetadata, build_marker
    from mediakeep.lookups.youtube.quota import PRESETS, QuotaLedger

    path, folder = Path(video), Path(state)
    recorded = folder / f"{path.name}.session"
    client = YouTubeClient(
        Service("YouTube", host),
        QuotaLedger(folder / "quota.db", PRESETS["2026"]),
        TokenFile(token, folder / "home"),
        folder,
        HttpEnvironment(),
        chunk_size=_CHUNK,
    )
    source = UploadSource.from_file(path)
    if not recorded.exists():
        metadata = VideoMetadata(path.name, "", build_marker(path.name, source.sha256))
        uri = client.open_upload(metadata, source).reveal()
        recorded.with_suffix(".new").write_text(uri)
        recorded.with_suffix(".new").replace(recorded)
    client.send_upload(Secret(recorded.read_text()), source)


def upload_with_google(host: str, token: str, video: str, state: str) -> None:
    """Upload a video with google-api-python-client, whose request is stored after each chunk."""
    import json

    from google.oauth2.credentials import Credentials
    from google_auth_httplib2 import AuthorizedHttp
    from googleapiclient.discovery import build_from_document
    from googleapiclient.discovery_cache import get_static_doc
    from googleapiclient.http import HttpRequest, MediaFileUpload, build_http

    facts, recorded = (
        json.loads(Path(token).read_text()),
        Path(state, f"{Path(video).name}.request"),
    )
    known = {
        name: facts[name] for name in ("refresh_token", "token_uri", "client_id", "client_secret")
    }
    http = AuthorizedHttp(Credentials(None, **known), build_http())
    described = json.loads(get_static_doc("youtube", "v3"))  # whose uploads ignore api_endpoint
    youtube = build_from_document(
        {**described, "rootUrl": f"{host}/", "baseUrl": f"{host}/"}, http=http
    )
    if recorded.exists():
        request = HttpRequest.from_json(recorded.read_text(), http, lambda reply, content: content)
    else:
        media = MediaFileUpload(video, "video/mp4", _CHUNK, resumable=True)
        body = {
            "snippet": {"title": Path(video).name, "categoryId": "22"},
            "status": {"privacyStatus": "private"},
        }
        request = youtube.videos().insert(part="snippet,status", body=body, media_body=media)
    reply = None
    while reply is None:
        recorded.write_text(request.to_json())
        _, reply = request.next_chunk(num_retries=_RETRIES)


def download(host: str, identifier: str, name: str, folder: str) -> None:
    """Download a file with the functions that episodes use."""
    from mediakeep.errors import TransferCut
    from mediakeep.lookups import transfer
    from mediakeep.lookups.archive_org.client import ArchiveClient
    from mediakeep.lookups.http.direct_session import DirectSession
    from mediakeep.lookups.http.models import Service

    session = DirectSession(Service("archive.org", host), Path(folder))
    client = ArchiveClient(session)
    remote = client.build_remote(identifier, client.get_episode(identifier, name).audio)
    try:
        transfer.download_file(session, remote, Path(folder, name))
    except TransferCut:
        sys.exit(1)


def download_with_internetarchive(host: str, identifier: str, name: str, folder: str) -> None:
    """Download a file with internetarchive, which sends requests to archive.org only."""
    from internetarchive import get_session

    session = get_session(config={"general": {"secure": False}})
    session.host = host.removeprefix("http://")
    os.chdir(folder)
    session.get_item(identifier).get_file(name).download(destdir=folder)


_TRANSFERS = {
    function.__name__: function
    for function in (upload, upload_with_google, download, download_with_internetarchive)
}

if __name__ == "__main__":
    _TRANSFERS[sys.argv[1]](**dict(word.split("=", 1) for word in sys.argv[2:]))

"""The simulated YouTube Data API: OAuth tokens, resumable uploads, videos, playlists, quota."""

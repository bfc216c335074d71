"""YouTube: uploads, playlists, captions, quota, and login."""

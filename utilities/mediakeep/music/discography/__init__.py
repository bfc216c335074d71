"""An artist at MusicBrainz: who it is, what of the discography is here, and what is missing."""

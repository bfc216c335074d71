"""Match local albums with MusicBrainz releases; ambiguous matches are left to the user."""

"""Match local albums with releases by tracks and identifiers; ambiguous matches stay undecided."""

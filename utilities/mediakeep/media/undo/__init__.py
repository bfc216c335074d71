"""The undo store: records of changes to users' files, and how to reverse the changes."""

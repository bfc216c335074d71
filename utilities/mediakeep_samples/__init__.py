"""Sample libraries with planted defects, for practice and tests."""

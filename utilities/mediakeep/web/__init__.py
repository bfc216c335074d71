"""The web: pages, the REST API, events and metrics; each action is the function of a command."""

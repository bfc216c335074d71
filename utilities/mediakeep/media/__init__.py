"""One module per outside format or tool."""

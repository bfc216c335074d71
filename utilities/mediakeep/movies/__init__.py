"""Movies: which one a file is, what is known of it, and what a media centre reads beside it."""

"""Weekly and daily reports: their data, sentences, charts and files."""

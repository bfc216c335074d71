"""The daily and weekly progress reports: their data, sentences, charts and files."""

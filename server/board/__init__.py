"""Face of the dispatch managers and administrators."""

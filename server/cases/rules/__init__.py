"""What a list must look like: problems, vocabulary, one field at a time, one row at a time. No database."""

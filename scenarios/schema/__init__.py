"""The schema of scenario files: strict models, one for each part of a port."""

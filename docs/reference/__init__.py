"""What the pages are made and tested with: generated references, and pages run as written."""

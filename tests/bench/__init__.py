"""`make bench`: how fast it is, side by side with the ways that it is measured against."""

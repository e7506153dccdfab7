"""Protocols on their way from a draft to a version that sessions follow."""

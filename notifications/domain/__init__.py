"""The rules of sending as plain Python: no Django, no database, no clock."""

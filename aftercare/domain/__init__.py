"""The rules of aftercare as plain Python: no Django, no database, no clock."""

"""The rules of scheduling as plain Python: no Django, no database, no clock."""

"""What would be told, before anybody is told. They ask the very functions that plan it, and write nothing."""

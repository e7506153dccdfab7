"""The local demo: a believable clinic, and a page that looks like its patients' phones. Nothing here runs outside settings.DEMO."""

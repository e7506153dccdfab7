"""The demo chain's archive: patients by the hundred thousand, made up from a seed and written by COPY, not lived through the services."""

"""What time it is in this process: freezegun. The database's own clock goes on."""

from freezegun import api, freeze_time

# At each start it lists what every module holds, to see whether that is still what it once looked through for clocks: 2,000 lists. What has
# been imported stays as it is.
api._get_module_attributes_hash = lambda module: str(id(module))  # type: ignore[attr-defined]

__all__ = ["freeze_time"]

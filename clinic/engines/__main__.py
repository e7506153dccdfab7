"""`python -m clinic.engines` stops the local engines and removes their data: they may lie outside the checkout."""

import os
import sys
from pathlib import Path

from clinic.engines import EngineError, remove_local_engines

if __name__ == "__main__":
    try:
        remove_local_engines(Path(os.environ.get("LOCAL_DIR") or ".local"))
    except EngineError as error:
        sys.exit(str(error))

"""Make the golden briefs anew: see README.md beside this file."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

if __name__ == "__main__":
    tests = Path(__file__).resolve().parents[1]
    sys.path[:0] = [str(tests.parent / "plugin"), str(tests)]
    import_module("support.golden_briefs").main()

"""`python -m benchmarks NAME [--json] [options]`: run one benchmark; the last line it prints is one JSON object."""

import importlib
import sys
from pathlib import Path


def names() -> list[str]:
    """The benchmarks there are: the modules beside this one that do not start with an underscore."""
    return sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_"))


def main(argv: list[str]) -> int:
    if not argv or argv[0] not in names():
        asked = f"There is no benchmark {argv[0]!r}. " if argv and not argv[0].startswith("-") else ""
        print(f"{asked}Usage: python -m benchmarks NAME [--json] [options], with NAME one of: {', '.join(names())}.")
        return 0 if argv and argv[0] in {"-h", "--help"} else 2
    module = importlib.import_module(f"benchmarks.{argv[0]}")
    result: int = module.main(argv[1:])
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

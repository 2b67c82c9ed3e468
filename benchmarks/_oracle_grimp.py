"""grimp's import graph of one package, in a process of its own: `FOLDER PACKAGE` in, one JSON object out.

A process of its own, because grimp finds a package by Python's import path, where this one's may stand already.
"""

import json
import sys
import time

import grimp


def main(folder: str, package: str) -> int:
    """Print the edges between modules of a package below a folder, and the seconds that grimp took."""
    sys.path.insert(0, folder)  # after every import: what lies there is found by grimp and never run
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        graph = grimp.build_graph(package, cache_dir=None, include_external_packages=True)
        seconds.append(time.perf_counter() - started)
    ours = {name for name in graph.modules if name.partition(".")[0] == package}
    edges = [
        (name, other)
        for name in sorted(ours)
        for other in sorted(graph.find_modules_directly_imported_by(name))
        if other in ours
    ]
    print(json.dumps({"edges": edges, "modules": sorted(ours), "seconds": min(seconds)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))

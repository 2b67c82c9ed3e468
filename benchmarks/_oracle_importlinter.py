"""What import-linter says about a folder and contracts: `FOLDER ROOT,ROOT` in, one JSON object out.

A process of its own. Packages are found by their folders alone: nothing of them is imported, also where they are
import-linter's own. Each contract is judged as declared, without its exceptions, and turned round (layers upside down,
what is forbidden and who by swapped), so that there is something to find where everything is kept.
"""

import copy
import importlib.machinery
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from importlib.metadata import version

Options = dict[str, object]


def main(folder: str, roots: list[str]) -> int:
    """Print the edges between modules of the root packages, and for each way of judging what breaks each contract."""
    import grimp
    from importlinter import api
    from importlinter.application import use_cases
    from importlinter.application.user_options import UserOptions

    api.configuration.configure()
    places = [os.path.join(folder, root) if root else folder for root in roots]
    known = importlib.util.find_spec

    def find_spec(name: str, package: str | None = None) -> importlib.machinery.ModuleSpec | None:
        return importlib.machinery.PathFinder.find_spec(name, places) or known(name, package)

    importlib.util.find_spec = find_spec
    os.chdir(folder)
    options = use_cases.read_user_options()
    packages = options.session_options["root_packages"]
    packages = [packages] if isinstance(packages, str) else packages
    options.session_options["root_packages"] = packages
    use_cases._register_contract_types(options)
    graph = grimp.build_graph(*packages, cache_dir=None)
    ways = {}
    for way, contracts in _ways(options.contracts_options, packages).items():
        report = use_cases.create_report(UserOptions(options.session_options, contracts), cache_dir=None)
        judged = {}
        for contract, check in report.get_contracts_and_checks():
            direct = sorted(set(_direct(check.metadata)))
            judged[contract.name] = {"direct": direct, "kept": check.kept}
        problems = {name: str(error) for name, error in report.invalid_contract_options.items()}
        ways[way] = {"ini": _ini(options.session_options, contracts), "judged": judged, "problems": problems}
    edges = [(one, other) for one in graph.modules for other in graph.find_modules_directly_imported_by(one)]
    told = {"edges": edges, "modules": sorted(graph.modules), "packages": packages, "ways": ways}
    print(json.dumps(told | {"version": f"grimp {version('grimp')}, import-linter {version('import-linter')}"}))
    return 0


def _ways(contracts: list[Options], packages: list[str]) -> dict[str, list[Options]]:
    declared, bare, turned = [], [], []
    for number, contract in enumerate(contracts):
        plain = copy.deepcopy(contract) | {"unmatched_ignore_imports_alerting": "none"}
        plain["name"] = f"{number} {contract['name']}"
        if "exhaustive" in plain:
            plain["exhaustive"] = "False"  # about what is not listed, not about imports
        declared.append(plain)
        bare.append({key: value for key, value in plain.items() if key != "ignore_imports"})
        turned += _turned(bare[-1], packages)
    return {"as declared": declared, "without exceptions": bare, "turned round": turned}


def _turned(contract: Options, packages: list[str]) -> Iterator[Options]:
    if contract["type"] == "layers":
        yield contract | {"layers": _rows(contract["layers"])[::-1]}
    elif contract["type"] == "forbidden" and all(
        _inside(name, packages) for name in _rows(contract["forbidden_modules"])
    ):
        swapped = {"source_modules": contract["forbidden_modules"], "forbidden_modules": contract["source_modules"]}
        yield contract | swapped


def _rows(value: object) -> list[str]:
    rows = value if isinstance(value, list) else str(value).splitlines()
    return [str(row) for row in rows if str(row).strip()]


def _inside(name: str, packages: list[str]) -> bool:
    return any(name.strip() == package or name.strip().startswith(f"{package}.") for package in packages)


def _direct(metadata: dict[str, list[dict[str, object]]]) -> Iterator[tuple[str, str]]:
    """Yield importer and imported of every breach that is one import long."""
    for found in metadata.get("invalid_dependencies", []) + metadata.get("invalid_chains", []):
        for chain in found.get("routes", found.get("chains", [])):
            links = chain["chain"] if isinstance(chain, dict) else chain
            if len(links) == 1:
                firsts = chain["extra_firsts"] if isinstance(chain, dict) else []
                lasts = chain["extra_lasts"] if isinstance(chain, dict) else []
                for link in (*links, *firsts, *lasts):
                    yield link["importer"], link["imported"]
    for illegal in metadata.get("illegal_imports", []):
        for link in illegal.illegal_links:
            yield link["importer"], link["imported"]


def _ini(session: Options, contracts: list[Options]) -> str:
    """Return the options as a `.importlinter` that says the same."""
    rows = ["[importlinter]", *_settings(session)]
    for number, contract in enumerate(contracts):
        rows += ["", f"[importlinter:contract:{number}]", *_settings(contract)]
    return "\n".join(rows) + "\n"


def _settings(options: Options) -> Iterator[str]:
    for key, value in options.items():
        if isinstance(value, list):
            yield f"{key} ="
            yield from (f"    {row}" for row in value if str(row).strip())
        else:
            yield f"{key} = {value}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2].split(",")))

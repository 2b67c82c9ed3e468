import json
from pathlib import Path

import pytest
from benchmarks.contracts import main
from tests.architecture.trees import Tree

pytest.importorskip("grimp")
pytest.importorskip("importlinter")

CONTRACTS = """[importlinter]
root_package = app
include_external_packages = True
[importlinter:contract:1]
name = One way
type = layers
containers = app
layers =
    web
    (jobs) | core
    base
ignore_imports =
    app.base.late -> app.web.views
[importlinter:contract:2]
name = Plain core
type = forbidden
source_modules = app.core
forbidden_modules = yaml
[importlinter:contract:3]
name = Round
type = acyclic_siblings
ancestors = app
[importlinter:contract:4]
name = Base is for the core
type = protected
protected_modules = app.base
allowed_importers = app.core
[importlinter:contract:5]
name = By way of the base
type = forbidden
source_modules = app.core
forbidden_modules = app.web
"""
FILES = {
    ".importlinter": CONTRACTS,
    "src/app/__init__.py": "raise SystemExit('nothing of this tree is ever run')\n",
    "src/app/web/__init__.py": "from . import views\n",
    "src/app/web/views.py": "from app.core.model import Model\nimport app.base.tools\nfrom app.plain.x import X\n",
    "src/app/core/__init__.py": "",
    "src/app/core/model.py": "import yaml.nodes\nfrom ..base import tools\n\nclass Model: ...\n",
    "src/app/base/__init__.py": "",
    "src/app/base/tools.py": "def f():\n    from app.base.late import g\n",
    "src/app/base/late.py": "from app.web.views import Model as g\nimport app.base.late\n",
    "src/app/plain/x.py": "from app.base import tools as X\n",
}


def test_edges_and_verdicts_beside_import_linter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Tree(tmp_path / "shop").commit(FILES)
    monkeypatch.setenv("REVIEWLORE_CLONES", str(tmp_path))
    assert main(["shop", "gone", "--show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    said = json.loads(lines[-1])
    shop = said["repositories"]["shop"]
    assert shop["oracle_edges"] == 6
    assert (shop["recall"], shop["precision_of_judged"]) == (1.0, 1.0)
    assert shop["only_ours"] == [["app.plain.x", "app.base.tools"], ["app.web.views", "app.plain.x"]]
    assert shop["differences"] == {"in a folder without __init__.py, which grimp leaves out": 2}
    assert "acyclic_siblings" in shop["verdicts"].pop("notes")[0]
    assert shop["verdicts"] == {
        "judged": 10,
        "not_judged": 2,
        "same_verdict": 8,
        "same_single_breaches": 10,
        "single_breaches": 9,
        "indirect_only": 2,
        "files_read_alike": 1,
    }
    assert list(said["not_measured"]) == ["gone"]


def test_a_clone_without_contracts_is_not_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Tree(tmp_path / "plain").commit({"app/__init__.py": ""})
    monkeypatch.setenv("REVIEWLORE_CLONES", str(tmp_path))
    assert main(["plain"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert said["measured"] == 0
    assert "Could not read any configuration" in said["not_measured"]["plain"]

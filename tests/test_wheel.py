"""What a user installs holds everything the commands read, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_wheel_carries_prompts_recipes_prior_and_sample(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT, check=True, capture_output=True,
    )  # fmt: skip
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder, pattern in (("prompts", "*.md.j2"), ("sample/story", "*.toml")):
        source = {path.name for path in (ROOT / folder).glob(pattern)}
        assert source
        assert source == {name.rpartition("/")[2] for name in names if name.startswith(f"reviewlore/{folder}/")}
    recipes = {path.name for path in (ROOT / "src/reviewlore/recipes").rglob("*.toml")}
    assert recipes
    assert {f"reviewlore/recipes/{name}" for name in recipes} <= names
    workflows = {path.name for path in (ROOT / "src/reviewlore/workflows").glob("*.j2")}
    assert {"review.yml.j2", "reviewlore.toml.j2"} <= workflows
    assert {f"reviewlore/workflows/{name}" for name in workflows} <= names
    assert {"reviewlore/sample/build.py", "reviewlore/py.typed"} <= names
    # Whatever lies between the modules is read by one of them: weights, calibrations, templates, styles.
    data = {path for path in (ROOT / "src/reviewlore").rglob("*") if path.suffix in {".json", ".j2", ".css", ".svg"}}
    assert {"prior.json", "prior_calibration.json", "attention.json", "report.html.j2"} <= {path.name for path in data}
    assert {path.relative_to(ROOT / "src").as_posix() for path in data} <= names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/")) or "__pycache__" in name]

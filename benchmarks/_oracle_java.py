"""What javac says about the types that the files of a repository name: sources in, pairs of files out.

A small program beside this module (`_OracleJava.java`) lets the compiler of the JDK attribute all sources at once. No
dependency is installed: names that lead to one are errors, which do not keep javac from knowing the rest.
"""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path


def java_truth(sources: Mapping[str, bytes]) -> frozenset[tuple[str, str]]:
    """Return (file, file whose type it names) for sources given as path -> content, all of them read as one program.

    Raises OSError where there is no JDK, SubprocessError where it fails or takes too long.
    """
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for path, content in sources.items():
            target = root / "tree" / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        listed = root / "sources.txt"
        listed.write_text("".join(f"{root}/tree/{path}\n" for path in sorted(sources)), encoding="utf-8")
        program = Path(__file__).with_name("_OracleJava.java")
        command = ["java", "-Xss16m", "-Xmx2g", "--add-modules=jdk.compiler", str(program), str(listed)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=1200)
    rows = (line.split("\t") for line in done.stdout.splitlines())
    return frozenset((one.removeprefix(f"{root}/tree/"), other.removeprefix(f"{root}/tree/")) for one, other in rows)


def jdk_version() -> str:
    """Return the version of the JDK, empty where there is none."""
    try:
        done = subprocess.run(["javac", "-version"], capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return ""
    return (done.stdout or done.stderr).strip()

"""The code by which forgetting is measured: source that no pair is about, the same from run to run."""

from pathlib import Path

from tests.repositories import commit, make_repository

from reviewlore.adapters.git import GitRepo
from reviewlore.flows.ordinary_code import sample_code

BODY = "def handle(item):\n    return item.total * 2\n" * 10


def test_only_source_files_that_no_pair_touches_are_read(tmp_path: Path):
    home = make_repository(tmp_path)
    files = {f"src/part_{n}.py": f"# part {n}\n{BODY}" for n in range(40)}
    files |= {"README.md": BODY * 3, "data.json": "[1]" * 200, "src/short.py": "x = 1\n"}
    head = commit(home, {**files, "src/bytes.py": b"\xff\xfe" * 400})
    repo = GitRepo(home)
    texts = sample_code(repo, head, {"src/part_3.py"})

    assert len(texts) == len(set(texts)) == 24
    assert all(text.startswith("# part ") for text in texts)
    assert not [text for text in texts if text.startswith("# part 3\n")]
    assert sample_code(repo, head, {"src/part_3.py"}) == texts
    assert sample_code(repo, head, {f"src/part_{n}.py" for n in range(40)}) == ()


def test_long_files_give_their_beginning_and_a_new_commit_keeps_most_of_the_sample(tmp_path: Path):
    home = make_repository(tmp_path)
    first = commit(home, {f"src/part_{n}.go": f"// part {n}\n{BODY * 20}" for n in range(60)})
    second = commit(home, {"src/part_1.go": f"// changed\n{BODY}"})
    repo = GitRepo(home)
    before, after = sample_code(repo, first, ()), sample_code(repo, second, ())

    assert {len(text) for text in before} == {2000}
    assert len(set(before) & set(after)) >= 22

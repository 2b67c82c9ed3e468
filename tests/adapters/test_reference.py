"""The reference's log-probabilities are computed once, and a file is believed only where it is whole."""

import pytest

pytestmark = pytest.mark.model
for name in ("torch", "safetensors"):
    pytest.importorskip(name)

import torch  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

from reviewlore.adapters.reference import fetch_reference, hash_parameters, reference_key  # noqa: E402
from reviewlore.stages.batching import PairTokens  # noqa: E402

VALUES = torch.tensor([-1.5, -2.0]), torch.tensor([-3.0, -0.25])
KEY = "0" * 64


class Counting:
    """Computes the values, and counts how often."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return VALUES


def fetch(folder, compute, key=KEY, count=2):
    return [each.tolist() for each in fetch_reference(folder, key, count, compute)]


def test_values_are_computed_once_and_the_same_when_they_are_read(tmp_path):
    compute = Counting()
    assert [fetch(tmp_path / "new", compute) for _ in range(3)] == [[each.tolist() for each in VALUES]] * 3
    assert compute.times == 1
    assert [path.name for path in (tmp_path / "new").iterdir()] == [f"reference-{KEY}.safetensors"]


def test_without_a_folder_nothing_is_kept():
    compute = Counting()
    fetch(None, compute)
    fetch(None, compute)
    assert compute.times == 2


def test_a_damaged_file_is_computed_again_and_replaced(tmp_path):
    compute = Counting()
    fetch(tmp_path, compute)
    path = tmp_path / f"reference-{KEY}.safetensors"
    whole = path.read_bytes()
    flipped = whole[:-1] + bytes([whole[-1] ^ 1])
    for damaged in (flipped, whole[:-4], whole[:7], b"", b"\x80\x04N."):  # the last one is a pickle
        path.write_bytes(damaged)
        before = compute.times
        assert fetch(tmp_path, compute)[1] == [-3.0, -0.25]
        assert fetch(tmp_path, compute)[1] == [-3.0, -0.25]
        assert compute.times == before + 1


def test_another_files_values_are_not_believed(tmp_path):
    compute = Counting()
    fetch(tmp_path, compute)
    path = tmp_path / f"reference-{KEY}.safetensors"
    path.rename(tmp_path / f"reference-{'1' * 64}.safetensors")
    fetch(tmp_path, compute, key="1" * 64)
    assert compute.times == 2


@pytest.mark.parametrize("tensors", [{"chosen": VALUES[0]}, {"chosen": VALUES[0], "rejected": VALUES[1][:1]}])
def test_values_of_another_shape_are_not_believed(tmp_path, tensors):
    about = {"key": KEY, "sha256": hash_parameters(tensors.items())}
    save_file(tensors, tmp_path / f"reference-{KEY}.safetensors", metadata=about)
    compute = Counting()
    fetch(tmp_path, compute)
    assert compute.times == 1


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("safetensors.torch.save", full)
    with pytest.raises(OSError, match="No space"):
        fetch(tmp_path, Counting())
    assert list(tmp_path.iterdir()) == []


def test_the_key_is_of_tokens_and_of_everything_else_that_decides():
    pairs = [PairTokens((1, 2), (3,), (4,)), PairTokens((1,), (2, 3), (4,))]
    keys = [
        reference_key(pairs, "base", "revision"),
        reference_key(pairs[::-1], "base", "revision"),
        reference_key([PairTokens((1, 2), (3,), (4,)), PairTokens((1, 2), (3,), (4,))], "base", "revision"),
        reference_key(pairs, "base", "another"),
        reference_key(pairs, "baserevision", ""),
    ]
    assert len(set(keys)) == len(keys)
    weighted = [PairTokens((1, 2), (3,), (4,), 0.5), pairs[1]]
    assert reference_key(weighted, "base", "revision") == keys[0]


def test_a_hash_of_weights_is_of_names_kinds_and_values():
    tensors = {"a": torch.ones(2), "b": torch.zeros(3)}
    same = hash_parameters(reversed(list(tensors.items())))
    assert hash_parameters(tensors.items()) == same
    assert hash_parameters([("a", torch.ones(2)), ("b", torch.zeros(3, dtype=torch.int32))]) != same
    assert hash_parameters([("a", torch.ones(2)), ("c", torch.zeros(3))]) != same

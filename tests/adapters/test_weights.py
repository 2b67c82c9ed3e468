"""An adapter's files are refused unless they are exactly what was promised; nothing is executed while finding out."""

import json
import os
import pickle
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reviewlore.adapters import weights
from reviewlore.adapters.resources import load_recipe
from reviewlore.domain.recipe import NamedBase
from reviewlore.errors import StateError
from reviewlore.stages.recipe import complete_tables, parse_recipe, recipe_from_mapping

RECIPE = parse_recipe(load_recipe("smoke_cpu"), "smoke_cpu")
LORA = "base_model.model.model.layers.0.self_attn.q_proj.lora_{}.weight"
A, B = LORA.format("A"), LORA.format("B")
MAGNITUDE = "base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector"


def pack(tensors, header=None):
    """Return a safetensors file of zeros: name -> (dtype, shape)."""
    entries, position = {}, 0
    for name, (dtype, shape) in tensors.items():
        size = {"F32": 4, "BF16": 2}[dtype]
        for axis in shape:
            size *= axis
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [position, position + size]}
        position += size
    encoded = json.dumps(header(entries) if header else entries).encode()
    return struct.pack("<Q", len(encoded)) + encoded + bytes(position)


def adapter_files(**changes):
    """Return the files of a well-formed adapter with random-free contents, `changes` replacing some by name."""
    base = pack({"model.embed_tokens.weight": ("BF16", (4, 96))})
    revision = weights.made_revision(base)
    config = {
        "peft_type": "LORA",
        "base_model_name_or_path": "made:smoke_cpu",
        "r": RECIPE.lora.rank,
        "lora_alpha": RECIPE.lora.alpha,
        "target_modules": sorted(RECIPE.lora.targets),
        "auto_mapping": None,
    }
    files = {
        weights.ADAPTER_WEIGHTS: pack({LORA.format("A"): ("F32", (8, 96)), LORA.format("B"): ("F32", (96, 8))}),
        weights.ADAPTER_CONFIG: json.dumps(config).encode(),
        weights.SETTINGS: weights.render_settings(RECIPE, "made:smoke_cpu", revision),
        weights.BASE_WEIGHTS: base,
        weights.TOKENIZER: b"{}",
    }
    return {name: content for name, content in {**files, **changes}.items() if content is not None}


def reject(files, message, hashes=None):
    with pytest.raises(StateError, match=message) as caught:
        weights.verify_files(files, weights.hash_files(files) if hashes is None else hashes)
    assert len(str(caught.value).splitlines()) == 1


def edit(name, **changes):
    files = adapter_files()
    return {**files, name: json.dumps({**json.loads(files[name]), **changes}).encode()}


def test_what_was_promised_passes():
    files = adapter_files()
    verified = weights.verify_files(files, weights.hash_files(files))
    assert verified.recipe == RECIPE
    assert verified.base_model == "made:smoke_cpu"
    assert verified.contents == files


def test_an_adapter_of_the_first_recipes_loads_as_what_it_was():
    """Their `run.json` has no word on what could not be decided then."""
    first = {
        "format": 1, "recipe": "smoke_cpu", "base_model": "made:smoke_cpu",
        "base_revision": json.loads(adapter_files()[weights.SETTINGS])["base_revision"],
        "tables": {
            "summary": "Proves that it runs.",
            "base": {"kind": "made", "layers": 2, "width": 96, "heads": 3, "vocabulary": 1024, "warm_up_steps": 60,
                     "warm_up_rate": 0.003},
            "text": {"hunk_characters": 360, "remark_characters": 200, "max_tokens": 320},
            "lora": {"rank": 8, "alpha": 16, "dropout": 0.0, "targets": list(RECIPE.lora.targets)},
            "loss": {"kind": "robust", "beta": 0.1, "label_smoothing": 0.1},
            "run": {"learning_rate": 0.001, "batch_size": 8, "max_steps": 40, "epochs": 2.0, "warmup_share": 0.1,
                    "precision": "float32", "threads": 1, "log_every": 2},
            "minimum": {"pairs": 40, "pull_requests": 10},
        },
    }  # fmt: skip
    files = adapter_files(**{weights.SETTINGS: json.dumps(first).encode()})
    recipe = weights.verify_files(files, weights.hash_files(files)).recipe
    assert (recipe.text, recipe.lora.variant, recipe.loss.method) == (RECIPE.text, "lora", "dpo")
    assert (recipe.warm_start.max_steps, recipe.stopping.every, recipe.guards.canaries) == (0, 0, 0)
    assert recipe.run.micro_batch == 8
    named = {"kind": "named", "id": "octo/model", "revision": "a" * 40}
    tables = complete_tables({**first["tables"], "base": named})
    assert recipe_from_mapping(tables, "named").base == NamedBase("octo/model", "a" * 40)
    files[weights.SETTINGS] = json.dumps({**first, "format": 2}).encode()
    with pytest.raises(StateError, match=r"\[guards\] is missing"):
        weights.verify_files(files, weights.hash_files(files))


@pytest.mark.parametrize("name", sorted(adapter_files()))
def test_one_changed_byte_is_found(name):
    files = adapter_files()
    hashes = weights.hash_files(files)
    tampered = bytearray(files[name])
    tampered[-1] ^= 1
    reject({**files, name: bytes(tampered)}, rf"{name} has SHA-256 .* its manifest says .*tampered", hashes)


@pytest.mark.parametrize("name", sorted(adapter_files()))
def test_a_missing_file_is_found(name):
    hashes = weights.hash_files(adapter_files())
    reject(adapter_files(**{name: None}), f"{name} is missing", hashes)
    reject(adapter_files(**{name: None}), f"has no {name}")


def test_a_file_beside_the_manifest_is_found():
    files = adapter_files()
    hashes = weights.hash_files(files)
    del hashes[weights.TOKENIZER]
    reject(files, "tokenizer.json is not in its manifest", hashes)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "adapter_model.pt", "training_args.pkl"])
def test_a_pickle_is_refused_even_when_the_manifest_promises_it(name):
    reject(adapter_files(**{name: pickle.dumps({})}), "may be a pickle, which can run code")


@pytest.mark.parametrize("name", ["modeling.py", "README.md", "../tokenizer.json", "tokenizer.JSON"])
def test_only_expected_names_pass(name):
    reject(adapter_files(**{name: b"x"}), "which is not loaded. Only these are expected")


class Canary:
    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return (os.mkdir, (self.mark,))


def test_a_canary_pickle_never_runs(tmp_path):
    mark = str(tmp_path / "executed")
    bomb = pickle.dumps(Canary(mark))
    for name in sorted(adapter_files()):
        reject(adapter_files(**{name: bomb}), "safetensors header|not valid JSON")
    pickle.loads(bomb)
    assert Path(mark).is_dir(), "the canary itself works"


def test_a_tokenizer_that_is_none_is_a_clear_error():
    pytest.importorskip("torch")
    from reviewlore.adapters.preferrer import load_preferrer

    files = adapter_files()
    with pytest.raises(StateError, match=r"base model cannot be loaded: .* Train again\."):
        load_preferrer(weights.verify_files(files, weights.hash_files(files)))


def entry(begin, end, dtype="F32", shape=(1,)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}


def raw(header, data=b""):
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(encoded)) + encoded + data


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no valid safetensors header"),
        (b"\x80\x04K\x01.", "no valid safetensors header"),
        (struct.pack("<Q", 1 << 62) + b"{}", "no valid safetensors header"),
        (struct.pack("<Q", 100) + b"{}", "no valid safetensors header"),
        (raw(b" " * (5 << 20) + b"{}"), "no valid safetensors header"),
        (raw(b"{"), "not valid JSON"),
        (raw(b"[" * 100_000), "not valid JSON"),
        (raw(b"[]"), "not a JSON object"),
        (raw({}), "does not hold the tensors"),
        (raw({"a": 3}), "describes the tensor 'a' wrongly"),
        (raw({"a": entry(0, 4, dtype="O")}, bytes(4)), "describes the tensor 'a' wrongly"),
        (raw({"a": entry(0, 4, shape=(2,))}, bytes(4)), "describes the tensor 'a' wrongly"),
        (raw({"a": entry(0, 4, shape=(-1, -1))}, bytes(4)), "describes the tensor 'a' wrongly"),
        (raw({"a": entry(0, 4, shape=(True,))}, bytes(4)), "describes the tensor 'a' wrongly"),
        (raw({"a": entry(0, 1 << 60, shape=(1 << 58,))}, bytes(4)), "describes the tensor 'a' wrongly"),
        (raw({"a": {**entry(0, 4), "run": "x"}}, bytes(4)), "describes the tensor 'a' wrongly"),
        (raw({"a": entry(0, 4), "b": entry(0, 4)}, bytes(4)), "overlap or leave gaps"),
        (raw({"a": entry(0, 4), "b": entry(2, 6)}, bytes(6)), "overlap or leave gaps"),
        (raw({"a": entry(4, 8)}, bytes(8)), "overlap or leave gaps"),
        (raw({"a": entry(0, 4)}, bytes(3)), "does not hold the tensors"),
        (raw({"a": entry(0, 4)}, bytes(5)), "does not hold the tensors"),
    ],
)
def test_a_safetensors_file_that_lies_is_refused(data, message):
    with pytest.raises(StateError, match=message):
        weights.parse_header(data, "adapter_model.safetensors")


@given(data=st.binary(max_size=200))
def test_no_bytes_crash_the_header_parser(data):
    with pytest.raises(StateError):
        weights.parse_header(data, "x")


@given(cut=st.integers(min_value=0, max_value=400))
def test_a_truncated_file_is_refused(cut):
    whole = pack({"a": ("F32", (3, 4)), "b": ("BF16", (5,))}, header=lambda entries: {"__metadata__": {}, **entries})
    if cut >= len(whole):
        assert weights.parse_header(whole, "x") == {
            "a": weights.Tensor("F32", (3, 4)),
            "b": weights.Tensor("BF16", (5,)),
        }
    else:
        with pytest.raises(StateError):
            weights.parse_header(whole[:cut], "x")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"auto_map": {"AutoModel": "evil.Model"}}, "sets auto_map, which is never loaded"),
        ({"auto_mapping": {"base_model_class": "Evil"}}, "sets auto_mapping, which is never loaded"),
        ({"modules_to_save": ["lm_head"]}, "sets modules_to_save"),
        ({"base_model_name_or_path": "somebody/else"}, "base_model_name_or_path = 'somebody/else'"),
        ({"r": 64}, "has r = 64, not 8"),
        ({"peft_type": "IA3"}, "has peft_type = 'IA3'"),
        ({"target_modules": "all-linear"}, "has target_modules = 'all-linear'"),
    ],
)
def test_an_adapter_configuration_that_is_not_the_recipe_is_refused(changes, message):
    reject(edit(weights.ADAPTER_CONFIG, **changes), message)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({"base_model.model.lm_head.weight": ("F32", (8, 8))}, "which is no LoRA weight"),
        ({A: ("F32", (9, 96)), B: ("F32", (96, 8))}, "is not of rank 8"),
        ({A: ("F32", (8,)), B: ("F32", (96, 8))}, "is not of rank 8"),
        ({A: ("F32", (8, 96)), B: ("F32", (8, 96))}, "is not of rank 8"),
        ({A: ("F32", (8, 96))}, "has not the weights of lora"),
        ({A: ("F32", (8, 96)), B: ("F32", (96, 8)), MAGNITUDE: ("F32", (96,))}, "has not the weights of lora"),
        ({A: ("F32", (8, 96)), B: ("F32", (96, 8)), f"{A}x": ("F32", (8, 96))}, "which is no LoRA weight"),
    ],
)
def test_weights_that_are_no_lora_of_the_recipe_are_refused(tensors, message):
    reject(adapter_files(**{weights.ADAPTER_WEIGHTS: pack(tensors)}), message)


def of_variant(variant, tensors, **config):
    """Return the files of an adapter of a variant of LoRA."""
    recipe = replace(RECIPE, lora=replace(RECIPE.lora, variant=variant))
    files = edit(weights.ADAPTER_CONFIG, **config)
    revision = weights.made_revision(files[weights.BASE_WEIGHTS])
    settings = weights.render_settings(recipe, "made:smoke_cpu", revision)
    return {**files, weights.SETTINGS: settings, weights.ADAPTER_WEIGHTS: pack(tensors)}


PLAIN = {A: ("F32", (8, 96)), B: ("F32", (96, 8))}
DORA = {**PLAIN, MAGNITUDE: ("F32", (96,))}


def test_each_variant_has_its_own_weights_and_configuration():
    for variant, tensors, config in (
        ("rslora", PLAIN, {"use_rslora": True, "use_dora": False}),
        ("dora", DORA, {"use_dora": True}),
        ("lora", PLAIN, {"use_dora": False, "use_rslora": False}),
    ):
        files = of_variant(variant, tensors, **config)
        assert weights.verify_files(files, weights.hash_files(files)).recipe.lora.variant == variant


@pytest.mark.parametrize(
    ("variant", "tensors", "config", "message"),
    [
        ("rslora", PLAIN, {}, "use_rslora = None, not True"),
        ("lora", PLAIN, {"use_rslora": True}, "use_rslora = True, not False"),
        ("lora", PLAIN, {"use_dora": True}, "use_dora = True, not False"),
        ("dora", DORA, {"use_dora": 1}, "use_dora = 1, not True"),
        ("dora", DORA, {"use_dora": True, "use_rslora": True}, "use_rslora = True, not False"),
        ("dora", PLAIN, {"use_dora": True}, "has not the weights of dora"),
        ("dora", {**PLAIN, MAGNITUDE: ("F32", (95,))}, {"use_dora": True}, "has a magnitude of another size"),
        ("dora", {**PLAIN, MAGNITUDE: ("F32", (96, 1))}, {"use_dora": True}, "has a magnitude of another size"),
        ("lora", PLAIN, {"rank_pattern": {"q_proj": 64}}, "sets rank_pattern"),
        ("lora", PLAIN, {"alpha_pattern": {"q_proj": 64}}, "sets alpha_pattern"),
        ("lora", PLAIN, {"alora_invocation_tokens": [1]}, "sets alora_invocation_tokens"),
        ("lora", PLAIN, {"target_parameters": ["x"]}, "sets target_parameters"),
    ],
)
def test_a_variant_that_is_not_the_recipes_is_refused(variant, tensors, config, message):
    reject(of_variant(variant, tensors, **config), message)


def test_settings_of_a_newer_version_or_without_a_part_are_refused():
    reject(edit(weights.SETTINGS, format=3), "has format 3, not 2. Update reviewlore")
    reject(edit(weights.SETTINGS, base_model=None), "lacks recipe, tables, base_model or base_revision")


def test_settings_with_an_impossible_recipe_are_refused():
    files = edit(weights.SETTINGS, tables={"summary": "x"})
    with pytest.raises(StateError, match=r"run\.json: Recipe smoke_cpu cannot be used"):
        weights.verify_files(files, weights.hash_files(files))


def test_another_base_than_the_one_trained_on_is_refused():
    other = pack({"model.embed_tokens.weight": ("BF16", (5, 96))})
    reject(adapter_files(**{weights.BASE_WEIGHTS: other}), "is not the base run.json names")


def write(folder, files):
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def test_a_folder_is_read_as_it_was_written(tmp_path):
    files = adapter_files()
    assert weights.read_folder(write(tmp_path / "a", files)) == files


def test_a_folder_with_a_pickle_a_link_or_a_pipe_is_refused(tmp_path):
    files = adapter_files()
    with_pickle = write(tmp_path / "a", {**files, "adapter_model.bin": b"x"})
    with pytest.raises(StateError, match=r"holds 'adapter_model.bin'.*may be a pickle"):
        weights.read_folder(with_pickle)
    linked = write(tmp_path / "b", adapter_files(**{weights.TOKENIZER: None}))
    (linked / weights.TOKENIZER).symlink_to("/etc/hostname")
    with pytest.raises(StateError, match=r"tokenizer\.json of the adapter cannot be read"):
        weights.read_folder(linked)
    piped = write(tmp_path / "c", adapter_files(**{weights.TOKENIZER: None}))
    os.mkfifo(piped / weights.TOKENIZER)
    with pytest.raises(StateError, match="is no regular file"):
        weights.read_folder(piped)
    with pytest.raises(StateError, match="There is no adapter folder"):
        weights.read_folder(tmp_path / "nowhere")


def test_a_file_beyond_its_size_is_refused(tmp_path):
    folder = write(tmp_path / "a", adapter_files(**{weights.SETTINGS: b" " * ((1 << 20) + 1)}))
    contents = weights.read_folder(folder)
    reject(contents, r"run\.json is larger than 1 MiB")

"""Asks the model hub for a base model's current commit id. Owns huggingface_hub, which comes with transformers."""

from reviewlore.errors import InputError, MissingExtra

_TIMEOUT = 20.0


def resolve_revision(model: str, revision: str = "main") -> str:
    """Return the full commit id a branch of a model points at (`HF_ENDPOINT` names another hub).

    MissingExtra without the model extra; InputError where the hub has no such model or cannot be reached.
    """
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise MissingExtra(
            "Resolving a base model needs the model extra: pip install '/path/to/reviewlore[model]'."
        ) from error
    try:
        found = HfApi().model_info(model, revision=revision, timeout=_TIMEOUT).sha
    except Exception as error:  # the client lets the errors of a changing HTTP library through
        why = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(
            f"The hub did not tell the revision of {model}: {why}. Check the name and the network, or write the "
            "commit id shown on the model's page into .reviewlore.toml yourself."
        ) from error
    if not found:
        raise InputError(f"The hub knows {model} but names no revision. Write a commit id into .reviewlore.toml.")
    return found

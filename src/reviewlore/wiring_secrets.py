"""What the environment keeps secret or names: keys, tokens, base models. Only wiring reads it."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reviewlore.config import FILE
from reviewlore.errors import ConfigError, RefusedError, StorageError

KEY_VARIABLE = "REVIEWLORE_PSEUDONYM_KEY"
MODEL_KEY_VARIABLE = "REVIEWLORE_MODEL_KEY"
MODEL_ADDRESS_VARIABLE = "REVIEWLORE_MODEL_ADDRESS"
BASES_VARIABLE = "REVIEWLORE_BASE_MODELS"
ADAPTERS_VARIABLE = "REVIEWLORE_ADAPTERS"
RUNS_VARIABLE = "REVIEWLORE_RUNS"
APP_VARIABLE = "REVIEWLORE_APP_ID"
PRIVATE_KEY_VARIABLE = "REVIEWLORE_APP_PRIVATE_KEY"
WEBHOOK_VARIABLE = "REVIEWLORE_WEBHOOK_SECRET"
APP_FILES = {APP_VARIABLE: "app-id", PRIVATE_KEY_VARIABLE: "private-key.pem", WEBHOOK_VARIABLE: "webhook-secret"}
TOKEN_VARIABLES = ("GITHUB_TOKEN", "GH_TOKEN")
# What a program needs to run, libraries to be found, accelerators to be chosen, and models to be looked up in a cache.
_HARMLESS = (
    *("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "SYSTEMROOT", "LD_LIBRARY_PATH"),
    *("CUDA_VISIBLE_DEVICES", "CUDA_HOME", "CUDA_PATH", "NVIDIA_VISIBLE_DEVICES", "NVIDIA_DRIVER_CAPABILITIES"),
    *("HIP_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "OMP_NUM_THREADS", "MKL_NUM_THREADS"),
    *("HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME"),
)
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
}
_SECRET = re.compile(r"TOKEN|SECRET|PASSWORD|_KEY$|^KEY$|CREDENTIAL")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_KEY_FILE = "reviewlore-pseudonym.key"
_KEY_LENGTH = 64
_LEAST_KEY = 32  # bytes; a shorter one could be guessed, and pseudonyms be turned into people with it


@dataclass(frozen=True, slots=True)
class AppSecrets:
    """The App's id (or client id), its private key as PEM, and the secrets by which deliveries may be signed."""

    app_id: str
    private_key: str = field(repr=False)
    webhook_secrets: tuple[bytes, ...] = field(repr=False)


def take_app_secrets(folder: Path) -> AppSecrets:
    """Return what the App proves itself by, and keep it from other programs: of the environment it is taken out.

    Each from its variable, from the file that the variable with `_FILE` names, or from its file in `folder`. Of webhook
    secrets there may be two, one a line, while one is changed. ConfigError says all that is missing.
    """
    from reviewlore.adapters.confine import hide_process

    hide_process()
    given = {name: _take(name, folder / file) for name, file in APP_FILES.items()}
    missing = [name for name, text in given.items() if not text]
    if missing:
        raise ConfigError(
            f"The App's {' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} not set. Set the variable, or "
            f"name a file in it with _FILE behind its name, or register the App: reviewlore register."
        )
    key = given[PRIVATE_KEY_VARIABLE].replace("\\n", "\n")  # as people write it where a value has to be one line
    hooks = tuple(line.strip().encode() for line in given[WEBHOOK_VARIABLE].splitlines() if line.strip())
    return AppSecrets(given[APP_VARIABLE], key, hooks)


def _take(name: str, file: Path) -> str:
    value, named = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if value:
        _erase(name, value)
        return value.strip()
    path = Path(named) if named else file
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        if not named:
            return ""
        raise ConfigError(f"{name}_FILE names {path}, which does not exist.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{name} cannot be read from {path}: {error}.") from error


def _erase(name: str, value: str) -> None:
    """Take a variable out of the environment, also where the system shows other programs what we were started with."""
    import ctypes

    library = ctypes.CDLL(None)
    library.getenv.restype = ctypes.c_void_p
    place = library.getenv(name.encode())
    if place:
        ctypes.memset(place, 0, len(os.fsencode(value)))
    del os.environ[name]


def job_environment(pseudonym_key: bytes) -> dict[str, str]:
    """Return all that a job of the App may know of this environment; its token and paths come with each job.

    ConfigError where a model's key is set without saying whom it is for.
    """
    if os.environ.get(MODEL_KEY_VARIABLE) and not os.environ.get(MODEL_ADDRESS_VARIABLE):
        raise ConfigError(
            f"{MODEL_KEY_VARIABLE} is set without {MODEL_ADDRESS_VARIABLE}: the App serves repositories whose settings "
            "name a model's server each. Say which one the key is for."
        )
    passed = set(_HARMLESS) - {"HOME", "TMPDIR"} | {MODEL_KEY_VARIABLE, MODEL_ADDRESS_VARIABLE}
    passed |= {BASES_VARIABLE, ADAPTERS_VARIABLE}
    kept = {name: os.environ[name] for name in sorted(passed) if name in os.environ}
    return kept | {KEY_VARIABLE: os.fsdecode(pseudonym_key)}


def make_or_read_key(folder: Path) -> bytes:
    """Return the secret that pseudonyms are keyed by: from the environment, else one made once in a git directory.

    It is never on the state branch: whoever has only the branch cannot turn a pseudonym into a person.
    """
    given = os.fsencode(os.environ.get(KEY_VARIABLE, ""))  # bytes that are no text are a key too
    if given:
        if len(given) < _LEAST_KEY:
            raise ConfigError(
                f"{KEY_VARIABLE} has {len(given)} bytes; pseudonyms need a key of {_LEAST_KEY} or more. "
                "Make one with `openssl rand -hex 32`."
            )
        return given
    path = folder / _KEY_FILE
    try:
        _make_key(path)
        key = path.read_bytes()
    except OSError as error:
        raise StorageError(
            f"The key for pseudonyms cannot be kept at {path}: {error.strerror}. "
            f"Make it writable, or set {KEY_VARIABLE}."
        ) from error
    if len(key) < _KEY_LENGTH:  # with less of it, pseudonyms could be turned into people
        raise StorageError(
            f"The key for pseudonyms at {path} is cut off ({len(key)} of {_KEY_LENGTH} characters). Run again if "
            "another run is making it; else put it back, or remove it: then people get new pseudonyms."
        )
    return key


def read_kept_key(folder: Path) -> bytes:
    """Return the secret that mining used for pseudonyms; ConfigError where it is not here.

    A new one would name nobody, and to forget a person by it would do nothing.
    """
    if not os.environ.get(KEY_VARIABLE) and not (folder / _KEY_FILE).exists():
        raise ConfigError(
            "People stand on the state branch under keyed names, and the key to these is not here. A maintainer "
            f"has to set {KEY_VARIABLE} (in a workflow: pseudonym-key) as for mining. Nothing was done."
        )
    return make_or_read_key(folder)


def _make_key(path: Path) -> None:
    """Write a new secret, for the owner only, unless there is a file already; OSError leaves none behind."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    try:
        with os.fdopen(descriptor, "w") as stream:
            stream.write(secrets.token_hex(_KEY_LENGTH // 2))
    except BaseException:
        path.unlink()
        raise


def find_secrets(environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the values of all variables that are named like secrets: no text that leaves may carry one.

    `environ` None is the environment of this process.
    """
    given = os.environ if environ is None else environ
    return tuple(sorted({value for name, value in given.items() if value and _SECRET.search(name.upper())}))


def read_token(repository: str) -> str:
    """Return the token to read a repository with; ConfigError where there is none, or the name is no OWNER/NAME."""
    token = find_token()
    if not token:
        raise ConfigError(f"Reading GitHub needs a token: set {' or '.join(TOKEN_VARIABLES)} (read access is enough).")
    if not _REPOSITORY.fullmatch(repository):
        raise ConfigError(f"{repository!r} is no repository; write OWNER/NAME.")
    return token


def find_token() -> str:
    """Return the token to read GitHub with, empty where none is set: what is public, or a folder, needs none."""
    return next(filter(None, map(os.environ.get, TOKEN_VARIABLES)), "")


def forge_address() -> str:
    """Return the address of the forge that the environment names: the only one that gets its token."""
    return os.environ.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")


def read_model_key(address: str = "") -> str:
    """Return the key of the model's server, empty where none is set; ConfigError (without it) where it is none.

    Where the machine says whom the key is for, RefusedError for any other `address`: whoever may merge to a repository
    names one in its settings, and an operator's key is not theirs.
    """
    key = os.environ.get(MODEL_KEY_VARIABLE, "").strip()
    if not re.fullmatch(r"[\x21-\x7e]*", key):
        raise ConfigError(f"{MODEL_KEY_VARIABLE} has characters that no key of a server has. Set it again.")
    meant = os.environ.get(MODEL_ADDRESS_VARIABLE, "").rstrip("/")
    if key and address and meant and address.rstrip("/") != meant:
        raise RefusedError(
            f"[model] address in {FILE} is not the one that this machine's key is for ({MODEL_ADDRESS_VARIABLE}), "
            "so the key is not sent and the model not asked."
        )
    return key


def model_environment() -> dict[str, str]:
    """Return all that a local model's process may know of this environment: nothing that could be a secret."""
    kept = {name: os.environ[name] for name in _HARMLESS if name in os.environ}
    return kept | _OFFLINE


def name_actor() -> str:
    """Return who acts, for the audit log: never a person's name."""
    if os.environ.get("REVIEWLORE_DELIVERY"):
        return "app"
    if os.environ.get("GITHUB_ACTIONS"):
        return f"actions:{os.environ.get('GITHUB_WORKFLOW', 'workflow')}"
    return "command line"


def find_bases() -> dict[str, Path]:
    """Return where base models lie on this machine: `OWNER/NAME=FOLDER`, joined by the path separator."""
    found = {}
    for entry in filter(None, os.environ.get(BASES_VARIABLE, "").split(os.pathsep)):
        name, equals, folder = entry.partition("=")
        if not equals:
            raise ConfigError(f"{BASES_VARIABLE} has {entry!r}; write OWNER/NAME=FOLDER.")
        found[name] = Path(folder)
    return found


def find_adapters() -> tuple[Path, Path] | None:
    """Return the folder that adapters in force are written to, and the same folder as the model's server sees it.

    `FOLDER`, or `FOLDER=FOLDER_AT_THE_SERVER`; None where the machine names none.
    """
    here, _, there = os.environ.get(ADAPTERS_VARIABLE, "").partition("=")
    return (Path(here).absolute(), Path(there or Path(here).absolute())) if here else None


def find_runs(folder: Path) -> Path:
    """Return where interrupted trainings are kept to be taken up: as the environment says, else in a git directory."""
    named = os.environ.get(RUNS_VARIABLE, "")
    return Path(named) if named else folder / "reviewlore-runs"


def find_embedding(named: str) -> tuple[Path | None, tuple[str, ...]]:
    """Return the folder of the model for retrieval that settings name, or why there is none.

    A name stands for a folder only where this machine says so: settings name no path of it.
    """
    folder = find_bases().get(named) if named else None
    if folder is not None or not named:
        return folder, ()
    note = f"The embedding model {named[:200]} is not on this machine; precedents are found by words alone."
    return None, (f"{note} Name its folder in {BASES_VARIABLE}.",)

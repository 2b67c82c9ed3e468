"""Python's two kinds of names: what an import calls a module, and what a manifest calls the distribution it comes from.

Nothing in a tree joins them but habit: most distributions are called like the module they install. The rest is a table
of those that many projects depend on; what is in neither is not guessed at.
"""

import sys
from collections.abc import Iterable, Set

# Modules that the standard library had or has in other versions than the one that runs here.
_OTHER_VERSIONS = frozenset(
    "asynchat asyncore binhex distutils formatter imp macpath parser smtpd symbol tomllib annotationlib compression "
    "_typeshed __builtin__ ConfigParser Queue StringIO cPickle cStringIO httplib urllib2 urlparse "
    "nt posix pwd grp fcntl termios resource msvcrt winreg _winreg winsound".split()
)
# Import name (its first part, or more where that is shared) -> distributions that install it, the usual one first.
_TABLE = {
    name: tuple(distributions.split())
    for name, distributions in {
        "attr": "attrs",
        "apt": "python-apt",
        "bs4": "beautifulsoup4",
        "Crypto": "pycryptodome pycrypto",
        "Cryptodome": "pycryptodomex",
        "cv2": "opencv-python opencv-python-headless opencv-contrib-python opencv-contrib-python-headless",
        "dateutil": "python-dateutil",
        "discord": "discord-py py-cord",
        "docx": "python-docx",
        "dotenv": "python-dotenv",
        "faiss": "faiss-cpu faiss-gpu",
        "fitz": "pymupdf",
        "flask_cors": "flask-cors",
        "git": "gitpython",
        "github": "pygithub",
        "google.protobuf": "protobuf",
        "grpc": "grpcio",
        "gi": "pygobject",
        "IPython": "ipython",
        "jose": "python-jose",
        "jwt": "pyjwt",
        "kafka": "kafka-python kafka-python-ng",
        "ldap": "python-ldap",
        "magic": "python-magic",
        "markdown_it": "markdown-it-py",
        "memcache": "python-memcached",
        "multipart": "python-multipart multipart",
        "MySQLdb": "mysqlclient",
        "nacl": "pynacl",
        "OpenSSL": "pyopenssl",
        "osgeo": "gdal",
        "PIL": "pillow pillow-simd",
        "pkg_resources": "setuptools",
        "pptx": "python-pptx",
        "psycopg2": "psycopg2-binary psycopg2",
        "pymysql": "pymysql",
        "pythoncom": "pywin32",
        "pywintypes": "pywin32",
        "rest_framework": "djangorestframework",
        "ruamel.yaml": "ruamel-yaml",
        "serial": "pyserial",
        "setuptools": "setuptools",
        "skimage": "scikit-image",
        "sklearn": "scikit-learn",
        "slugify": "python-slugify",
        "snowflake.connector": "snowflake-connector-python",
        "socks": "pysocks",
        "telegram": "python-telegram-bot",
        "usb": "pyusb",
        "win32api": "pywin32",
        "win32con": "pywin32",
        "xdist": "pytest-xdist",
        "yaml": "pyyaml",
        "zmq": "pyzmq",
        "zstd": "zstd",
    }.items()
}
# Called the same on both sides, and depended on so widely that another source of the name is out of the question.
_SAME = frozenset(
    "aiofiles aiohttp alembic anyio asyncpg babel bleach boto3 botocore cachetools celery certifi cffi chardet "
    "click colorama coverage croniter cryptography cython dask django docker docutils duckdb elasticsearch faker "
    "fastapi filelock flask freezegun fsspec gevent greenlet gunicorn h5py httpx hypothesis idna jinja2 joblib "
    "jsonschema keras lxml mako markdown marshmallow matplotlib mock mypy networkx nltk numba numpy openai openpyxl "
    "orjson packaging pandas paramiko peewee pendulum platformdirs pluggy polars prettytable prometheus_client "
    "psutil psycopg pyarrow pydantic pygments pymongo pyparsing pytest pytz redis regex requests rich ruff scipy "
    "seaborn sentry_sdk simplejson six sqlalchemy starlette structlog sympy tabulate tenacity tensorflow termcolor "
    "toml tomli torch torchvision tornado tqdm transformers twisted typer typing_extensions ujson urllib3 uvicorn "
    "virtualenv watchdog websockets werkzeug wrapt xmltodict zstandard".split()
)


def is_standard(target: str) -> bool:
    """Whether an imported name belongs to the standard library of some version of Python, or is none."""
    top = target.partition(".")[0]
    return not top or top in sys.stdlib_module_names or top in _OTHER_VERSIONS


def candidates(target: str) -> tuple[tuple[str, ...], bool]:
    """Return the distributions that an imported dotted name may come from, likeliest first, and whether that is sure.

    Names are normalised after PEP 503. What is not sure is the import's own name: `foo.bar` may come from `foo`, from
    `foo-bar`, or from something else altogether.
    """
    parts = target.split(".")
    for length in (2, 1):
        known = _TABLE.get(".".join(parts[:length]))
        if known and len(parts) >= length:
            return known, True
    plain = [_normal("-".join(parts[:length])) for length in range(1, min(len(parts), 4) + 1)]
    return tuple(dict.fromkeys(plain)), parts[0].lower() in _SAME


def is_unexplained(distribution: str, tops: Set[str]) -> bool:
    """Whether a distribution installs none of the modules in `tops` as far as its name tells.

    `tops` are normalised first parts of imported names. Such a one may be the source of any other name.
    """
    plain = distribution.removeprefix("python-").removesuffix("-python")
    return tops.isdisjoint((distribution, plain, plain.removeprefix("py")))


def kin(distribution: str, module: str) -> bool:
    """Whether one normalised name is part of the other: `foo-python` may install `foo`, `pyfoo` too."""
    one, other = distribution.replace("-", ""), module.replace("-", "")
    return one in other or other in one


def tops_of(targets: Iterable[str]) -> frozenset[str]:
    """Return what distributions the imported names may come from by their first parts, normalised."""
    return frozenset(name for target in targets for name in candidates(target.partition(".")[0])[0])


def _normal(name: str) -> str:
    return name.lower().replace("_", "-").strip("-")

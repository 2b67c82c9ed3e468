"""Third-party packages that serve one purpose, so that a repository seldom wants two of them. Names only.

A short list of long-lived alternatives, by ecosystem; what is not listed is never called a duplicate.
"""

from collections.abc import Iterable, Mapping

from reviewlore.domain.manifest import Ecosystem

_GROUPS: Mapping[Ecosystem, Mapping[str, str]] = {
    "pypi": {
        "HTTP client": "requests httpx aiohttp pycurl treq",
        "JSON": "orjson ujson simplejson python-rapidjson",
        "YAML": "pyyaml ruamel-yaml strictyaml",
        "command line": "click typer docopt fire cleo",
        "dates": "arrow pendulum delorean",
        "templates": "jinja2 mako chameleon",
        "object-relational mapper": "sqlalchemy peewee tortoise-orm pony",
        "validation": "marshmallow cerberus voluptuous schematics",
        "logging": "loguru structlog logbook",
    },
    "npm": {
        "dates": "moment dayjs date-fns luxon",
        "utilities": "lodash lodash-es underscore ramda",
        "HTTP client": "axios got node-fetch superagent ky request",
        "test runner": "jest vitest mocha ava jasmine",
        "unique ids": "uuid nanoid cuid",
        "state": "redux zustand mobx recoil jotai",
        "class names": "classnames clsx",
        "logging": "winston pino bunyan log4js loglevel",
        "web server": "express koa fastify @hapi/hapi",
        "validation": "yup zod joi ajv superstruct",
        "terminal colours": "chalk kleur picocolors ansi-colors colorette",
        "command line": "yargs commander meow",
    },
    "go": {
        "logging": "github.com/sirupsen/logrus go.uber.org/zap github.com/rs/zerolog",
        "web router": "github.com/gorilla/mux github.com/go-chi/chi/v5 github.com/gin-gonic/gin "
        "github.com/labstack/echo/v4",
        "command line": "github.com/spf13/cobra github.com/urfave/cli/v2 github.com/alecthomas/kong",
        "mocks": "github.com/golang/mock go.uber.org/mock github.com/vektra/mockery/v2",
    },
    "maven": {
        "JSON": "com.google.code.gson:gson com.fasterxml.jackson.core:jackson-databind com.alibaba:fastjson",
        "mocks": "org.mockito:mockito-core org.easymock:easymock org.jmockit:jmockit",
        "logging": "ch.qos.logback:logback-classic org.apache.logging.log4j:log4j-core log4j:log4j",
        "HTTP client": "com.squareup.okhttp3:okhttp org.apache.httpcomponents:httpclient",
    },
    "crates": {
        "HTTP client": "reqwest ureq surf isahc",
        "errors": "anyhow eyre color-eyre",
        "dates": "chrono time",
        "command line": "clap structopt argh pico-args",
        "async runtime": "tokio async-std smol",
        "logging": "log tracing slog",
    },
}
_PURPOSE = {
    (ecosystem, name): purpose
    for ecosystem, groups in _GROUPS.items()
    for purpose, names in groups.items()
    for name in names.split()
}


def find_rival(ecosystem: Ecosystem, name: str, others: Iterable[str]) -> tuple[str, str] | None:
    """Return (the first of the other packages that serves the same purpose, the purpose), or None."""
    purpose = _PURPOSE.get((ecosystem, name))
    rivals = (other for other in sorted(others) if other != name and _PURPOSE.get((ecosystem, other)) == purpose)
    rival = next(rivals, None) if purpose else None
    return (rival, purpose) if rival and purpose else None

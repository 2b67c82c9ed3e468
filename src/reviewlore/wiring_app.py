"""The composition root of the App: its folder and its secrets in, a crew that works off its queue out.

What arrives is taken in by `webhook`; here is what works on it. The App's private key stays in this process: jobs run
in others, with a token for one repository each.
"""

import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from reviewlore.adapters.action_process import SECONDS, ActionProcesses, JobPlace
from reviewlore.adapters.clones import CloneShelf
from reviewlore.adapters.confine import is_confining
from reviewlore.adapters.github_answers import Patience
from reviewlore.adapters.github_app import AppIdentity, GithubInstallations, describe_app
from reviewlore.adapters.machine import SystemClock
from reviewlore.adapters.registration import Registry
from reviewlore.domain.app import AppMode
from reviewlore.errors import ReviewloreError
from reviewlore.flows.app import AppTools, all_permissions, work_once
from reviewlore.formats.app_manifest import EVENTS
from reviewlore.ports import DeliveryQueue
from reviewlore.ports.deliveries import DeliveryMeter
from reviewlore.wiring_secrets import (
    APP_FILES,
    APP_VARIABLE,
    PRIVATE_KEY_VARIABLE,
    WEBHOOK_VARIABLE,
    AppSecrets,
    find_adapters,
    find_bases,
    job_environment,
    make_or_read_key,
    read_model_key,
)

GITHUB, GITHUB_API = "https://github.com", "https://api.github.com"
_PATIENCE = 1.0  # seconds after which somebody looks at the queue who was not called: for what waited until a time
_AFTER_FAULT = 5.0
# A worker that asks for a token does not sit and wait for GitHub: the delivery waits, as long as GitHub asks.
_BRIEF = Patience(retries=1, max_wait=5.0)


@dataclass(frozen=True, slots=True)
class AppOptions:
    """How the App works: its folder, where the forge is, how many jobs run at once, and what they may take."""

    folder: Path
    server_url: str = GITHUB
    api_url: str = GITHUB_API
    workers: int = 2
    clones_gib: float = 20.0
    memory_gib: float = 4.0
    records: bool = False
    seconds: Mapping[AppMode, float] = field(default_factory=lambda: SECONDS)


class Crew:
    """Threads that work off the queue until they are stopped; `wake` says that something came.

    Where there are several, the first never begins what nobody waits for: a review does not wait for others' learning.
    `interrupts` end what runs; `stopping` is set as soon as nothing new may begin.
    """

    def __init__(
        self, tools: AppTools, workers: int, interrupts: Sequence[Callable[[], None]], stopping: threading.Event
    ) -> None:
        self._tools, self._interrupts, self._stopping = tools, interrupts, stopping
        self._bell = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work, args=(number > 0 or workers == 1,), name=f"worker-{number}")
            for number in range(workers)
        ]

    def start(self) -> None:
        """Begin to work."""
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """Have one of those who wait look at the queue at once."""
        with self._bell:
            self._bell.notify()

    def alive(self) -> bool:
        """Whether all threads still work."""
        return all(thread.is_alive() for thread in self._threads)

    def stop(self, grace: float) -> None:
        """Begin nothing new; jobs that still run after `grace` seconds are ended and put back. Returns when all is."""
        self._stopping.set()
        with self._bell:
            self._bell.notify_all()
        deadline = time.monotonic() + grace
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        for interrupt in self._interrupts:
            interrupt()
        for thread in self._threads:
            thread.join()

    def _work(self, background: bool) -> None:
        while not self._stopping.is_set():
            try:
                if work_once(self._tools, background=background):
                    continue
                pause = _PATIENCE
            except ReviewloreError as error:  # the queue itself failed
                self._tools.tell(str(error))
                pause = _AFTER_FAULT
            except Exception as error:  # noqa: BLE001 - a thread that ends would take its share of the work with it
                self._tools.fault(error)
                pause = _AFTER_FAULT
            with self._bell:
                if not self._stopping.is_set():
                    self._bell.wait(pause)


def open_crew(
    options: AppOptions, secrets: AppSecrets, queue: DeliveryQueue, meter: DeliveryMeter, tell: Callable[[str], None]
) -> Crew:
    """Return those who work off a queue; ConfigError where a secret cannot be used, before any work is begun."""
    identity = AppIdentity(secrets.app_id, secrets.private_key, options.api_url, _BRIEF)
    identity.connect()
    if not is_confining():
        tell("This system has no Landlock: jobs can read what this user can read. See docs/app.md.")
    jobs = ActionProcesses(_find_place(options, secrets))
    clones = CloneShelf(options.folder / "clones", options.server_url, round(options.clones_gib * (1 << 30)))
    stopping = threading.Event()
    tools = AppTools(
        queue=queue,
        installations=GithubInstallations(identity),
        clones=clones,
        jobs=jobs,
        meter=meter,
        clock=SystemClock(),
        tell=tell,
        fault=lambda error: tell("".join(traceback.format_exception(error))),
        pause=stopping.wait,
        records=options.records,
    )
    return Crew(tools, options.workers, (jobs.interrupt, clones.interrupt), stopping)


def check_app(options: AppOptions, secrets: AppSecrets) -> list[str]:
    """Ask GitHub how the App is registered and return what it lacks, one line each; raises where it cannot be asked."""
    found = describe_app(AppIdentity(secrets.app_id, secrets.private_key, options.api_url))
    wanted = all_permissions()
    lacking = [
        f"The App {found.slug} may not {level} {name}; allow it in its settings, and have installations accept it."
        for name, level in wanted.items()
        if found.permissions.get(name) not in {level, "write"}
    ]
    return lacking + [f"The App {found.slug} is not sent {name}." for name in EVENTS if name not in found.events]


def open_registry(folder: Path, organization: str, environ: Mapping[str, str]) -> Registry:
    """Return where the App is registered, of a person or an organisation, and which files its secrets become."""
    server = environ.get("GITHUB_SERVER_URL", GITHUB).rstrip("/")
    owner = f"organizations/{organization}/" if organization else ""
    told = {"id": APP_VARIABLE, "pem": PRIVATE_KEY_VARIABLE, "webhook_secret": WEBHOOK_VARIABLE}
    files = {name: folder / APP_FILES[variable] for name, variable in told.items()}
    return Registry(f"{server}/{owner}settings/apps/new", environ.get("GITHUB_API_URL", GITHUB_API), files)


def _find_place(options: AppOptions, secrets: AppSecrets) -> JobPlace:
    key = make_or_read_key(options.folder)
    environ = job_environment(key)
    adapters, forge = find_adapters(), urlsplit(options.server_url)
    read = [str(folder) for folder in find_bases().values()]
    read += [environ[name] for name in ("HF_HOME", "HF_HUB_CACHE", "XDG_CACHE_HOME") if name in environ]
    write = [str(adapters[0])] if adapters else []
    write += [unquote(forge.path)] if forge.scheme == "file" else []
    hidden = (read_model_key(), environ.get("REVIEWLORE_PSEUDONYM_KEY", ""), secrets.private_key)
    return JobPlace(
        folder=options.folder,
        server_url=options.server_url,
        api_url=options.api_url,
        environ=environ,
        read=tuple(read),
        write=tuple(write),
        hidden=(*filter(None, hidden), *(each.decode("utf-8", "replace") for each in secrets.webhook_secrets)),
        memory=round(options.memory_gib * (1 << 30)),
        seconds=options.seconds,
    )

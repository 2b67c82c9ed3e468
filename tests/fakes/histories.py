"""State branches with a past, for tests of forgetting: invented people who review, answer, vote, dismiss and decide."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from tests.repositories import make_repository

from reviewlore.adapters.git import GitRepo
from reviewlore.adapters.store import GitStore
from reviewlore.domain.events import FeedbackSignal
from reviewlore.domain.history import Anchor, Episode, OutcomeEvidence, Reply
from reviewlore.domain.mining import Approval, Approvals
from reviewlore.domain.model import DatasetManifest, Registry, RegistryEntry, VersionManifest
from reviewlore.flows import state
from reviewlore.formats import records
from reviewlore.ports import Store
from reviewlore.stages.dataset import build_dataset, dataset_id
from reviewlore.stages.redact import pseudonym

KEY = b"a key of the tests, which keeps pseudonyms"
HARBOR, PIER = "acme/harbor", "acme/pier"
LOGINS = ("maria", "tomas", "wanda", "xaver")
MARIA, TOMAS, WANDA, XAVER = (pseudonym(login, KEY) for login in LOGINS)


def make_episode(number: int, comment: int, author: str, body: str, **more: object) -> Episode:
    """An addressed remark on a pull request of XAVER in a file of its own."""
    repository = str(more.pop("repository", HARBOR))
    made = Episode(
        id=f"{repository}#{number}/{comment}",
        repository=repository,
        pull_request=number,
        comment_id=str(comment),
        author=author,
        author_kind="human",
        pull_request_author=XAVER,
        anchor=Anchor(f"harbor/part{comment}.py", 3),
        hunk=f"@@ -1,2 +1,3 @@\n def part{comment}(ship):\n+    return ship.berth_{comment}\n",
        body=body,
        created_at=f"2026-0{1 + number % 3}-{1 + comment % 27:02}T10:00:00Z",
        outcome="addressed",
        confidence="high",
        evidence=(OutcomeEvidence("lines_changed", "addressed", 0.85, "lines 3-3"),),
        url=f"https://github.example/{repository}/pull/{number}#discussion_r{comment}",
    )
    return replace(made, **more)  # type: ignore[arg-type]


def make_past() -> list[list[Episode]]:
    """Three minings: what each knew. Marked words (`ONE...`) are of Maria alone."""
    first = [
        make_episode(1, 11, MARIA, "ONEAPPLE: close the crane's lock before the ship leaves the berth."),
        make_episode(
            1, 12, TOMAS, "Please name the berth by its dock, this reads like a crane.",
            replies=(
                Reply(MARIA, "ONEBANANA I would leave it to the pilots instead.", "2026-01-20T00:00:00Z", "121"),
                Reply(XAVER, "Done in the next commit.", "2026-01-21T00:00:00Z", "122"),
            ),
            evidence=(
                OutcomeEvidence("lines_changed", "addressed", 0.85, "lines 3-3"),
                OutcomeEvidence("reply_done", "addressed", 0.45, "Done in the next commit.", XAVER),
            ),
        ),
        make_episode(
            2, 21, TOMAS, "The tide table is read twice here, keep it in a variable.",
            pull_request_author=MARIA, outcome="declined", confidence="medium",
            replies=(Reply(MARIA, "ONECHERRY not worth it.", "2026-01-22T00:00:00Z", "211"),),
            evidence=(OutcomeEvidence("reply_declined", "declined", 0.55, "ONECHERRY not worth it.", MARIA),),
        ),
        make_episode(
            3, 31, WANDA, "This anchor chain needs a check for its length.",
            evidence=(
                OutcomeEvidence("nearby_changed", "addressed", 0.6),
                OutcomeEvidence("reaction_up", "addressed", 0.35, "", MARIA),
            ),
        ),
        make_episode(3, 32, XAVER, "A remark by somebody else that quotes @someone and stays."),
        make_episode(1, 11, WANDA, "The same numbers in another repository stay.", repository=PIER),
    ]  # fmt: skip
    second = [*first, make_episode(4, 41, MARIA, "ONEDATE: why is the lighthouse polled every second?")]
    bot = make_episode(
        5, 51, "person-bot", "Our own remark on the ferry.", author_kind="bot", finding="3fa9c1d2e4",
        outcome="declined", evidence=(OutcomeEvidence("dismissed", "declined", 0.9, "ONEELDER on purpose", MARIA),),
    )  # fmt: skip
    return [first, second, [*second, bot]]


def make_signal(author: str, comment: int, text: str, number: int = 5) -> FeedbackSignal:
    """A dismissal of our finding `3fa9c1d2e4`."""
    return FeedbackSignal(
        f"{HARBOR}#{number}/{comment}", "dismissed", HARBOR, number, "3fa9c1d2e4", "intended", text, author,
        "write", "2026-02-03T00:00:00Z",
    )  # fmt: skip


def make_store(folder: Path) -> GitStore:
    """An empty state branch."""
    return GitStore(GitRepo(make_repository(folder)))


def save(store: Store, episodes: list[Episode], now: str) -> str:
    """What a mining writes: episodes, the dataset of all of them, an audit entry. Returns the dataset's id."""
    built = build_dataset(episodes, seed=7)
    name = dataset_id(built.pairs)
    manifest = DatasetManifest(
        id=name, created_at=now, sources=("invented",), episodes=len(episodes), kept=0, dropped={}, pairs={},
        splits={}, split_at={}, policy={}, seed=7,
    )  # fmt: skip

    def change(snapshot: Store) -> dict[str, bytes | None]:
        log = state.audited(
            snapshot, at=now, actor="actions:learn", action="mine", subject=name, detail={"episodes": len(episodes)}
        )
        files: dict[str, bytes | None] = {state.AUDIT: log, **state.episode_files(episodes)}
        if snapshot.read(state.dataset_path(name)) is None:
            files[state.dataset_path(name)] = records.encode(manifest)
        return files

    store.update(change, lambda: f"Mine invented: {len(episodes)} in all", now)
    return name


def train(store: Store, version: str, dataset: str, now: str) -> None:
    """What a promoted training writes."""
    manifest = VersionManifest(
        id=version, tier="embedded", created_at=now, recipe="ranker", recipe_settings={}, dataset=dataset,
        base_model=None, base_revision=None, packages={}, code_commit="", seed=7, parent=None, files={},
    )  # fmt: skip

    def change(snapshot: Store) -> dict[str, bytes | None]:
        before = state.read_registry(snapshot)
        retired = tuple(replace(entry, state="retired") for entry in before.entries)
        entry = RegistryEntry(version, "embedded", "active", "gate", now, "won")
        log = state.audited(snapshot, at=now, actor=MARIA, action="train", subject=version,
            detail={"by": MARIA, "reason": "ONEFIG it is time"})  # fmt: skip
        return {
            state.REGISTRY: records.encode(Registry((*retired, entry))),
            state.version_path(version, "manifest.json"): records.encode(manifest),
            state.AUDIT: log,
        }

    store.update(change, lambda: f"Train and promote {version}", now)


@dataclass(frozen=True)
class Past:
    """A filled state branch that tests copy: making one takes ten commits. `datasets` are the ids of its datasets."""

    folder: Path
    datasets: list[str]

    def copy_to(self, store: GitStore) -> list[str]:
        """Make an empty state branch one with this past; returns the ids of its datasets."""
        shutil.copytree(self.folder, store._git_dir, dirs_exist_ok=True)
        return self.datasets


def make_filled(folder: Path) -> Past:
    """A state branch with a past, to be copied."""
    store = make_store(folder)
    return Past(store._git_dir, fill(store))


def fill(store: Store) -> list[str]:
    """Three minings, two trainings, dismissals and an approval; returns the ids of the datasets."""
    past = make_past()
    datasets = [save(store, past[0], "2026-02-01T00:00:00Z")]
    train(store, "embedded-old", datasets[0], "2026-02-02T00:00:00Z")
    signals = [make_signal(MARIA, 501, "ONEELDER on purpose"), make_signal(TOMAS, 502, "we know")]
    for count in (1, 2):
        data = records.encode_lines(signals[:count])
        store.update(lambda _, data=data: {"feedback/2026-02.jsonl": data}, lambda: "Keep a dismissal", signals[0].at)
    datasets.append(save(store, past[1], "2026-02-04T00:00:00Z"))
    asked = Approvals(
        (Approval(datasets[1], "maintain", "2026-02-04T00:00:00Z", "approved", MARIA, "2026-02-05", "ONEGRAPE"),)
    )
    store.update(lambda _: {**state.approval_file(asked)}, lambda: "Approve a dataset", "2026-02-05T00:00:00Z")
    datasets.append(save(store, past[2], "2026-02-06T00:00:00Z"))
    train(store, "embedded-new", datasets[2], "2026-02-07T00:00:00Z")
    return datasets

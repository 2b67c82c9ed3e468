"""The JSON that GitHub answers: its own published examples, with the fake's state laid over them.

In: records of `state`. Out: dictionaries that satisfy GitHub's schemas. It decides nothing and changes no state.
Examples are templates because all required fields are there; where they break GitHub's own schemas they are mended.
"""

import base64
import functools
import json
import re
import zlib
from typing import Any
from urllib.parse import quote

from tests.github.bare import ChangedFile, CommitInfo
from tests.github.contract import Contract
from tests.github.routing import PULL, REPO
from tests.github.state import (
    ROLES,
    CheckRun,
    IssueComment,
    Pull,
    Reaction,
    Repository,
    Review,
    ReviewComment,
)

WEB = "https://github.com"
MAX_CONTENT = 1_000_000
CONTENTS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "eyes", "rocket")
# role_name -> the coarser `permission` of the collaborator endpoint
COARSE = {"admin": "admin", "maintain": "write", "write": "write", "triage": "read", "read": "read", "none": "none"}
NEEDS = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}


def is_bot(login: str) -> bool:
    return login.endswith("[bot]")


class Shapes:
    """Renders records as GitHub's JSON, with every API address pointing at the fake."""

    def __init__(self, contract: Contract, base: str) -> None:
        self._contract, self.base = contract, base
        self._text = functools.cache(self._template)

    def _template(self, method: str, template: str, status: int) -> str:
        text = json.dumps(self._contract.example(method, template, status))
        # Clients refuse addresses of another host, port or path prefix.
        return re.sub(r"https?://(api\.github\.com|127\.0\.0\.1:\d+)", self.base, text)

    def example(self, method: str, template: str, status: int = 200) -> dict[str, Any]:
        return json.loads(self._text(method, template, status))

    def api(self, repo: Repository) -> str:
        return f"{self.base}/repos/{repo.full_name}"

    def user(self, login: str | None) -> dict[str, Any] | None:
        if login is None:
            return None
        user = self.example("POST", REPO + "/issues/{issue_number}/comments", 201)["user"]
        kind = "Bot" if is_bot(login) else "User"
        user.update(login=login, id=zlib.crc32(login.encode()), type=kind, url=f"{self.base}/users/{quote(login)}")
        return user

    def account(self, login: str) -> dict[str, Any]:
        return {**self.example("GET", "/user"), **(self.user(login) or {})}

    def repository(self, repo: Repository) -> dict[str, Any]:
        owner, name = repo.full_name.split("/")
        value = self.example("GET", REPO)
        for relative in ("source", "parent", "organization"):
            value.pop(relative, None)
        value.update(id=repo.id, full_name=repo.full_name, name=name, url=self.api(repo), language="Python")
        value.update(default_branch=repo.default, fork=False, private=repo.private, clone_url=str(repo.git.path))
        value["owner"].update(login=owner)
        return value

    def pull_summary(self, repo: Repository, pull: Pull) -> dict[str, Any]:
        """A pull request as lists show it: without counts, without `merged`."""
        value = self.example("GET", REPO + "/pulls")
        self._lay_pull(value, repo, pull)
        return value

    def pull(self, repo: Repository, pull: Pull) -> dict[str, Any]:
        value = self.example("GET", PULL)
        self._lay_pull(value, repo, pull)
        files = repo.git.changes(pull.base_sha, pull.head_sha)
        value.update(merged=pull.merged_at is not None, changed_files=len(files), merged_by=None)
        value.update(mergeable=None if pull.merged_at else True, mergeable_state="clean")
        value.update(additions=sum(each.additions for each in files), deletions=sum(each.deletions for each in files))
        value["commits"] = len(repo.git.commits(pull.base_sha, pull.head_sha))
        value["comments"] = sum(each.number == pull.number for each in repo.issue_comments.values())
        value["review_comments"] = sum(each.pull == pull.number for each in repo.review_comments.values())
        return value

    def _lay_pull(self, value: dict[str, Any], repo: Repository, pull: Pull) -> None:
        me, number = self.api(repo), pull.number
        for name in ("number", "title", "body", "state", "draft", "locked", "created_at", "updated_at"):
            value[name] = getattr(pull, name)
        value.update(closed_at=pull.closed_at, merged_at=pull.merged_at, merge_commit_sha=pull.merge_commit)
        value.update(user=self.user(pull.login), author_association=pull.association)
        value.update(requested_teams=[], requested_reviewers=[], assignees=[], assignee=None, milestone=None)
        label = value["labels"][0]
        value["labels"] = [{**label, "name": name} for name in pull.labels]
        value.update(
            url=f"{me}/pulls/{number}",
            html_url=f"{WEB}/{repo.full_name}/pull/{number}",
            issue_url=f"{me}/issues/{number}",
            comments_url=f"{me}/issues/{number}/comments",
            commits_url=f"{me}/pulls/{number}/commits",
            review_comments_url=f"{me}/pulls/{number}/comments",
            review_comment_url=me + "/pulls/comments{/number}",
        )
        plain = self.repository(repo)
        head = plain if pull.fork is None else {**plain, "full_name": pull.fork, "fork": True}
        value["base"].update(sha=pull.base_sha, ref=pull.base, repo=plain)
        value["head"].update(sha=pull.head_sha, ref=pull.head, repo=None if pull.fork == "" else head)
        value["head"]["user"] = self.user(pull.login)

    def file(self, repo: Repository, pull: Pull, changed: ChangedFile) -> dict[str, Any]:
        value = self.example("GET", PULL + "/files")
        value.pop("patch", None)
        value.update(sha=changed.blob, filename=changed.path, status=changed.status)
        value.update(additions=changed.additions, deletions=changed.deletions)
        value["changes"] = changed.additions + changed.deletions
        value["contents_url"] = f"{self.api(repo)}/contents/{quote(changed.path)}?ref={pull.head_sha}"
        optional = {"previous_filename": changed.previous, "patch": changed.patch}
        return value | {name: each for name, each in optional.items() if each is not None}

    def commit(self, repo: Repository, info: CommitInfo) -> dict[str, Any]:
        value = self.example("GET", PULL + "/commits")
        me, person = self.api(repo), {"name": info.author, "email": info.email, "date": info.date}
        value.update(sha=info.sha, url=f"{me}/commits/{info.sha}", author=None, committer=None)
        value["commit"].update(message=info.message, author=person, committer=person)
        value["commit"]["tree"] = {"sha": info.tree, "url": f"{me}/git/trees/{info.tree}"}
        value["parents"] = [{"sha": sha, "url": f"{me}/commits/{sha}"} for sha in info.parents]
        return value

    def review_comment(self, repo: Repository, comment: ReviewComment) -> dict[str, Any]:
        value = self.example("POST", PULL + "/comments", 201)
        me, number = self.api(repo), comment.pull
        for name in ("id", "path", "body", "created_at", "updated_at", "diff_hunk", "line", "original_line", "side"):
            value[name] = getattr(comment, name)
        value.update(commit_id=comment.commit, original_commit_id=comment.original_commit)
        value.update(start_line=comment.start_line, original_start_line=comment.start_line)
        value.update(start_side=comment.side if comment.start_line else None, pull_request_review_id=comment.review)
        value.update(user=self.user(comment.login), author_association=comment.association)
        value.update(url=f"{me}/pulls/comments/{comment.id}", pull_request_url=f"{me}/pulls/{number}")
        value.update(html_url=f"{WEB}/{repo.full_name}/pull/{number}#discussion_r{comment.id}")
        value.update(subject_type="file" if comment.whole_file else "line", node_id=f"PRRC_{comment.id}")
        value["reactions"] = self._rollup(value["url"], comment.reactions)
        value.pop("in_reply_to_id", None)
        if comment.in_reply_to:
            value["in_reply_to_id"] = comment.in_reply_to
        return value

    def issue_comment(self, repo: Repository, comment: IssueComment) -> dict[str, Any]:
        value = self.example("POST", REPO + "/issues/{issue_number}/comments", 201)
        me = f"{self.api(repo)}/issues"
        for name in ("id", "body", "created_at", "updated_at"):
            value[name] = getattr(comment, name)
        value.update(user=self.user(comment.login), author_association=comment.association, pin=None, minimized=None)
        value.update(url=f"{me}/comments/{comment.id}", issue_url=f"{me}/{comment.number}")
        value.update(html_url=f"{WEB}/{repo.full_name}/pull/{comment.number}#issuecomment-{comment.id}")
        value.update(node_id=f"IC_{comment.id}", reactions=self._rollup(value["url"], comment.reactions))
        return value

    def review(self, repo: Repository, review: Review) -> dict[str, Any]:
        value = self.example("POST", PULL + "/reviews")
        value.update(id=review.id, body=review.body, state=review.state, commit_id=review.commit)
        value.update(user=self.user(review.login), author_association=review.association)
        value.update(submitted_at=review.submitted_at, node_id=f"PRR_{review.id}")
        value["html_url"] = f"{WEB}/{repo.full_name}/pull/{review.pull}#pullrequestreview-{review.id}"
        value["pull_request_url"] = f"{self.api(repo)}/pulls/{review.pull}"
        return value

    def reaction(self, reaction: Reaction) -> dict[str, Any]:
        value = self.example("POST", REPO + "/pulls/comments/{comment_id}/reactions", 201)
        value.update(id=reaction.id, content=reaction.content, created_at=reaction.created_at)
        return value | {"user": self.user(reaction.login)}

    def _rollup(self, url: str, reactions: list[Reaction]) -> dict[str, Any]:
        counts = {content: sum(each.content == content for each in reactions) for content in CONTENTS}
        return {"url": f"{url}/reactions", "total_count": len(reactions), **counts}

    def check_run(self, repo: Repository, run: CheckRun) -> dict[str, Any]:
        value = self.example("POST", REPO + "/check-runs", 201)
        for name in ("id", "name", "head_sha", "status", "conclusion", "started_at", "completed_at"):
            value[name] = getattr(run, name)
        value["details_url"] = run.details_url or "https://example.com"
        value["output"].update(title=run.title, summary=run.summary, annotations_count=run.annotations)
        return value | {"url": f"{self.api(repo)}/check-runs/{run.id}", "pull_requests": []}

    def collaborator(self, login: str, role: str) -> dict[str, Any]:
        rank = ROLES.index(role)
        may = {name: rank >= ROLES.index(need) for name, need in NEEDS.items()}
        return {**(self.user(login) or {}), "role_name": role, "permissions": may}

    def permission(self, login: str, role: str) -> dict[str, Any]:
        return {"permission": COARSE[role], "role_name": role, "user": self.collaborator(login, role)}

    def content(self, path: str, data: bytes) -> dict[str, Any]:
        value = self.example("GET", REPO + "/contents/{path}")
        small = len(data) <= MAX_CONTENT
        value.update(type="file", name=path.rpartition("/")[2], path=path, size=len(data))
        value.update(encoding="base64" if small else "none")
        return value | {"content": base64.encodebytes(data).decode() if small else ""}

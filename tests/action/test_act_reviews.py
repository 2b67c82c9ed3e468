"""The real workflow of the reviews, run by act: a pull request opened, pushed to, from a fork."""

import json


def test_a_pull_request_ends_in_one_review_on_valid_lines_and_a_summary(stage):
    """Also attacks 3, 14 and 19: nothing of the pull request runs, and its title stays text."""
    token = stage.fake.workflow_token("octo/demo", issues="none", actions="none", checks="none")
    status, log = stage.opened(token)
    assert status == 0, log
    (review,) = stage.repo.reviews.values()
    (comment,) = stage.repo.review_comments.values()
    (summary,) = stage.repo.issue_comments.values()
    assert (review.state, review.commit, comment.review) == ("COMMENTED", stage.head, review.id)
    assert (comment.path, comment.line, comment.side) == ("shop/storage.py", 1, "RIGHT")
    assert comment.body.startswith("**`shop.storage` imports `shop.api` against the contract")
    assert summary.body.startswith("### reviewlore\n\n1 remark on `")
    outputs = {
        name: log.count(f"::set-output:: {name}") for name in ("conclusion=success", "findings-count=1", "skip-reason=")
    }
    assert all(outputs.values()), log
    assert "Summary - ## reviewlore" in log
    assert not any(token in json.dumps(each.body) for each in stage.fake.log)
    before = len(stage.writes())
    status, log = stage.opened(token)
    assert status == 0, log
    assert len(stage.writes()) == before, "a second run says nothing twice"


def test_an_answer_that_was_lost_makes_no_second_review(stage):
    """Attack 30, the part that concerns posting: 502 after GitHub stored the review."""
    stage.fake.fault("POST", r"/pulls/1/reviews", 502, after_commit=True)
    status, log = stage.opened(stage.fake.workflow_token("octo/demo"))
    assert status == 0, log
    assert (len(stage.repo.reviews), len(stage.repo.review_comments), len(stage.repo.issue_comments)) == (1, 1, 1)


def test_a_fork_gets_its_review_on_the_page_of_the_run(stage):
    """Attack 25: a read-only token posts nothing, the run ends well and says why."""
    token = stage.fake.workflow_token("octo/demo", pull_requests="read", issues="read", checks="read", actions="read")
    status, log = stage.opened(token)
    assert status == 0, log
    assert (stage.repo.reviews, stage.repo.review_comments, stage.repo.issue_comments) == ({}, {}, {})
    assert "Summary - ## reviewlore\n\nNothing is posted: this run may not write to the pull request." in log
    assert "`shop.storage` imports `shop.api` against the contract" in log
    assert "skip-reason=no_write_permission" in log


def test_a_push_is_reviewed_without_saying_anything_twice(stage):
    """`synchronize`, in the published form: one new remark, and the summary is edited."""
    token = stage.fake.workflow_token("octo/demo")
    status, log = stage.opened(token)
    assert status == 0, log
    more = {"shop/services.py": "from shop.api import post\nfrom shop.storage import save\n\n\ndef ship(order):\n"}
    more["shop/services.py"] += "    save(order)\n    return post(order)\n"
    stage.head = stage.fake.commit("octo/demo", "feat", more, "Go round")
    payload = stage.example("pull_request", action="synchronize")
    status, log = stage.act("pull_request", payload, token, "review.yml", checkout="feat")
    assert status == 0, log
    assert [review.commit for review in stage.repo.reviews.values()][-1] == stage.head
    places = [(comment.path, comment.line) for comment in stage.repo.review_comments.values()]
    assert len(places) == len(set(places)) >= 2
    assert ("shop/services.py", 1) in places
    (summary,) = stage.repo.issue_comments.values()
    assert stage.head[:7] in summary.body


def test_a_fork_is_analysed_without_a_word_and_posted_by_the_default_branch(stage):
    """Attacks 25 and 26: two workflows in sequence; the second takes nothing from the first but that it ended."""
    stage.repo.pulls[1].fork = "stranger/demo"
    reading = stage.fake.workflow_token("octo/demo", pull_requests="read", issues="read", checks="read", actions="read")
    payload = stage.example("pull_request", action="opened")
    status, log = stage.act("pull_request", payload, reading, "review.yml", checkout="feat")
    assert status == 0, log
    assert "conclusion=success" in log
    assert stage.writes() == []
    ended = stage.example("workflow_run", action="completed")
    ended["workflow_run"] |= {"event": "pull_request", "conclusion": "success", "head_branch": "feat"}
    ended["workflow_run"] |= {"head_sha": stage.head, "pull_requests": [], "name": "reviewlore review"}
    ended["workflow_run"]["head_repository"]["full_name"] = "stranger/demo"
    status, log = stage.act("workflow_run", ended, stage.fake.workflow_token("octo/demo"), "post.yml")
    assert status == 0, log
    (review,) = stage.repo.reviews.values()
    (comment,) = stage.repo.review_comments.values()
    assert (review.state, review.commit) == ("COMMENTED", stage.head)
    assert (comment.path, comment.line) == ("shop/storage.py", 1)


def test_a_run_of_a_head_that_moved_on_is_not_posted(stage):
    """Attack 12, over two workflows."""
    stage.repo.pulls[1].fork = "stranger/demo"
    ended = stage.example("workflow_run", action="completed")
    ended["workflow_run"] |= {"event": "pull_request", "conclusion": "success", "head_branch": "feat"}
    ended["workflow_run"] |= {"head_sha": "c" * 40, "pull_requests": []}
    ended["workflow_run"]["head_repository"]["full_name"] = "stranger/demo"
    status, log = stage.act("workflow_run", ended, stage.fake.workflow_token("octo/demo"), "post.yml")
    assert status == 0, log
    assert "skip-reason=head_moved" in log
    assert stage.writes() == []

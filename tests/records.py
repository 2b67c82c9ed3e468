"""Records as a believable run would make them, for tests of what shows them. Nothing here is real."""

from dataclasses import replace

from reviewlore.domain.architecture import Evidence
from reviewlore.domain.evaluation import Evaluation, GateDecision, Interval, TierScore
from reviewlore.domain.finding import Dropped, Finding, Precedent, Review
from reviewlore.domain.history import Anchor
from reviewlore.domain.model import AuditEntry, DatasetManifest, Registry, RegistryEntry, VersionManifest
from reviewlore.domain.report import Report, ReviewedChange
from reviewlore.domain.usage import Coverage, Usage

BASE = "4be1c0ffee5a11ad00000000000000000000aaaa"
HEAD = "9d8e7f6a5b4c3d2e1f00000000000000000bbbbb"

DIFF = """\
diff --git a/src/shop/api/orders.py b/src/shop/api/orders.py
index 1111111..2222222 100644
--- a/src/shop/api/orders.py
+++ b/src/shop/api/orders.py
@@ -1,8 +1,9 @@
 \"\"\"HTTP endpoints for orders.\"\"\"

-from shop.services.orders import place_order
+from shop.services.orders import place_order, refund_order
+from shop.storage.tables import ORDERS


 def post_order(request):
     \"\"\"Place an order and return its number.\"\"\"
-    return {"number": place_order(request.body)}
+    return {"number": place_order(request.body, table=ORDERS)}
@@ -20,3 +21,12 @@ def get_order(number):
     order = find_order(number)
     return {"number": order.number, "total": order.total}

+
+def delete_order(number):
+    \"\"\"Refund and forget an order.\"\"\"
+    try:
+        refund_order(number)
+    except Exception:
+        return {"refunded": False}
+    ORDERS.delete(number=number)
+    return {"refunded": True}
diff --git a/src/shop/services/refunds.py b/src/shop/services/refunds.py
new file mode 100644
index 0000000..3333333
--- /dev/null
+++ b/src/shop/services/refunds.py
@@ -0,0 +1,6 @@
+\"\"\"Refunds.\"\"\"
+
+
+def refund_order(number, amount=None):
+\tif amount == 0:
+\t\treturn None
diff --git a/docs/logo.png b/docs/logo.png
index 4444444..5555555 100644
Binary files a/docs/logo.png and b/docs/logo.png differ
diff --git a/docs/old name.md b/docs/new name.md
similarity index 90%
rename from docs/old name.md
rename to docs/new name.md
index 6666666..7777777 100644
--- a/docs/old name.md
+++ b/docs/new name.md
@@ -1,2 +1,2 @@
-# Orders
+# Orders and refunds
 Read this first.
"""


def a_finding() -> Finding:
    return Finding(
        id="7f3a9c21d4e8b605",
        rule="architecture/layer_crossed",
        source="architecture",
        anchor=Anchor("src/shop/api/orders.py", 4),
        hunk="@@ -1,8 +1,9 @@\n+from shop.storage.tables import ORDERS",
        title="`shop.api` now imports `shop.storage` directly.",
        why="`.reviewlore.toml` declares the layers api > services > storage; an endpoint may use services only.",
        advice="Move the deletion into `shop.services.orders` and call that from here.",
        severity="error",
        confidence=0.97,
        score=1.42,
        evidence=(
            Evidence("declared layers: api, services, storage", ".reviewlore.toml", 12),
            Evidence("none of the 14 other endpoints imports storage"),
            Evidence("the last exception was removed on purpose", commit="5f1e2d3c4b5a697887766554433221100ffeeddc"),
        ),
        precedents=(
            Precedent(
                "acme/shop#41/901",
                41,
                "src/shop/api/invoices.py",
                "Endpoints shouldn't talk to tables,\nplease go through the service (see `services/invoices.py`).",
                "addressed",
                0.63,
                "https://github.example/acme/shop/pull/41#discussion_r901",
            ),
        ),
    )


def a_review() -> Review:
    partner = Finding(
        id="0b5d6a7788990011",
        rule="architecture/test_partner_missing",
        source="architecture",
        anchor=Anchor("src/shop/services/refunds.py", None),
        hunk="",
        title="`refunds.py` comes without a test.",
        why="Every other module of `shop.services` has one under `tests/services`.",
        advice="Add `tests/services/test_refunds.py`.",
        severity="warning",
        confidence=0.8,
        score=0.61,
        inferred=True,
        evidence=(Evidence("9 of 9 siblings have a test", "tests/services/test_orders.py"),),
    )
    broad = Finding(
        id="aa55cc3377ee1122",
        rule="architecture/convention_broken",
        source="architecture",
        anchor=Anchor("src/shop/api/orders.py", 29, start_line=26),
        hunk="",
        title="The handler catches `Exception`.",
        why="12 of 12 handlers in this package catch `ShopError`.",
        advice="Catch `ShopError`, and let the rest reach the middleware.",
        severity="info",
        confidence=0.74,
        score=-0.08,
        inferred=True,
        evidence=(
            Evidence("so does", "src/shop/api/invoices.py", 31),
            Evidence("so does", "src/shop/api/carts.py", 18),
        ),
    )
    return Review(
        repository="acme/shop",
        base=BASE,
        head=HEAD,
        tier="embedded",
        version="ranker-3fa2c91b",
        findings=(a_finding(), partner, broad),
        dropped=(
            Dropped("d1", "architecture/hub_touched", "below_threshold"),
            Dropped("d2", "architecture/co_change_missing", "below_threshold"),
            Dropped("d3", "architecture/convention_broken", "cap_reached"),
        ),
        notes=("The history holds 58 pull requests; precedents are few.",),
        files_reviewed=3,
        files_skipped={"binary": 1},
    )


def a_silent_review() -> Review:
    dropped = (Dropped("d1", "architecture/hub_touched", "below_threshold"),)
    return Review("acme/shop", BASE, HEAD, "embedded", "prior-1", (), dropped, files_reviewed=4)


def an_evaluation() -> Evaluation:
    def score(name, tier, *values, ms=0.0):
        kinds = ("outcome", "relevance_hard", "relevance_easy")
        by_kind = {kind: Interval(v, v - 0.05, min(1.0, v + 0.045), 120) for kind, v in zip(kinds, values, strict=True)}
        mean = sum(values) / 3
        return TierScore(name, tier, by_kind, Interval(mean, mean - 0.03, mean + 0.03, 360), ms)

    return Evaluation(
        dataset="c0ffee" * 10 + "beef",
        scores=(
            score("random", "baseline", 0.5, 0.49, 0.51),
            score("longer_wins", "baseline", 0.58, 0.5, 0.5),
            score("ranker-3fa2c91b", "embedded", 0.74, 0.87, 0.945, ms=0.31),
            score("lexical_overlap", "baseline", 0.51, 0.79, 0.9),
            score("adapter-81ce0d55", "adapter", 0.55, 0.6, 0.66, ms=41.7),
            score("comment_only", "baseline", 0.67, 0.52, 0.5),
        ),
        pairs={"outcome": 120, "relevance_hard": 120, "relevance_easy": 120},
        pull_requests=14,
        seed=7,
    )


def a_decision() -> GateDecision:
    return GateDecision(
        "refuse",
        "the adapter is behind the ranker in every kind, and 120 outcome pairs are fewer than the 200 asked for",
        "adapter-81ce0d55",
        "ranker-3fa2c91b",
        Interval(-0.248, -0.301, -0.196, 360),
    )


def a_dataset() -> DatasetManifest:
    return DatasetManifest(
        id="c0ffee" * 10 + "beef",
        created_at="2026-03-01T09:00:00Z",
        sources=("github:acme/shop",),
        episodes=412,
        kept=331,
        dropped={"row:bot_author": 52, "row:too_short": 21, "episode:unknown_outcome": 8},
        pairs={
            "outcome/test": 120,
            "outcome/train": 290,
            "relevance_easy/test": 120,
            "relevance_easy/train": 282,
            "relevance_hard/test": 120,
            "relevance_hard/train": 268,
        },
        splits={"train": 840, "test": 360},
        split_at={"acme/shop": "2026-01-12T00:00:00Z"},
        policy={"min_pairs": "200"},
        seed=7,
        duplicates=3,
        contradictions=2,
    )


def a_version() -> VersionManifest:
    log = tuple(
        {
            "step": float(step),
            "loss": 0.693 * 0.985**step,
            "margin": 0.02 * step,
            "accuracy": min(0.9, 0.5 + 0.008 * step),
        }
        for step in range(1, 41)
    )
    log += ({"step": 40.0, "eval_loss": 0.71, "eval_margin": -0.02, "eval_accuracy": 0.52},)
    return VersionManifest(
        id="adapter-81ce0d55",
        tier="adapter",
        created_at="2026-03-01T09:04:10Z",
        recipe="smoke_cpu",
        recipe_settings={"beta": "0.1", "learning_rate": "0.0005", "rank": "8"},
        dataset="c0ffee" * 10 + "beef",
        base_model="made on the spot",
        base_revision=None,
        packages={"torch": "2.13.0", "trl": "1.16.0", "peft": "0.21.2"},
        code_commit="1f2e3d4c5b6a79888777666555444333222111aa",
        seed=7,
        parent=None,
        files={"adapter_model.safetensors": "ab" * 32},
        metrics={"outcome": 0.55},
        log=log,
        seconds=38.2,
        hardware="CPU, 2 threads",
    )


def a_registry() -> Registry:
    return Registry(
        (
            RegistryEntry("ranker-0d1e2f3a", "embedded", "retired", "gate", "2026-02-01T09:00:00Z", "beaten"),
            RegistryEntry("ranker-3fa2c91b", "embedded", "active", "gate", "2026-03-01T09:01:00Z", "won by .04"),
            RegistryEntry(
                "adapter-81ce0d55", "adapter", "rejected", "gate", "2026-03-01T09:05:00Z", a_decision().reason
            ),
        ),
        previous=("ranker-0d1e2f3a",),
    )


def a_report() -> Report:
    return Report(
        title="Refund an order",
        repository="acme/shop",
        created_at="2026-03-01T09:06:00Z",
        change=ReviewedChange(
            title="Refund an order",
            body="Adds **refunds**, closes #57.\n\n- a `DELETE` endpoint\n- [the ticket](https://tracker.example/57)",
            author="mira",
            diff=DIFF,
            base_ref="main",
            head_ref="refunds",
            number=58,
        ),
        review=a_review(),
        evaluation=an_evaluation(),
        decisions=(a_decision(),),
        dataset=a_dataset(),
        outcomes={"addressed": 201, "declined": 22, "ignored": 64, "unknown": 44},
        pairs={
            "outcome": {"train": 290, "test": 120},
            "relevance_hard": {"train": 268, "test": 120},
            "relevance_easy": {"train": 282, "test": 120},
        },
        versions=(a_version(),),
        registry=a_registry(),
        audit=(
            AuditEntry("2026-03-01T09:01:00Z", "p-1f0c", "promote", "ranker-3fa2c91b", "gate", "0" * 64, "1a" * 32),
            AuditEntry("2026-03-01T09:05:00Z", "p-1f0c", "reject", "adapter-81ce0d55", "gate", "1a" * 32, "2b" * 32),
        ),
        notes=("This report was made from a sample.",),
    )


def a_generated_review() -> Review:
    """A review of the prompt tier: one remark with all that such a one can carry, and what was not shown."""
    finding = replace(
        a_finding(),
        rule="testing/missing_case",
        source="generated",
        specialist="testing",
        suggestion="    if not amount:\n        return None\n",
        probability=0.6234,
        measured=True,
        margin=0.31,
        precedents=(
            Precedent("r1", 0, "", "No floats for money.", "unknown", 0.4, kind="rule"),
            Precedent(
                "docs/adr/3.md#Money", 0, "docs/adr/3.md", "Cents.", "unknown", 0.3, None, "decision", "Money", 9
            ),
        ),
    )
    return replace(
        a_review(),
        tier="prompt",
        findings=(finding, replace(finding, suggestion="")),
        coverage=Coverage(("src/shop/api/orders.py",), {"src/big.py": 40}, {"dist/app.min.js": "generated"}),
        usage=Usage("qwen", 2, 1, 1, 0, 30_100, 600, 8.24, 0.0121),
    )

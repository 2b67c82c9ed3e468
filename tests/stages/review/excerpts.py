"""One hunk as a model is shown it, for the tests of what is made of its answers."""

import json
from dataclasses import replace

from reviewlore.domain.asking import Excerpt
from reviewlore.domain.drafts import Draft

HUNK = """@@ -10,7 +10,8 @@ def total(items):
 def total(items):
     amount = 0
-    for item in items:
-        amount += item.price
+    for item in items:
+        if item.price:
+            amount += item.price * item.count
     return amount
\x20
 def other():"""
EXCERPT = Excerpt("h1", "shop/cart.py", HUNK, "", frozenset(range(10, 18)), specialists=("testing", "debugging"))
DRAFT = Draft(
    "h1", 14, "debugging", "warning", "A free item is counted wrong", "`item.price` may be None.", "Compare with None.",
    quote="amount += item.price * item.count",
)  # fmt: skip
REMARK = {
    "hunk": "h1",
    "line": 14,
    "start_line": None,
    "specialist": "debugging",
    "severity": "warning",
    "title": "A free item is counted wrong",
    "why": "`item.price` may be None.",
    "advice": "Compare with None.",
    "quote": "amount += item.price * item.count",
    "claims": [],
    "suggestion": None,
    "confidence": 0.7,
}


def draft(**changes: object) -> Draft:
    return replace(DRAFT, **changes)  # type: ignore[arg-type]


def answer(*remarks: dict[str, object]) -> str:
    return json.dumps({"remarks": [REMARK | remark for remark in remarks]})

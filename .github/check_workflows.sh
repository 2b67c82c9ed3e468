#!/usr/bin/env bash
# Checks the action and the workflows: security (zizmor), schema (check-jsonschema), shell (shellcheck). Offline.
# The tools come with the extra [test] and are looked for on PATH.
set -euo pipefail
cd "$(dirname "$0")/.."
# Named one by one: everything ignored or untracked, such as a virtual environment, is none of its business.
zizmor --offline --persona=auditor --strict-collection --no-progress --quiet action.yml .github/workflows
check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
python .github/lint_action.py action.yml .github/workflows/*.yml
shellcheck .github/*.sh .ci/run

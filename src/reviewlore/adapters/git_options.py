"""What git is told whenever it prints changes, so that they read alike whatever a user or repository has configured."""

# Attributes, textconv and external diff drivers of the repository must not run, whatever its configuration says.
DIFF_OPTIONS = (
    "--no-ext-diff", "--no-textconv", "--no-color", "-M", "-U3", "--inter-hunk-context=0", "--diff-algorithm=myers",
    "--indent-heuristic", "--submodule=short", "--no-relative", "-O/dev/null", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip
# The dot before the subject leaves no field empty, so that two NULs stand only between commits.
LOG_OPTIONS = (
    "--no-merges", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-show-signature",
    "--encoding=UTF-8", "-O/dev/null", "--format=%x00%H %ct %aE%x00.%s",
)  # fmt: skip
PATCH_OPTIONS = ("-p", "--no-merges", "--no-show-signature", "--encoding=UTF-8", "--format=%x00%H %ct %s")
# A merge tells what it brought to the branch it was merged into: `--first-parent` keeps it, the last option wins.
MAINLINE_OPTIONS = ("--first-parent", "--diff-merges=first-parent", "--no-min-parents", "--no-max-parents")
LANDED_OPTIONS = (
    "--first-parent", "-z", "--no-patch", "--no-show-signature", "--no-notes", "--encoding=UTF-8",
    "--format=%H %ct %aE%x00.%s%x00.%b",
)  # fmt: skip
# Each commit beside its first parent, also a merge; parents before their children.
STEP_OPTIONS = (
    "--raw", "-z", "--no-abbrev", "--no-renames", "--diff-merges=first-parent", "--topo-order", "--reverse",
    "--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-notes", "--no-relative", "-O/dev/null",
    "--ignore-submodules=none", "--format=%x00%H %P",
)  # fmt: skip
# Whole words, in text files only; the output names path, line and word, so that it grows with the hits alone.
GREP_OPTIONS = (
    "-n", "-z", "-o", "-I", "-w", "-F", "--full-name", "--no-color", "--no-column", "--no-textconv", "-f", "-",
)  # fmt: skip
MAX_GREP = 1 << 24
# Git refuses a pattern that is much longer; what is no single line means something else to it.
MAX_WORD = 500
# What a user may have set that changes what git prints, and has no option. The map of names is the repository's own.
SETTINGS = ("core.quotePath=true", "diff.suppressBlankEmpty=false", "log.showRoot=true", "mailmap.file=")


def may_stand(path: str) -> bool:
    """Whether a tree could hold a path: git ends at once where one leads out of the repository, and reads no more."""
    return "\0" not in path and not {"", ".", ".."} & set(path.split("/"))

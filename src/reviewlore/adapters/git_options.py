"""What git is told whenever it prints changes, so that they read alike whatever a user or repository has configured."""

# Attributes, textconv and external diff drivers of the repository must not run, whatever its configuration says.
DIFF_OPTIONS = (
    "--no-ext-diff", "--no-textconv", "--no-color", "-M", "-U3", "--inter-hunk-context=0", "--diff-algorithm=myers",
    "--indent-heuristic", "--submodule=short", "--no-relative", "-O/dev/null", "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip
LOG_OPTIONS = (
    "--no-merges", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-show-signature",
    "--encoding=UTF-8", "-O/dev/null", "--format=%x00%H%x00%ct%x00%s",
)  # fmt: skip
PATCH_OPTIONS = ("-p", "--no-merges", "--no-show-signature", "--encoding=UTF-8", "--format=%x00%H %ct %s")
# What a user may have set that changes what git prints, and has no option.
SETTINGS = ("core.quotePath=true", "diff.suppressBlankEmpty=false", "log.showRoot=true")


def may_stand(path: str) -> bool:
    """Whether a tree could hold a path: git ends at once where one leads out of the repository, and reads no more."""
    return "\0" not in path and not {"", ".", ".."} & set(path.split("/"))

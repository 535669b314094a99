# SPDX-License-Identifier: MIT
"""The files of the project, for the checks, and how a check says what it found."""

import os
import pathlib
import subprocess
import sys

SKIPPED = 77


def git_files(root):
    """What git tracks or would track; None where there is no git or the folder is not its tree."""
    try:
        result = subprocess.run(
            ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    names = result.stdout.decode(errors="surrogateescape").split("\0")
    return sorted({pathlib.Path(name) for name in names if name})


def walked_files(root):
    """The same without git: everything but what builds leave behind."""
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders
                      if name not in (".git", "node_modules", "__pycache__")
                      and not (name.startswith("build") and name != "build-aux")]
        found += [pathlib.Path(folder, name).relative_to(root) for name in names
                  if not name.endswith(".pyc")]
    return sorted(found)


def files(root):
    """Every file of the project, relative to its top folder."""
    root = pathlib.Path(root).resolve()
    names = git_files(root) if (root / ".git").exists() else None
    if names is None:
        names = walked_files(root)
    return [name for name in names if (root / name).is_file() and not (root / name).is_symlink()]


def text(path):
    """A file's text, or None where it is no text."""
    data = pathlib.Path(path).read_bytes()
    if b"\0" in data:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def shebang(path):
    """The first line of a script, without its mark; empty for other files."""
    with open(path, "rb") as file:
        line = file.readline(200)
    return line[2:].decode(errors="replace").strip() if line.startswith(b"#!") else ""


def skip(reason):
    """Ends this check, which the build system counts as skipped."""
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def finish(problems, praise):
    """Prints what is wrong, or that nothing is, and ends the check."""
    for problem in problems:
        print(problem)
    if problems:
        print(f"{len(problems)} problem(s)")
        sys.exit(1)
    print(praise)
    sys.exit(0)

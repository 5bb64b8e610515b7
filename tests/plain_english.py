#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Words that CONTRIBUTING.md replaces and that have no other use: none in documents and man pages.

usage: plain_english.py SOURCE_DIR
"""
import pathlib
import re
import sys

BANNED = {
    r"tells?|told": "emit, report, print",
    r"forth": "to the destination",
    r"oddit(?:y|ies)": "warning, finding",
    r"at hand": "installed, available",
    r"in vain": "without effect",
    r"proposals?": "suggestion",
    r"for ever": "forever",
    r"(?:has|have|had) left": "sent",
    r"lost places?|read on from": "resync point",
    r"anew": "again",
}
WORDS = re.compile(r"\b(?:" + "|".join(f"({pattern})" for pattern in BANNED) + r")\b", re.IGNORECASE)
# Output of programs, names of keys and of files, SQL and Python are quoted as they are.
QUOTED = re.compile(r"`[^`\n]*`|\([^()\s]*\)")


def prose(text: str):
    """Lines by number, without code blocks and code spans."""
    code = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            code = not code
        yield number, "" if code else QUOTED.sub("", line)


def complaints(root: pathlib.Path):
    files = [root / "README.md", root / "CHANGELOG.md", *sorted((root / "docs").glob("*.md")), *sorted((root / "docs").glob("*.1"))]
    for path in files:
        for number, line in prose(path.read_text()):
            for found in WORDS.finditer(line):
                better = list(BANNED.values())[found.lastindex - 1]
                yield f"{path.relative_to(root)}:{number}: \"{found.group()}\"; rather: {better}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = list(complaints(pathlib.Path(sys.argv[1])))
    print("\n".join(found) if found else "plain English")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()

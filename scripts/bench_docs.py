"""What the documentation says of the measurements: docs/measurements.json, and the tables and the chart made of it.

Run by itself it makes them again, or with --check says whether they are stale.
"""

import json
import sys

from bench_chart import chart
from bench_repositories import SCRIPTS
from bench_table import START, WALL, amount, costs, times, value

ROOT = SCRIPTS.parent
MEASUREMENTS, CHART = ROOT / "docs/measurements.json", ROOT / "docs/images/performance.svg"
README, PAGE = ROOT / "README.md", ROOT / "docs/performance.md"
BEGIN, END = "<!-- bench -->", "<!-- /bench -->"
# The README's lines, by the row that each is of.
SAID_FIRST = {"one new commit": "One new commit", "nothing to do": "Nothing to do", "first mirror, other default branch, v2": "A first mirror"}


def stored():
    return json.loads(MEASUREMENTS.read_text()) if MEASUREMENTS.exists() else {}


def store(rows, order):
    """Puts new rows in the place of old ones of the same name. Rows stay in the order of the cases."""
    merged = {**stored(), **rows}
    # A case of two relays has two rows, that of the other behind it.
    place = lambda name: next((number for number, case in enumerate(order) if name.startswith(case)), len(order))
    merged = dict(sorted(merged.items(), key=lambda row: place(row[0])))
    MEASUREMENTS.write_text(json.dumps(merged, indent=1, ensure_ascii=False) + "\n")


def factor(ours, theirs):
    """Says how many times as much the other way takes, which a reader sees at once; exact ratios are on the other page."""
    number = theirs / ours
    return f"{number:,.0f} times" if number >= 10 else f"{number:.1f} times"


def readme(rows):
    lines = ["| | this task | clone and push | |", "| --- | ---: | ---: | ---: |"]
    for name, said in SAID_FIRST.items():
        relay, usual = (value(rows[name], way, WALL) for way in ("relay", "usual"))
        lines.append(f"| {said} | {amount(relay, 's')} | {amount(usual, 's')} | {factor(relay, usual)} faster |")
    full = rows["first mirror, other default branch, v2"]
    memory, usual = (value(full, way, "memory") for way in ("relay", "usual"))
    lines.append(f"| Memory of a first mirror | {amount(memory, 'MiB', 1 << 20)} | {amount(usual, 'MiB', 1 << 20)} | {factor(memory, usual)} less |")
    return "\n".join(lines)


def page(rows):
    start = rows.get(START)
    rows = {name: row for name, row in rows.items() if name != START}
    subjects = {}
    for name, row in rows.items():
        subjects.setdefault(row["subject"], []).append(f"“{name}” ({row['runs']})")
    measured = "\n".join(f"- {subject}: {', '.join(names)}." for subject, names in subjects.items())
    began = f"\n\nFrom the start of the program to its first request: {amount(start['relay']['wall'], 'ms', 0.001)}." if start else ""
    return (f"![The time of each case beside that of the usual way](images/performance.svg)\n\n{times(rows)}\n\n{costs(rows)}{began}\n\n"
            f"These repositories were mirrored; in brackets, the number of runs, of which each value is the median:\n\n{measured}")


def between_markers(text, new):
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n\n{new}\n\n{END}{after}"


def documents():
    """Each file, and what it has to hold."""
    rows = stored()
    return {
        README: between_markers(README.read_text(), readme(rows)),
        PAGE: between_markers(PAGE.read_text(), page(rows)),
        CHART: chart({name: row for name, row in rows.items() if name != START}),
    }


def write():
    for path, text in documents().items():
        path.write_text(text)


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        stale = [str(path.relative_to(ROOT)) for path, text in documents().items() if not path.exists() or path.read_text() != text]
        if stale:
            sys.exit(f"{', '.join(stale)}: other than docs/measurements.json says. To make them again: python3 scripts/bench_docs.py")
    else:
        write()

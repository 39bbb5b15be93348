"""The measurements of scripts/bench as Markdown tables."""

import statistics

from bench_repositories import MIB

# Of each, a case is measured with one.
USUAL = ["git", "git_lfs", "git_of_many"]
FLOORS = ["floor", "floor_of_many"]
# What the name of the case gets where the relay is another.
RELAYS = {"relay": "", "relay_without_lfs": ", lfs: none", "relay_of_many": "", "relay_in_parts": ""}
WALL = "wall"
UNITS = {"wall": ("s", 1), "cpu": ("s", 1), "memory": ("MiB", MIB), "written": ("MiB", MIB), "wire": ("MiB", MIB), "requests": ("", 1)}
START = "start to first request"


def medians(runs):
    """Of each measure of these runs, in its base unit."""
    return {measure: round(statistics.median(run[measure] for run in runs), 5) for measure in runs[0]}


def measured(cases, results, runs, subject):
    """Each row of the tables by its name: what was measured of the relay, the usual way, libgit2 and the floor."""
    rows = {}
    for case in cases:
        for relay, suffix in RELAYS.items():
            if (case, relay) not in results:
                continue
            usual = next((way for way in USUAL if (case, way) in results), None)
            floor = next((way for way in FLOORS if (case, way) in results), None)
            ways = {"relay": relay, "usual": usual, "libgit2": "libgit2", "floor": floor}
            rows[case + suffix] = {
                **{way: medians(results[case, name]) for way, name in ways.items() if (case, name) in results},
                "subject": subject, "runs": runs,
            }
    return rows


def amount(value, unit, scale=1):
    if value is None:
        return "–"
    if value == 0:
        return "0"
    value /= scale
    if not unit:
        return f"{value:,.0f}"
    return f"{value:,.{3 if value < 1 else 2 if value < 10 else 1}f} {unit}"


def ratio(ours, theirs):
    if ours is None or not theirs:
        return "–"
    return f"{ours / theirs:.3f}" if ours / theirs >= 0.001 else f"{ours / theirs:.4f}"


def value(row, way, measure):
    return row.get(way, {}).get(measure)


def line(cells):
    return f"| {' | '.join(cells)} |"


def times(rows):
    """How long each case takes."""
    lines = [
        "| case | relay | usual way | ratio | libgit2 | floor | ratio to the floor |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, row in rows.items():
        relay, usual, libgit2, floor = (value(row, way, WALL) for way in ("relay", "usual", "libgit2", "floor"))
        lines.append(line([name, amount(relay, "s"), amount(usual, "s"), ratio(relay, usual), amount(libgit2, "s"),
                           amount(floor, "s"), ratio(relay, floor)]))
    return "\n".join(lines)


def costs(rows):
    """What each case takes of the machine and of the network: the relay, then the usual way."""
    measures = ["cpu", "memory", "written", "wire", "requests"]
    lines = [
        "| case, relay / usual way | client CPU | peak memory | written to disk | over the wire | requests |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, row in rows.items():
        pairs = [" / ".join(amount(value(row, way, measure), *UNITS[measure]) for way in ("relay", "usual"))
                 for measure in measures]
        lines.append(line([name, *pairs]))
    return "\n".join(lines)


def memory_per_ref(rows, many, few):
    """`many` and `few`: a row and the number of its refs; None where one of them was not measured."""
    high, low = (value(rows.get(name, {}), "relay", "memory") for name, _ in (many, few))
    if high is None or low is None or many[1] <= few[1]:
        return None
    each = (high - low) / (many[1] - few[1])
    return f"Memory per ref: {each:,.0f} bytes (the relay's peak memory of “{many[0]}” minus that of “{few[0]}”)."

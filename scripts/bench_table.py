"""The results of scripts/bench as Markdown, and their place in README.md."""

import statistics

from bench_repositories import MIB, SCRIPTS

CLIENTS = ["relay", "git", "libgit2", "floor"]
# The ways that share a column with others, and what the name of the case gets where the relay is another.
SAME_COLUMN = {"git": ["git_lfs", "git_of_many"]}
RELAYS = {"relay": "", "relay_without_lfs": ", lfs: none", "relay_of_many": "", "relay_in_parts": ""}
MEASURES = {
    "wall": ("wall time", "s", 1), "cpu": ("client CPU", "s", 1), "memory": ("peak memory", "MiB", MIB),
    "written": ("written to disk", "MiB", MIB), "wire": ("over the wire", "MiB", MIB),
    "requests": ("requests", "", 1),
}


def median(results, case, client, measure):
    """None where the case was not measured with this client."""
    clients = [client, *SAME_COLUMN.get(client, [])]
    values = [run[measure] for each in clients for run in results.get((case, each), []) if measure in run]
    return statistics.median(values) if values else None


def amount(value, unit, scale):
    if value is None:
        return "–"
    value /= scale
    if not unit:
        return f"{value:,.0f}"
    return f"{value:,.{3 if value < 1 else 2 if value < 10 else 1}f} {unit}"


def ratio(ours, theirs):
    return f"{ours / theirs:.3f}" if ours is not None and theirs else "–"


def table(cases, results, start):
    lines = [
        "| case | measure | relay | clone and push | libgit2 | floor | ratio to clone-and-push | ratio to floor |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    rows = [(case, relay) for case in cases for relay in RELAYS if (case, relay) in results]
    for case, client in rows:
        for measure, (title, unit, scale) in MEASURES.items():
            values = [median(results, case, client, measure) for client in [client, *CLIENTS[1:]]]
            relay, usual, _, floor = values
            cells = [case + RELAYS[client], title, *(amount(value, unit, scale) for value in values),
                     ratio(relay, usual), ratio(relay, floor)]
            lines.append(f"| {' | '.join(cells)} |")
    if start is not None:
        lines.append(f"| start to first request | wall time | {amount(start, 'ms', 0.001)} | – | – | – | – | – |")
    return "\n".join(lines)


def memory_per_ref(results, many, few):
    """`many` and `few`: a case and the number of its refs; None where one of them was not measured."""
    high, low = (median(results, case, "relay", "memory") for case, _ in (many, few))
    if high is None or low is None or many[1] <= few[1]:
        return None
    each = (high - low) / (many[1] - few[1])
    return f"Memory per ref: {each:,.0f} bytes (relay's peak memory of “{many[0]}” minus that of “{few[0]}”)."


def write_readme(text):
    """Puts the text between the README's markers."""
    readme = SCRIPTS.parent / "README.md"
    before, rest = readme.read_text().split("<!-- bench -->")
    after = rest.split("<!-- /bench -->")[1]
    readme.write_text(f"{before}<!-- bench -->\n\n{text}\n\n<!-- /bench -->{after}")

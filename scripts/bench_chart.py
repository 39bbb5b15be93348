"""The chart of docs/performance.md: the relay's time as a share of the usual way's, a bar for each case."""

from html import escape

from bench_table import WALL, amount, value

WIDTH, ROW, NAMES, BAR = 960, 34, 340, 400
STYLE = """
  text { font: 14px system-ui, sans-serif; fill: #24292f }
  .usual { fill: #d0d7de } .relay { fill: #1f6feb } .title { font-weight: 600 } .note { fill: #57606a; font-size: 12px }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .usual { fill: #30363d } .relay { fill: #58a6ff } .note { fill: #8b949e }
  }
"""


def row(number, name, relay, usual):
    top = 56 + number * ROW
    # A bar of less than two pixels could not be seen; the text beside it has the number.
    width = max(min(relay / usual, 1) * BAR, 2)
    said = f"{amount(relay, 's')} instead of {amount(usual, 's')}"
    return (f'<text x="{NAMES - 12}" y="{top + 15}" text-anchor="end">{escape(name)}</text>\n'
            f'<rect class="usual" x="{NAMES}" y="{top}" width="{BAR}" height="22" rx="3"/>\n'
            f'<rect class="relay" x="{NAMES}" y="{top}" width="{width:.1f}" height="22" rx="3"/>\n'
            f'<text x="{NAMES + BAR + 12}" y="{top + 15}">{said}</text>')


def chart(rows):
    """An image for light and dark pages, without a font or a script of its own."""
    pairs = [(name, value(each, "relay", WALL), value(each, "usual", WALL)) for name, each in rows.items()]
    pairs = [pair for pair in pairs if pair[1] is not None and pair[2]]
    bars = "\n".join(row(number, *pair) for number, pair in enumerate(pairs))
    height = 56 + len(pairs) * ROW + 12
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            f'aria-label="Time of the task beside the usual way">\n<style>{STYLE}</style>\n'
            f'<text class="title" x="16" y="24">How long a mirror takes</text>\n'
            f'<text class="note" x="16" y="43">blue: this task; grey: git clone --mirror and git push --mirror, on the same '
            f'servers (with Git LFS also git lfs fetch and push)</text>\n{bars}\n</svg>\n')

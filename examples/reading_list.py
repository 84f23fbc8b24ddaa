"""A reading list from a few questions: a map of the hits, a bibliography and a Markdown file.

Start the service with `paperkin serve`, and run this script as a whole or cell by cell in a notebook. It needs the
package `paperkin` and the standard library. The environment variable `PAPERKIN_URL` names another service.
"""

# %% Questions
import os
import re
from collections import Counter
from colorsys import hls_to_rgb
from pathlib import Path
from xml.sax.saxutils import escape

from paperkin import Client
from paperkin.types import Hit, MapPoint

QUESTIONS = [
    "how do networks learn to translate?",
    "learning without labels",
    "what do large language models know?",
]
HITS = 8  # of each question
OUTPUT = Path()  # the folder of the files

client = Client(os.environ.get("PAPERKIN_URL", "http://127.0.0.1:7373"))
status = client.status()
print(f"{status['papers']} papers, model {status['model']}")

# %% Ask
# Each paper is listed once, under the question for which it has the best rank.
best: dict[str, Hit] = {}
question_of: dict[str, str] = {}
for question in QUESTIONS:
    for hit in client.search(question, k=HITS):
        if hit["id"] not in best or hit["rank"] < best[hit["id"]]["rank"]:
            best[hit["id"]] = hit
            question_of[hit["id"]] = question

listed: list[Hit] = sorted(best.values(), key=lambda hit: (QUESTIONS.index(question_of[hit["id"]]), hit["rank"]))
numbers = {hit["id"]: number for number, hit in enumerate(listed, 1)}
for hit in listed:
    print(f"{numbers[hit['id']]:3} {hit['score']:6.3f} {hit['title']}")
# With pandas: pandas.DataFrame(listed)[["title", "published", "score"]]

# %% Draw the map
SIZE = 900
HUES = 8  # categories with a colour of their own; the others are grey


def colour(hue: float) -> str:
    """A colour of medium lightness; hues are from 0 to 1."""
    return "#" + "".join(f"{round(255 * part):02x}" for part in hls_to_rgb(hue, 0.45, 0.6))


def svg(points: list[MapPoint]) -> str:
    """The map as SVG: all papers as dots, those of the list with their numbers."""
    frequent = Counter(point["category"] for point in points if point["category"]).most_common(HUES)
    colours = {name: colour(place / len(frequent)) for place, (name, _) in enumerate(frequent)}
    dots, labels = [], []
    for point in points:
        x, y = (point["x"] + 1) * SIZE / 2, (1 - point["y"]) * SIZE / 2
        fill = colours.get(point["category"] or "", "#999999")
        number = numbers.get(point["id"])
        if number is None:
            dots.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{fill}" fill-opacity="0.5"/>')
        else:
            title = escape(best[point["id"]]["title"])
            labels.append(
                f'<g><title>{title}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="10" fill="{fill}"/>'
                f'<text x="{x:.1f}" y="{y + 4:.1f}" fill="#fff" text-anchor="middle">{number}</text></g>'
            )
    legend = [
        f'<circle cx="{SIZE + 20}" cy="{20 + 20 * row}" r="6" fill="{colours[name]}"/>'
        f'<text x="{SIZE + 34}" y="{24 + 20 * row}">{escape(name)} ({papers})</text>'
        for row, (name, papers) in enumerate(frequent)
    ]
    box = f"-10 -10 {SIZE + 200} {SIZE + 20}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" font-family="sans-serif" font-size="12">'
    ground = '<rect x="-10" y="-10" width="100%" height="100%" fill="#fff"/>'
    return "\n".join([head, ground, *dots, *labels, *legend, "</svg>", ""])


(OUTPUT / "map.svg").write_text(svg(client.map()), encoding="utf-8")

# %% Write the bibliography
# The filter `ids` restricts a search to the papers of the list. Of up to 100 papers, each gets a key of its own.
bibliography = client.bibliography(QUESTIONS[0], k=min(len(listed), 100), mode="dense", ids=list(best))
(OUTPUT / "reading-list.bib").write_text(bibliography, encoding="utf-8")


# %% Write the list
def markdown(text: str) -> str:
    """Text without a meaning in Markdown."""
    return re.sub(r"([\\`*_\[\]<>#|~$])", r"\\\1", text)


lines = ["# Reading list", ""]
for question in QUESTIONS:
    lines += [f"## {markdown(question)}", ""]
    for hit in listed:
        if question_of[hit["id"]] != question:
            continue
        title = f"[{markdown(hit['title'])}](<{hit['url']}>)" if hit["url"] else markdown(hit["title"])
        authors = ", ".join(hit["authors"][:3]) + (" and others" if len(hit["authors"]) > 3 else "")
        facts = markdown(" · ".join(filter(None, [authors or hit["organisation"], hit["published"]])))
        number = f"{numbers[hit['id']]}. "
        indent = " " * len(number)
        lines += [f"{number}{title}  ", f"{indent}{facts}"]
        if hit["highlight"]:
            lines.append(f"{indent}> {markdown(hit['highlight'])}")
        lines.append("")
(OUTPUT / "reading-list.md").write_text("\n".join(lines), encoding="utf-8")
print("wrote map.svg, reading-list.bib and reading-list.md")

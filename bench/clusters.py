"""How pure clusters of tickets are: `python -m bench.clusters [FILE]`, on the texts of real tickets.

Purity is the share of tickets in clusters that have the category most tickets of their cluster have; the category of
the file is not read for finding them. Beside it two plain baselines: all tickets as one cluster, and tickets with the
same subject as one. `seconds` is what finding takes, reading left out. A row of `make bench` (`clusters`); no database
takes part. Against which columns: as intake/mappings/ticket_texts.yml names them.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from helpdesk.local.places import BASE_DIR
from insights.alike import FEWEST, MOST_READ, clusters_of
from tickets.words import fold_words

FILE = BASE_DIR.parent / "shared" / "data" / "it_ticket_texts.csv"
MAPPING = BASE_DIR / "intake" / "mappings" / "ticket_texts.yml"
Groups = Collection[Sequence[int]]


def measure(file: Path = FILE) -> dict[str, Any]:
    columns = yaml.safe_load(MAPPING.read_text(encoding="utf-8"))["columns"]
    with file.open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    subjects = {n: row[columns["subject"]] for n, row in enumerate(rows)}
    texts = {n: f"{subjects[n]}\n{row[columns['description']][:MOST_READ]}" for n, row in enumerate(rows)}
    categories = {n: row[columns["category"][0]] for n, row in enumerate(rows)}
    began = time.perf_counter()
    found = [cluster.keys for cluster in clusters_of(texts)]
    seconds = time.perf_counter() - began
    return {
        "row": "clusters",
        "tickets": len(rows),
        **_figures(found, categories),
        "seconds": round(seconds, 2),
        "baselines": {
            "one cluster of all": _figures([list(categories)], categories),
            "the same subject": _figures(_same_subject(subjects), categories),
        },
    }


def purity(groups: Groups, categories: Mapping[int, str]) -> float:
    held = sum(map(len, groups))
    pure = sum(Counter(categories[key] for key in keys).most_common(1)[0][1] for keys in groups)
    return pure / held if held else 0.0


def _figures(groups: Groups, categories: Mapping[int, str]) -> dict[str, Any]:
    return {
        "purity": round(purity(groups, categories), 3),
        "clusters": len(groups),
        "in_clusters": round(sum(map(len, groups)) / max(1, len(categories)), 3),
    }


def _same_subject(subjects: Mapping[int, str]) -> Groups:
    by_subject: dict[str, list[int]] = defaultdict(list)
    for key, subject in subjects.items():
        by_subject[" ".join(fold_words(subject).split())].append(key)
    return [keys for subject, keys in by_subject.items() if subject and len(keys) >= FEWEST]


if __name__ == "__main__":
    asked = argparse.ArgumentParser(prog="python -m bench.clusters", description=__doc__)
    asked.add_argument("file", type=Path, nargs="?", default=FILE)
    print(json.dumps(measure(asked.parse_args().file)))

"""Which texts are about the same: clusters of tickets whose words are alike. Pure Python, the same every time.

Each text becomes the words that tell most of it (TF-IDF, of unit length). Two texts are alike as far as they share
them (cosine). Clusters are stars: whichever text has most that are like it is the middle of one, with all that are
like the middle; then the next among what is left. So everything in a cluster is like its middle, and nothing comes
in by way of a third. docs/insights.md has its measures beside those of scikit-learn.
"""

import heapq
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from knowledgebase.words import FAINT, cut

LIKE = 0.35
"""Cosine from which two texts are alike."""
FEWEST = 3
"""Texts that make a cluster."""
MOST_READ = 600
"""Characters of a description, and of a resolution, that are worth reading: further down stand signatures and logs."""
MOST_WORDS = 24
"""Words of one text, those that tell most."""
TOO_COMMON, MANY = 0.15, 30
"""The share of all texts from which a word tells nothing of one, and how many they must be at least."""
RARE = 2
"""Texts that must have a word: one that a single text has makes nothing alike."""
TELLING = 8
"""Words that a cluster is known by."""
SHORTEST = 2
STEM, ENDING = 4, 2
"""Letters that forms of one word have in common at least, and those in which the shorter one may differ."""
REPORT_EVERY = 200

Vector = Mapping[str, float]
Progress = Callable[[int], None]

PLAIN = FAINT | frozenset(
    """
    about after an and are as at be because been before being but by can could did do for had has have he her hers him
    his in into is it its me my no not of off on or our over own she should so some such that their them then these
    they this to under up was were will with you your yours dear best kind regards sincerely cheers
    an auf aus bei fur ihr ihre mit nach uns unser vor zu
    """.split()  # noqa: SIM905 (read as a list of words)
)
"""Words that stand in any text, and greetings."""


@dataclass(frozen=True)
class Cluster:
    """Texts that are alike, by their keys: the middle first, then the likest."""

    keys: tuple[int, ...]
    likeness: tuple[float, ...]
    """How like each is to the middle, from 0 to 1; in the order of `keys`."""
    words: tuple[str, ...] = field(default=())
    """What they share, the most telling first."""
    weights: tuple[float, ...] = field(default=())
    """What each of those words tells, together 1."""

    @property
    def middle(self) -> int:
        return self.keys[0]


def clusters_of(
    texts: Mapping[int, str], *, like: float = LIKE, fewest: int = FEWEST, told: Progress | None = None
) -> list[Cluster]:
    """The clusters among these texts, the largest first; what is like nothing else is in none.

    Args:
        told: hears how many texts have been compared, now and then.
    """
    keys = sorted(texts)
    vectors = vectors_of([texts[key] for key in keys])
    near = _near(vectors, like, told)
    found = [_cluster(star, keys, vectors) for star in _stars(near, fewest)]
    return sorted(found, key=lambda cluster: (-len(cluster.keys), cluster.middle))


def vectors_of(texts: Sequence[str]) -> list[Vector]:
    """Each text by the words that tell most of it, of unit length; nothing where no word tells anything."""
    counted = [Counter(telling(text)) for text in texts]
    having = Counter(word for words in counted for word in words)
    most = max(MANY, TOO_COMMON * len(texts))
    worth = {word: math.log(1 + len(texts) / n) for word, n in having.items() if RARE <= n <= most}
    return [_vector(words, worth) for words in counted]


def telling(text: str) -> Iterator[str]:
    """The words of a text, folded, without those that stand in any."""
    return (word for word in cut(text) if len(word) >= SHORTEST and word not in PLAIN)


def share_of_words(cluster_words: Iterable[tuple[str, float]], text: str) -> float:
    """How much of what a cluster is known by stands in a text, from 0 to 1. Endings do not matter."""
    has = set(telling(text))
    return sum(weight for word, weight in cluster_words if any(_is_form_of(word, other) for other in has))


# --- below ---


def _vector(words: Counter[str], worth: Mapping[str, float]) -> Vector:
    weighed = {word: (1 + math.log(n)) * worth[word] for word, n in words.items() if word in worth}
    kept = dict(sorted(weighed.items(), key=lambda item: (-item[1], item[0]))[:MOST_WORDS])
    length = math.sqrt(sum(weight * weight for weight in kept.values())) or 1.0
    return {word: weight / length for word, weight in kept.items()}


def _near(vectors: Sequence[Vector], like: float, told: Progress | None) -> list[dict[int, float]]:
    """By text those that are like it, with how much. Only texts that share a word are compared."""
    having: dict[str, list[tuple[int, float]]] = defaultdict(list)
    near: list[dict[int, float]] = [{} for _vector in vectors]
    for number, vector in enumerate(vectors):
        shared: dict[int, float] = defaultdict(float)
        for word, weight in vector.items():
            for other, its in having[word]:
                shared[other] += weight * its
            having[word].append((number, weight))
        for other, cosine in shared.items():
            if cosine >= like:
                near[number][other] = near[other][number] = min(1.0, cosine)
        if told is not None and (number + 1) % REPORT_EVERY == 0:
            told(number + 1)
    return near


def _stars(near: Sequence[Mapping[int, float]], fewest: int) -> Iterator[list[tuple[int, float]]]:
    """Each with its middle first. The one with most likeness around it comes first, as far as it is free still."""
    free = [True] * len(near)
    waiting = [(-sum(others.values()), number) for number, others in enumerate(near) if others]
    heapq.heapify(waiting)
    while waiting:
        before, number = heapq.heappop(waiting)
        if not free[number]:
            continue
        around = {other: cosine for other, cosine in near[number].items() if free[other]}
        now = -sum(around.values())
        if now > before + 1e-9:  # some of its own went to another star meanwhile
            heapq.heappush(waiting, (now, number))
            continue
        if len(around) + 1 < fewest:
            continue
        star = [(number, 1.0), *sorted(around.items(), key=lambda item: (-item[1], item[0]))]
        for other, _cosine in star:
            free[other] = False
        yield star


def _cluster(star: Sequence[tuple[int, float]], keys: Sequence[int], vectors: Sequence[Vector]) -> Cluster:
    """A word tells of a cluster what it tells of its texts together; one that a single text has tells nothing."""
    together: dict[str, float] = defaultdict(float)
    having = Counter[str]()
    for number, _cosine in star:
        for word, weight in vectors[number].items():
            together[word] += weight
            having[word] += 1
    best = sorted(
        ((word, weight) for word, weight in together.items() if having[word] > 1),
        key=lambda item: (-item[1], item[0]),
    )[:TELLING]
    total = sum(weight for _word, weight in best) or 1.0
    return Cluster(
        tuple(keys[number] for number, _cosine in star),
        tuple(round(cosine, 4) for _number, cosine in star),
        tuple(word for word, _weight in best),
        tuple(round(weight / total, 4) for _word, weight in best),
    )


def _is_form_of(word: str, other: str) -> bool:
    """Whether both may be forms of one word: printer and printers, reset and resetting."""
    shorter = min(len(word), len(other))
    return word == other or (shorter >= STEM and word[: _kept(shorter)] == other[: _kept(shorter)])


def _kept(letters: int) -> int:
    return max(STEM, letters - ENDING)

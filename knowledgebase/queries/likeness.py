"""How many letters two words differ by: typed too much, too little, wrongly, or the wrong way round."""


def distance(typed: str, meant: str) -> int:
    """Letters added, left out or changed, and neighbours that changed places."""
    before: list[int] = []
    row = list(range(len(meant) + 1))
    for at, letter in enumerate(typed, start=1):
        older, before, row = before, row, [at]
        for place, other in enumerate(meant, start=1):
            cost = min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != other))
            if at > 1 and place > 1 and letter == meant[place - 2] and typed[at - 2] == other:
                cost = min(cost, older[place - 2] + 1)
            row.append(cost)
    return row[-1]


def swapped(word: str) -> list[str]:
    """The word with each two neighbours changed over, which has few trigrams of the word that was meant."""
    return [
        word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        for at in range(len(word) - 1)
        if word[at] != word[at + 1]
    ]

"""What a bench database holds besides tickets: `python -m bench.beside 100000`. Each once, so that it may run again."""

from __future__ import annotations

import sys

from bench import articles, facts, manager, solutions


def main(tickets: int) -> None:
    articles.main(tickets)
    solutions.main()
    manager.main()
    facts.fill()


if __name__ == "__main__":
    main(int(sys.argv[1]))

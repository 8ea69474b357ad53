"""The names under which the history of settings knows how figures are told."""

FIGURES_CHANGED = "figures.changed"
RATE_SET = "figures.rate_set"

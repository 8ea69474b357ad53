"""How unusual a number of arrivals is beside the same hours of former weeks."""

import math

import pytest

from bench import spikes as trial
from insights.spikes import allowed_chance, is_same_cause
from insights.surprise import Observed, chance_of, judge

STEADY = [100, 96, 104, 100, 99, 101, 103, 97]


def poisson(seen: int, mean: float) -> float:
    return 1 - sum(math.exp(-mean) * mean**k / math.factorial(k) for k in range(seen))


@pytest.mark.parametrize(("seen", "mean"), [(1, 0.3), (5, 2.0), (12, 4.5), (30, 20.0), (3, 8.0)])
def test_without_spread_it_is_the_tail_of_poisson(seen: int, mean: float) -> None:
    assert chance_of(seen, mean, 1e-7) == pytest.approx(poisson(seen, mean), rel=0.01)


def test_what_is_uncertain_surprises_less() -> None:
    assert chance_of(20, 5, 0.3) > chance_of(20, 5, 0.01) > 0


@pytest.mark.parametrize(("seen", "mean", "chance"), [(0, 5.0, 1.0), (0, 0.0, 1.0), (3, 0.0, 0.0)])
def test_nothing_seen_is_no_surprise_and_something_where_nothing_ever_comes_is(
    seen: int, mean: float, chance: float
) -> None:
    assert chance_of(seen, mean, 0.1) == chance


def test_usual_is_the_mean_of_the_same_hours_drawn_towards_the_share_of_the_desk() -> None:
    found = judge(Observed(10, [10] * 8, 0.1, 100, STEADY))
    assert found.expected == pytest.approx(10, rel=0.02)
    few_weeks = judge(Observed(10, [30, 30], 0.1, 100, STEADY[:2]))
    assert 10 < few_weeks.expected < 30


def test_one_week_in_which_everything_was_on_fire_hardly_moves_what_is_usual() -> None:
    calm = judge(Observed(30, [10] * 8, 0.1, 100, STEADY))
    burnt = judge(Observed(30, [10] * 7 + [300], 0.1, 100, STEADY))
    assert burnt.expected < calm.expected * 1.25


def test_a_busy_day_of_the_whole_desk_is_no_spike_of_each_of_its_parts() -> None:
    usual_day = judge(Observed(20, [10] * 8, 0.1, 110, STEADY))
    busy_day = judge(Observed(20, [10] * 8, 0.1, 200, STEADY))
    assert busy_day.expected > 1.5 * usual_day.expected
    assert busy_day.chance > 20 * usual_day.chance


def test_three_times_the_usual_is_beyond_chance_where_twenty_are_usual_and_not_where_two_are() -> None:
    allowed = allowed_chance(50, 1)
    assert judge(Observed(60, [20] * 8, 0.2, 140, STEADY)).chance < allowed
    assert judge(Observed(6, [2] * 8, 0.02, 104, STEADY)).chance > allowed


def test_more_series_allow_less_chance_to_each() -> None:
    assert allowed_chance(400, 1) == allowed_chance(200, 1) / 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [({1, 2, 3, 4}, {3, 4, 5, 6}, True), ({1, 2, 3, 4}, {4, 5, 6, 7}, False), (set(), {1}, False)],
)
def test_spikes_with_half_of_the_smaller_in_common_are_one_cause(
    one: set[int], other: set[int], same: bool
) -> None:
    assert is_same_cause(one, other) is same


# --- on trial: made-up desks, seeded ---


def test_planted_spikes_are_raised_within_the_hour() -> None:
    assert trial.found_spikes(1, trial.BANDS[0], spikes=2) == 2


def test_quiet_days_raise_hardly_anything() -> None:
    assert trial.quiet_alarms(1, days=2) == 0


@pytest.mark.long
@pytest.mark.parametrize("seed", trial.SEEDS)
def test_of_ten_planted_spikes_all_are_raised_within_the_hour(seed: int) -> None:
    assert trial.found_spikes(seed, trial.BANDS[0]) == trial.SPIKES


@pytest.mark.long
@pytest.mark.parametrize("seed", trial.SEEDS)
def test_ninety_quiet_days_raise_one_alarm_a_week_at_most(seed: int) -> None:
    assert trial.quiet_alarms(seed) <= trial.QUIET_DAYS / 7

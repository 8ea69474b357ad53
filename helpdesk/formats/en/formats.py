"""English as it is read everywhere: the day before the month, the month as a word, and a clock of 24 hours.

Django's own is that of the United States ("Nov. 23, 2026, 11 a.m.", "11/23/2026"), and beside "by 17:16 on 8 December"
it would be the second way on one page. What is not named here stays Django's.
"""

DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j M Y, H:i"
YEAR_MONTH_FORMAT = "F Y"
MONTH_DAY_FORMAT = "j F"
SHORT_DATE_FORMAT = "j M Y"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
FIRST_DAY_OF_WEEK = 1

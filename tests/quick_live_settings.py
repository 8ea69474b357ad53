"""The settings of a live process that looks every second whether people are still who they were."""

from helpdesk.settings import *

LIVE_RECHECK_SECONDS = 1

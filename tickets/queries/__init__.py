"""Reading tickets: lists by key, named queues and their counts, search. Always inside `visible_to`."""

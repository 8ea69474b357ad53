"""Live updates: what has changed is told to open pages by one socket each, ids only.

A page that is told of a change asks its own view again, so `visible_to` decides what anybody gets to see.
`publishing` tells Redis after the commit, `socket` and `switchboard` are the live process (`python -m helpdesk.live`),
`presence` knows who is at which ticket. Whatever is lost on the way is made up for by a page that asks again.
"""

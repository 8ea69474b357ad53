"""Macros: acts that a person carries out together, all or none, by the operations that the ticket's page uses.

`acts` says what there is and what each is given, `running` carries out, previews and says what is broken.
"""

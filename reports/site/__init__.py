"""asv's site and the report as one: ``make site``.

``asv publish`` writes the pages, ``python -m reports`` the report into their folder ``report``, and ``assemble.py``
gives them a tab for it, and the scripts and styles that they would load from the network.
"""

"""What questions need from outside, a kind a module. Whatever module lies in this folder is known.

The rooms below it gather: they touch the web, dictionaries, a browser, SpamAssassin.
"""

"""The command with something planted in it: programs, for `tests.acceptance.scene.planted`.

They are files, not texts in a test, so that whoever renames what they replace is told.
"""

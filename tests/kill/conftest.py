"""The campaign's assertions say what they saw."""

import pytest

pytest.register_assert_rewrite("tests.kill.campaign")

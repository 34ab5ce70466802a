"""RIGHT?: questions of issue, plan and compiled messages -> Findings."""

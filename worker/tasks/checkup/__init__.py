"""The task "Check Setup": one line for each thing that has to be right, and what to do next. Changes nothing."""

"""`python -m stack`: the supervising process behind `leadflow up`."""

from stack.detached import supervise

supervise()

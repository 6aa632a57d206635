"""Past leads run through a candidate definition: what its rules, clocks and ladders would have made of them (B.4).

Clocks, ladders, scores and assignments are decided anew by the production core. What people and the outside world did is
kept as it was observed; what people would have done differently, nobody can know.
"""

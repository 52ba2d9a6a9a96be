"""Speed and memory as ratios to bare Synapse, measured on a private stack: see ``brigade.bench.run``.

The floor and we are measured in turns (A B A B) in one run, on the same homeserver, with the same operator's client, so
that the ratio says what we cost whatever the machine is; each ratio is the median over blocks of the run.
"""

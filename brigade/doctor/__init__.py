"""Where does it stop? A canary conversation goes the whole way, from the citizen's call to the operator and back.

It is calm (no operator is called), named “Canari”, closed at once and not rated: see ``brigade.doctor.canary``.
"""

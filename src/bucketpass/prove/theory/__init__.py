"""The theory under the prover: Boolean formulas over texts, values and flags, solved exactly.

The Boolean skeleton goes to z3; what strings can be goes to automata of our own, and z3's string theory is never used::

    key = Matches("key", Glob.parse("raw/*"))
    solve(conjunction(key, negation(Matches("key", Glob.parse("raw/public/*")))))   # Satisfied(texts={"key": "raw/"}, ...)

`glob` and `search` know languages; `formula` says what can be said, `literals`, `texts` and `templates` which texts make it true;
`skeleton` is z3, `lemmas` what it is taught about texts, `implicant` what a formula needs of its models; `solver` brings them together.
"""

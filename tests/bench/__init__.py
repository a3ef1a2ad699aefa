"""The benchmark: daybook beside its peers, in interleaved rounds of one run (`scripts/bench`).

A *contender* is what is measured once a round: daybook itself, a peer over HTTP, or the bare store. Add one to
`contenders.CONTENDERS` and it has its line in the table. All of them get the same requests from the same generator.
"""

"""Is this book the venue's? Four layers of evidence, each counted.

1. `tops`: the best prices that the venue tells with each change, compared once the batch of one timestamp has ended.
2. `mirrors`: the other outcome's book, which must be the mirror image.
3. `digests`: the venue's digest of the whole book.
4. `witnesses`: a book fetched apart from the stream.

`arrivals` weighs whole books that the stream itself brings. All of them end in `doubts`: the label falls first.
"""

"""Where bytes come from: clocks, back-off, real sockets, and the feed over a scripted world."""

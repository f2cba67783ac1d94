"""One file a kind of leak; each defines `KIND`."""

"""XML that nobody needs to read: broken, in parts, or with what lets a small document grow or reach out."""

NOT_PLAIN = (
    b"",
    b"text",
    b"<A>",
    b"<A></B>",
    b"<A/><A/>",
    b'<!DOCTYPE A [<!ENTITY e "x">]><A>&e;</A>',
    b'<!DOCTYPE A SYSTEM "file:///etc/passwd"><A/>',
    b"<A>" * 50 + b"</A>" * 50,
    b"<A>" + b"<B/>" * 60_000 + b"</A>",
    b"<A>\xff</A>",
    b'<?xml version="1.0" encoding="nonsense"?><A/>',
    b"<A>&undefined;</A>",
)

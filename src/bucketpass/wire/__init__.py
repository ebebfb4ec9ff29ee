"""What goes over the wire, for all who speak: HTTP/1.1, URLs, XML and AWS Signature Version 4.

- `syntax`: heads of messages, where a body ends, sizes of chunks: the one strict reader of HTTP/1.1, without I/O
- `stream`: the bytes of a connection, and one body among them
- `client`: a request and its whole answer; `network`: proxies, TLS and addresses on the way to the server
- `server`: requests as a server gets them, with the target and the headers as they were sent
- `url`, `xml`, `sigv4`: the forms that both sides share

::

    from bucketpass.wire.client import HttpRequest
    from bucketpass.wire.network import Network

    answer = Network.from_variables(os.environ).send(HttpRequest("GET", "https://sts.amazonaws.com/"), timeout=5)
"""

"""An STS on loopback that answers as a test tells it to: the wire of the real one, with none of its judgement."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qs

ROLE = "arn:aws:iam::111122223333:role/bucketpass-trainer"


def granted(number: int, expires: float, role: str = "bucketpass-trainer", account: str = "111122223333") -> str:
    end = datetime.fromtimestamp(expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <AssumedRoleUser>
      <AssumedRoleId>AROATEST:session</AssumedRoleId>
      <Arn>arn:aws:sts::{account}:assumed-role/{role}/session</Arn>
    </AssumedRoleUser>
    <Credentials>
      <AccessKeyId>ASIATEST{number:08d}</AccessKeyId>
      <SecretAccessKey>secret/{number}</SecretAccessKey>
      <SessionToken>session+{number}==</SessionToken>
      <Expiration>{end}</Expiration>
    </Credentials>
  </AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"""


def refused(code: str, message: str = "no") -> str:
    return f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"


class FakeSts:
    """`answer(call number)` gives (status, body); `delay` is slept before each answer; `skew` is how far its clock is ahead."""

    def __init__(self, *, life: float = 3600.0, delay: float = 0.0, skew: float = 0.0) -> None:
        self.life = life
        self.delay = delay
        self.skew = skew
        self.calls: list[dict[str, str]] = []
        self.in_flight = self.most_in_flight = 0
        self.hold = threading.Event()
        self.hold.set()
        self.answer: Callable[[int], tuple[int, str]] = self.grant
        self._lock = threading.Lock()

    def grant(self, number: int) -> tuple[int, str]:
        return 200, granted(number, time.time() + self.skew + self.life)

    def refuse(self, status: int, code: str) -> None:
        self.answer = lambda number: (status, refused(code))

    def recover(self) -> None:
        self.answer = self.grant

    def __enter__(self) -> "FakeSts":
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                with fake._lock:
                    fake.calls.append({name: values[0] for name, values in parse_qs(body).items()})
                    number = len(fake.calls)
                    fake.in_flight += 1
                    fake.most_in_flight = max(fake.most_in_flight, fake.in_flight)
                try:
                    time.sleep(fake.delay)
                    fake.hold.wait(60)
                    self.reply(*fake.answer(number))
                finally:
                    with fake._lock:
                        fake.in_flight -= 1

            def do_GET(self) -> None:
                self.reply(302, "")

            def reply(self, status: int, text: str) -> None:
                try:
                    self.send_response_only(status)
                    self.send_header("Date", formatdate(time.time() + fake.skew, usegmt=True))
                    self.send_header("Content-Length", str(len(text.encode())))
                    self.end_headers()
                    self.wfile.write(text.encode())
                except OSError:
                    return

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class says so
                return

        class Server(ThreadingHTTPServer):
            request_queue_size = 256

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self.hold.set()
        self._server.shutdown()
        self._server.server_close()

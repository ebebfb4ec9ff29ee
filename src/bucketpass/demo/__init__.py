"""The story that `bucketpass demo` plays: one declaration, two AI services, and everything that must be refused.

`story` is the list of attempts, `tokens` makes the token that each shows, `prediction` says what AWS should answer, `players`
asks for real, and `stage` has the curtain up before and down after.
"""

from bucketpass.demo.stage import Act, Row, play
from bucketpass.demo.story import STORY, Attempt

__all__ = ["STORY", "Act", "Attempt", "Row", "play"]

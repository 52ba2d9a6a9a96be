"""What channels on other people's platforms share: Messenger, X, e-mail … A leaf translates; the rest is done here.

    webhook ──> arrivals (stored, acknowledged) ──> persons (who is it?) ──> relay ──> room
    platform <── postman (one lane a conversation, never twice) <── transcript <── audience <── room

The platform's address of a person is kept in the table ``person`` alone; rooms, ghosts and logs know a keyed hash.
"""

from brigade.post.arrivals import Arrival
from brigade.post.capabilities import Capabilities
from brigade.post.channel import Post
from brigade.post.parcels import Parcel
from brigade.post.persons import Person
from brigade.post.settings import PostSettings

__all__ = ["Arrival", "Capabilities", "Parcel", "Person", "Post", "PostSettings"]

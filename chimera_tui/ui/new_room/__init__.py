"""Opening a room: what about, who, how."""

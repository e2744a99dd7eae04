"""What every front-door test needs: a recording next hop, the real command as a process, real neighbours.

Nothing here decides what is right; it starts, records and ends. Everything listens on 127.0.0.1 and dies with its fixture.
"""
